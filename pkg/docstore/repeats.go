package docstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

const (
	// maxRecent bounds the commands that a document remembers by itself.
	maxRecent = 20
	// repeatsKept is how long a command is remembered at least, whatever comes between.
	repeatsKept = 24 * time.Hour
	// repeatsName is the collection of the commands for which a document had no more room, until their time is over.
	repeatsName = "command_repeats"
)

// Repeat is a command that is remembered: of whom, with which key, what it asked, the version it led to, when. Meaning and At are absent
// from what was written before there were any.
type Repeat struct {
	Subject string     `json:"subject"`
	Key     string     `json:"key,omitempty"`
	Hash    string     `json:"hash"`
	Meaning string     `json:"meaning,omitempty"`
	Version int64      `json:"version"`
	At      event.Time `json:"at,omitzero"`
}

// repeat is the command as it is remembered.
func (c *Command) repeat(version int64, at event.Time) *Repeat {
	return &Repeat{c.Subject, c.Key, c.Hash, c.Meaning, version, at}
}

// replays says what the command is to one that is remembered: nil when another one, ErrReplayed when the same, ErrKeyReused when another
// request under the same key. A command that creates is known without a key, too: by its id and what it asks.
func (c *Command) replays(r Repeat) error {
	same := r.Hash == c.Hash || r.Meaning != "" && r.Meaning == c.Meaning
	switch {
	case r.Subject != c.Subject, r.Key != c.Key && c.Target != "", c.Key == "" && c.Target != "":
		return nil
	case same:
		return ErrReplayed
	case c.Key != "" && r.Key == c.Key:
		return ErrKeyReused
	}
	return nil
}

// Fingerprint is the hash of a request by its bytes: operation, path and body.
func Fingerprint(operation, path string, body []byte) string {
	return fingerprint(operation, path, body)
}

// Meaning is the hash of a request by what it says: operation, decoded path and query, and said, the one form of all bodies that say the
// same (pkg/rest makes it).
func Meaning(operation string, u *url.URL, said string) string {
	return fingerprint(operation, u.Path+"?"+u.Query().Encode(), []byte(said))
}

func fingerprint(operation, path string, body []byte) string {
	h := sha256.New()
	h.Write([]byte(operation + "\x00" + path + "\x00"))
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func openRepeats(s *Store) *Collection[Repeat] {
	return Open(s, Spec{Name: repeatsName, Indexes: []Index{{Sort: "at"}}}, func(*Repeat) []string { return []string{Nation} })
}

// repeatID is where a command on a document is kept aside.
func repeatID(collection, id, subject, key string) string {
	h := sha256.Sum256([]byte(collection + "\x00" + id + "\x00" + subject + "\x00" + key))
	return hex.EncodeToString(h[:16])
}

// Judge says what comes before the domain's word on a command about a document, in this order: scope (ErrNotFound), its key (ErrReplayed,
// ErrKeyReused), its version (ErrStale). It is nil when none of them stands in its way.
func (s *Store) Judge(ctx context.Context, spec Spec, id string, cmd *Command) error {
	docs, err := s.driver.Load(ctx, spec.Name, []string{id})
	if err != nil {
		return err
	}
	if len(docs) == 0 {
		if cmd.Target != "" {
			return ErrNotFound
		}
		return nil
	}
	m, err := decodeMeta(docs[0].Body)
	if err != nil {
		return err
	}
	return s.judge(ctx, spec.Name, &docs[0], &m, cmd)
}

// judge is Judge of a document that is loaded. Whether a document may be seen is asked before its memory: who has lost it from his scope
// learns no more of what he once created than of any other. But an id that another request took is taken, whoever sees it.
func (s *Store) judge(ctx context.Context, collection string, d *Document, m *meta, cmd *Command) error {
	if cmd == nil {
		return nil
	}
	access, err := needAccess(ctx)
	if err != nil {
		return err
	}
	seen := access.Admits(m.Scope)
	if cmd.Target == "" {
		if m.Request == nil {
			return nil
		}
		if judged := cmd.replays(*m.Request); judged == nil || seen {
			return judged
		}
		return ErrNotFound
	}
	if !seen {
		return ErrNotFound
	}
	for _, r := range m.Recent {
		if judged := cmd.replays(r); judged != nil {
			return judged
		}
	}
	if err := s.recall(ctx, collection, d.ID, m, cmd); err != nil {
		return err
	}
	if cmd.IfVersion != 0 && cmd.IfVersion != d.Version {
		return ErrStale
	}
	return nil
}

// recall looks for the command among those that are kept aside, where the document says that there may be some. They were set aside in the
// same write that took them out of the document: whoever has read one without them finds them here.
func (s *Store) recall(ctx context.Context, collection, id string, m *meta, cmd *Command) error {
	if cmd.Key == "" || m.Moved.IsZero() || s.Now().Sub(m.Moved.Time) > repeatsKept {
		return nil
	}
	docs, err := s.driver.Load(ctx, repeatsName, []string{repeatID(collection, id, cmd.Subject, cmd.Key)})
	if err != nil || len(docs) == 0 {
		return err
	}
	r, err := s.repeats.stateOf(docs[0])
	if err != nil || s.Now().Sub(r.At.Time) > repeatsKept {
		return err
	}
	return cmd.replays(r)
}

// remember adds the command to those that the document remembers. moved are those that it has no more room for although their time is
// not over; of one from before commands were dated nobody knows, so its time begins now.
func (s *Store) remember(cmd *Command, m *meta, version int64) (moved []Repeat) {
	if cmd == nil || cmd.Key == "" {
		return nil
	}
	now := s.Now()
	m.Recent = append(m.Recent, *cmd.repeat(version, now))
	for len(m.Recent) > maxRecent {
		r := m.Recent[0]
		m.Recent = m.Recent[1:]
		if r.At.IsZero() {
			r.At = now
		}
		if now.Sub(r.At.Time) <= repeatsKept {
			moved = append(moved, r)
			if r.At.After(m.Moved.Time) {
				m.Moved = r.At
			}
		}
	}
	return moved
}

// setAside are the writes that keep moved. The same key may have been kept before, when its time was over: the newer takes its place.
func (s *Store) setAside(collection, id string, moved []Repeat) ([]Write, error) {
	var out []Write
	for _, r := range moved {
		v := Versioned[Repeat]{ID: repeatID(collection, id, r.Subject, r.Key), Version: r.At.UnixMilli(), State: &r}
		w, err := s.repeats.put(v, nil, false)
		if err != nil {
			return nil, err
		}
		out = append(out, *w)
	}
	return out, nil
}

// Bounds of one round of ForgetRepeats.
const (
	forgetPage  = 500
	forgetPages = 40
)

// ForgetRepeats takes away the commands kept aside whose time is over, a bounded number at once; n is how many. Several processes may do
// so side by side.
func (s *Store) ForgetRepeats(ctx context.Context) (n int, err error) {
	before := s.Now().Add(-repeatsKept)
	for range forgetPages {
		docs, err := s.driver.Find(ctx, repeatsName, Query{Sort: "at", Limit: forgetPage})
		if err != nil {
			return n, err
		}
		var over []Write
		for _, d := range docs {
			r, err := s.repeats.stateOf(d)
			if err != nil {
				return n, err
			}
			if !r.At.Before(before) {
				break
			}
			over = append(over, Write{Kind: Remove, Collection: repeatsName, ID: d.ID, Expect: d.Version})
		}
		if len(over) == 0 {
			return n, nil
		}
		for _, err := range s.driver.ApplyMany(ctx, over) {
			if err != nil {
				return n, err
			}
		}
		n += len(over)
		if len(over) < forgetPage {
			return n, nil
		}
	}
	return n, nil
}
