package docstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/bitacora-salud/bitacora/pkg/caller"
)

// Erase is Update for what must be forgotten: the document is written anew with the state that change leaves, and nothing else of what it held
// stays in it, neither fields that this process does not know nor the memory of earlier commands, whose hashes could be guessed at. Only for
// collections that raise no events: what was published is not taken back. Not inside Atomic. What the store's files still hold of it goes with
// Scrub; commands that were set aside (command_repeats) go within a day.
func (c *Collection[T]) Erase(ctx context.Context, id string, change func(*T) error) error {
	if c.spec.Events != nil {
		return fmt.Errorf("collection %s raises events: what they told cannot be erased", c.spec.Name)
	}
	if txOf(ctx) != nil {
		return errInAtomic
	}
	return retry(ctx, func() error {
		unlock := c.store.locks.lock(ctx, c.ref(id))
		defer unlock()
		w, err := c.erasure(ctx, id, change)
		if err != nil {
			return err
		}
		if err := c.store.apply(ctx, []Write{*w}); errors.Is(err, ErrStale) {
			return errRace
		} else if err != nil {
			return err
		}
		return nil
	})
}

// erasure is one try of Erase.
func (c *Collection[T]) erasure(ctx context.Context, id string, change func(*T) error) (*Write, error) {
	l, err := c.load(ctx, id)
	if err != nil {
		return nil, err
	}
	if access, _ := caller.AccessOf(ctx); !access.Owns(l.meta.Scope) {
		return nil, ErrNotFound
	}
	cmd := caller.CommandOf(ctx)
	if cmd != nil && cmd.Target != c.ref(id) {
		cmd = nil
	}
	if cmd != nil {
		if err := c.store.judge(ctx, cmd, &l.doc, &l.meta); err != nil {
			return nil, err
		}
	}
	if err := change(&l.state); err != nil {
		return nil, err
	}
	w := &Write{Kind: Update, Collection: c.spec.Name, ID: id, Expect: l.doc.Version, Version: l.doc.Version + 1}
	m := meta{Schema: c.spec.Schema, Scope: c.scope(&l.state)}
	c.store.remember(cmd, &m, w.Version) // the erasure itself, and of it no more than that it was asked for
	w.soft = c.claim(&m, &l.state, nil)
	if w.Body, err = c.body(&l.state, m); err != nil {
		return nil, err
	}
	stored := l.doc.Body
	if l.stored != nil {
		stored = l.stored
	}
	return w, c.replace(w, stored)
}

// Scrub takes what was overwritten or deleted out of the store's files, as far as its driver can: see Driver.Scrub.
func (s *Store) Scrub(ctx context.Context) error { return s.driver.Scrub(ctx) }
