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

// Repeat is a remembered command: who sent it, its Idempotency-Key, the hashes of the request, the version it led to, and when. Documents of
// earlier releases have no Meaning and no At.
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

// repeatID is the id, in command_repeats, of a command on a document.
func repeatID(of Ref, subject, key string) string {
	h := sha256.Sum256([]byte(of.Collection + "\x00" + of.ID + "\x00" + subject + "\x00" + key))
	return hex.EncodeToString(h[:16])
}

// keySpace is the UUID name space of ids derived from idempotency keys. It never changes: a repeat must lead to the same id.
var keySpace = uuid.MustParse("6f1b1f4e-5d0c-5b53-9a3b-0c6c5f5d2a10")

// NewID is the id of the document that the command in ctx creates in the collection: the client's own; otherwise, when there is an
// Idempotency-Key, one derived from subject, operation, key and the document that the request names, so that a repeat finds what the
// request created before; otherwise a fresh one. The created document remembers the command for good.
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

// Judged returns the error to answer the command in ctx with when its work ended with err. Before a refusal is answered it checks, in this
// order: the scope of the document that the request names (ErrNotFound), whether the request is a repeat (ErrReplayed, ErrKeyReused), and
// If-Match (ErrStale). So a repeat is recognised even if what the command needed no longer exists, and whatever the work checked first.
// Update checks the same, in the same order, before it changes the document.
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

// judge makes the checks of Judged for a command that is about to change its target, on the document as it was loaded for that.
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

// created compares the command with the one remembered by the document that it creates. A caller who may no longer see that document gets
// ErrNotFound, even if they created it. An id that another request took is taken, whoever may see it.
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

// remembered compares the command with those that the document it names remembers; m is that document's reserved part.
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

// recall looks for the command in command_repeats, if the document says that some of its commands were moved there. They were moved in the
// same write that removed them from the document, so that none is missed in between.
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

// remember adds the command to those that the document remembers. moved are those that no longer fit although repeatsKept has not passed; for
// one of an earlier release, which has no At, the time begins now.
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

// setAside are the writes that put moved into command_repeats. An expired command with the same key is replaced.
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

// ForgetRepeats deletes the commands in command_repeats that are older than 24 hours, a bounded number per call; n is how many. Several
// processes may run it at once.
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
