// Package session keeps what the console must remember of browsers, on the server: sessions, tokens, forms of which the session had ended. All of
// it is encrypted, none of it is an event or has a history, and it is deleted when its time is over.
package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// box is a stored document: what is in it is encrypted with its id as the purpose, so that no box can be put in the place of another.
type box struct {
	Sealed  string     `json:"sealed"`
	Expires event.Time `json:"expires"`
	// Busy is until when somebody is changing what is in it.
	Busy event.Time `json:"busy,omitzero"`
}

// Boxes are the store. Its zero value is of no use.
type Boxes struct {
	store *docstore.Store
	boxes *docstore.Collection[box]
	seal  *Sealer
}

// collection is the name of the boxes' collection.
const collection = "boxes"

// Open declares the boxes in a store.
func Open(store *docstore.Store, seal *Sealer) *Boxes {
	spec := docstore.Spec{Name: collection, Aggregate: "box", Indexes: []docstore.Index{{Sort: "expires", Unscoped: true}}}
	return &Boxes{store, docstore.Open(store, spec, func(*box) []string { return []string{caller.Nation} }), seal}
}

// ErrGone says that there is no such box, or that its time is over.
var ErrGone = errors.New("there is no such session")

// system is in whose name boxes are read and written.
func system(ctx context.Context) context.Context { return caller.AsSystem(ctx, "console.sessions") }

// Put writes a box, new or in the place of what was there.
func (b *Boxes) Put(ctx context.Context, kind, token string, value any, expires time.Time) error {
	id := digest(kind, token)
	next, err := b.fill(id, value, expires)
	if err != nil {
		return err
	}
	var exists *docstore.ErrExists
	if err = b.boxes.Insert(system(ctx), id, next); errors.As(err, &exists) {
		return b.Replace(ctx, kind, token, value, expires)
	}
	return err
}

func (b *Boxes) fill(id string, value any, expires time.Time) (*box, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return &box{Sealed: b.seal.Seal(id, plain), Expires: event.At(expires)}, nil
}

// Get reads a box into a struct, and says until when it is kept. What cannot be opened (it was sealed under another key) is gone.
func (b *Boxes) Get(ctx context.Context, kind, token string, into any) (expires time.Time, err error) {
	id := digest(kind, token)
	d, err := b.boxes.Get(system(ctx), id)
	if errors.Is(err, docstore.ErrNotFound) {
		return time.Time{}, ErrGone
	}
	if err != nil {
		return time.Time{}, err
	}
	return d.Expires.Time, b.look(id, d, into)
}

func (b *Boxes) look(id string, d *box, into any) error {
	if !b.store.Now().Before(d.Expires.Time) {
		return ErrGone
	}
	plain, err := b.seal.Open(id, d.Sealed)
	if err != nil {
		return ErrGone
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return fmt.Errorf("what is in a box: %w", err)
	}
	return nil
}

// Replace writes a box that is there, and gives back the right to change it; ErrGone where it is not there any more.
func (b *Boxes) Replace(ctx context.Context, kind, token string, value any, expires time.Time) error {
	id := digest(kind, token)
	next, err := b.fill(id, value, expires)
	if err != nil {
		return err
	}
	err = b.boxes.Update(system(ctx), id, func(was *box) ([]event.Event, error) { *was = *next; return nil, nil })
	if errors.Is(err, docstore.ErrNotFound) {
		return ErrGone
	}
	return err
}

// Claim reads a box, and takes the right to change it until some instant where that is wanted then; mine says that it did, and not somebody
// else, who has it already. Whoever has it gives it back with Replace.
func (b *Boxes) Claim(ctx context.Context, kind, token string, until time.Time, into any, wanted func() bool) (mine bool, err error) {
	id := digest(kind, token)
	err = b.boxes.Update(system(ctx), id, func(d *box) ([]event.Event, error) {
		mine = false
		if err := b.look(id, d, into); err != nil {
			return nil, err
		}
		if wanted() && !b.store.Now().Before(d.Busy.Time) {
			d.Busy, mine = event.At(until), true
		}
		return nil, nil
	})
	if errors.Is(err, docstore.ErrNotFound) {
		err = ErrGone
	}
	return mine, err
}

// Drop deletes a box; one that is not there is no error.
func (b *Boxes) Drop(ctx context.Context, kind, token string) error {
	id := digest(kind, token)
	for {
		d, err := b.boxes.Load(system(ctx), id)
		if errors.Is(err, docstore.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		// Remove does nothing where the box was changed meanwhile: look again.
		if err := b.remove(ctx, docstore.Document{ID: id, Version: d.Version}); err != nil {
			return err
		}
	}
}

func (b *Boxes) remove(ctx context.Context, docs ...docstore.Document) error {
	writes := make([]docstore.Write, len(docs))
	for i, d := range docs {
		writes[i] = docstore.Write{Kind: docstore.Remove, Collection: collection, ID: d.ID, Expect: d.Version}
	}
	return errors.Join(b.store.Driver().ApplyMany(ctx, writes)...)
}

// Bounds of one round of Sweep.
const (
	sweepPage  = 500
	sweepPages = 40
)

// Sweep deletes the boxes whose time is over, a bounded number per call; n is how many. Several processes may do it at once.
func (b *Boxes) Sweep(ctx context.Context) (n int, err error) {
	now := b.store.Now()
	for range sweepPages {
		docs, err := b.store.Driver().Find(ctx, collection, docstore.Query{Sort: "expires", Limit: sweepPage})
		if err != nil {
			return n, err
		}
		var over []docstore.Document
		for _, d := range docs {
			var at box
			if err := json.Unmarshal(d.Body, &at); err != nil {
				return n, err
			}
			if now.Before(at.Expires.Time) {
				break
			}
			over = append(over, d)
		}
		if len(over) == 0 {
			return n, nil
		}
		if err := b.remove(ctx, over...); err != nil {
			return n, err
		}
		if n += len(over); len(over) < sweepPage {
			return n, nil
		}
	}
	return n, nil
}

// sweepEvery is how often what is over is deleted.
const sweepEvery = time.Minute

// counted is how many sessions are counted at most.
const counted = 10_000

// Sessions is how many there are, those included that are over and not swept yet, and counted as the bound where there are more.
func (b *Boxes) Sessions(ctx context.Context) (n int, err error) {
	last := kindSession + "-"
	for n < counted {
		docs, err := b.store.Driver().Find(ctx, collection, docstore.Query{After: &docstore.Position{ID: last}, Limit: sweepPage})
		if err != nil {
			return n, err
		}
		for _, d := range docs {
			if !strings.HasPrefix(d.ID, kindSession+"-") {
				return n, nil
			}
			n++
		}
		if len(docs) < sweepPage {
			return n, nil
		}
		last = docs[len(docs)-1].ID
	}
	return n, nil
}

// Run sweeps until ctx ends, and tells each time how many sessions there are. What is left behind while the store is away is taken the next time.
func (b *Boxes) Run(ctx context.Context, sessions func(n int), failed func(error)) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		_, err := b.Sweep(ctx)
		if err == nil {
			var n int
			if n, err = b.Sessions(ctx); err == nil {
				sessions(n)
			}
		}
		if err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
