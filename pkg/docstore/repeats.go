package docstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
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

// repeatOf is the command as it is remembered.
func repeatOf(c *caller.Command, version int64, at event.Time) *Repeat {
	return &Repeat{c.Subject, c.Key, c.Hash, c.Meaning, version, at}
}

// compare says what the command is to the remembered one: nil when another one, ErrReplayed when the same, ErrKeyReused when another
// request under the same key. Without a key a command is recognised only by the document that it created.
func (r Repeat) compare(c *caller.Command, created bool) error {
	keyed := c.Key != "" && r.Key == c.Key
	switch {
	case r.Subject != c.Subject || !created && !keyed:
		return nil
	case r.Hash == c.Hash, r.Meaning != "" && r.Meaning == c.Meaning:
		return ErrReplayed
	case keyed:
		return ErrKeyReused
	}
	return nil
}

func openRepeats(s *Store) *Collection[Repeat] {
	return Open(s, Spec{Name: repeatsName, Indexes: []Index{{Sort: "at"}}}, func(*Repeat) []string { return []string{caller.Nation} })
}

// repeatID is where a command on a document is kept aside.
func repeatID(of Ref, subject, key string) string {
	h := sha256.Sum256([]byte(of.Collection + "\x00" + of.ID + "\x00" + subject + "\x00" + key))
	return hex.EncodeToString(h[:16])
}

// keySpace is the name space of ids derived from idempotency keys.
var keySpace = uuid.MustParse("6f1b1f4e-5d0c-5b53-9a3b-0c6c5f5d2a10")

// NewID is the id of the document that the command in ctx creates in the collection: the client's own, else one derived from subject,
// operation, key and the document that the request names, so that the same request finds what it created before, else fresh. The document
// remembers the command for good.
func (c *Collection[T]) NewID(ctx context.Context, client string) string {
	cmd, id := caller.CommandOf(ctx), client
	switch {
	case id != "":
	case cmd == nil || cmd.Key == "":
		id = c.store.NewID()
	default:
		said := []string{cmd.Subject, cmd.Operation, cmd.Key}
		if cmd.Target.ID != "" {
			said = append(said, cmd.Target.ID)
		}
		id = uuid.NewSHA1(keySpace, []byte(strings.Join(said, "\x00"))).String()
	}
	if cmd != nil {
		cmd.Creates = c.ref(id)
	}
	return id
}

// Judged is what the command in ctx led to when err is what its work ended with: every repetition of a command that was carried out is
// recognised here, or by judge in the write itself. A refusal stands only if nothing comes before it, in this order: the scope of the
// document that the request names (ErrNotFound), the request's key (ErrReplayed, ErrKeyReused), If-Match (ErrStale). So a repetition is one
// even though what the command needed is no longer there, and whatever the work looks at before it comes to the document.
func (s *Store) Judged(ctx context.Context, err error) error {
	cmd := caller.CommandOf(ctx)
	var exists *ErrExists
	if cmd == nil || fault.As(err) == nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrStale) && !errors.As(err, &exists) {
		return err
	}
	var target *Document
	var m meta
	if cmd.Target.ID != "" {
		var loadErr error
		if target, loadErr = s.loadOne(ctx, cmd.Target); loadErr != nil {
			return loadErr
		}
		if m, loadErr = decodeMeta(target.Body); loadErr != nil {
			return loadErr
		}
		if judged := s.remembered(ctx, cmd, &m); judged != nil {
			return judged
		}
	}
	if judged := s.created(ctx, cmd); judged != nil {
		return judged
	}
	if target != nil {
		if stale := meets(cmd, target.Version); stale != nil {
			return stale
		}
	}
	return err
}

// judge is Judged of a command that is about to change its target, as that was loaded for it.
func (s *Store) judge(ctx context.Context, cmd *caller.Command, d *Document, m *meta) error {
	if err := s.remembered(ctx, cmd, m); err != nil {
		return err
	}
	return meets(cmd, d.Version)
}

// meets is what the command's conditions say of the version.
func meets(cmd *caller.Command, version int64) error {
	if cmd.Meets == nil {
		return nil
	}
	return cmd.Meets(version)
}

// created looks for the command at the document that it creates. Whether that may be seen is asked before it tells: who has lost it from his
// scope learns no more of what he once created than of any other. But an id that another request took is taken, whoever sees it.
func (s *Store) created(ctx context.Context, cmd *caller.Command) error {
	if cmd.Creates.ID == "" {
		return nil
	}
	d, err := s.loadOne(ctx, cmd.Creates)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	m, err := decodeMeta(d.Body)
	if err != nil || m.Request == nil {
		return err
	}
	judged := m.Request.compare(cmd, true)
	if access, _ := caller.AccessOf(ctx); judged != nil && !access.Admits(m.Scope) {
		return ErrNotFound
	}
	return judged
}

// remembered looks for the command at the document that it names, whose reserved part is m.
func (s *Store) remembered(ctx context.Context, cmd *caller.Command, m *meta) error {
	if access, _ := caller.AccessOf(ctx); !access.Admits(m.Scope) {
		return ErrNotFound
	}
	for _, r := range m.Recent {
		if judged := r.compare(cmd, false); judged != nil {
			return judged
		}
	}
	return s.recall(ctx, cmd, m)
}

// recall looks for the command among those that are kept aside, where the document says that there may be some. They were set aside in the
// same write that took them out of the document: whoever has read one without them finds them here.
func (s *Store) recall(ctx context.Context, cmd *caller.Command, m *meta) error {
	if cmd.Key == "" || m.Moved.IsZero() || s.Now().Sub(m.Moved.Time) > repeatsKept {
		return nil
	}
	docs, err := s.driver.Load(ctx, repeatsName, []string{repeatID(cmd.Target, cmd.Subject, cmd.Key)})
	if err != nil || len(docs) == 0 {
		return err
	}
	r, err := s.repeats.stateOf(docs[0])
	if err != nil || s.Now().Sub(r.At.Time) > repeatsKept {
		return err
	}
	return r.compare(cmd, false)
}

// remember adds the command to those that the document remembers. moved are those that it has no more room for although their time is
// not over; of one from before commands were dated nobody knows, so its time begins now.
func (s *Store) remember(cmd *caller.Command, m *meta, version int64) (moved []Repeat) {
	if cmd == nil || cmd.Key == "" {
		return nil
	}
	now := s.Now()
	m.Recent = append(m.Recent, *repeatOf(cmd, version, now))
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
func (s *Store) setAside(of Ref, moved []Repeat) ([]Write, error) {
	var out []Write
	for _, r := range moved {
		v := Versioned[Repeat]{ID: repeatID(of, r.Subject, r.Key), Version: r.At.UnixMilli(), State: &r}
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
