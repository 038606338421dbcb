package ledger

import (
	"context"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/tally"
)

// Kind is a collection of facts; KindOf makes one.
type Kind interface {
	load(ctx context.Context, ids []string) (map[string]stored, error)
	put(ctx context.Context, u Update) error
	// of calls each for all facts of an owner.
	of(ctx context.Context, owner string, each func(id string, f tally.Fact)) error
	// Get returns a fact with its version, docstore.ErrNotFound if there is none in the caller's scope.
	Get(ctx context.Context, id string) (tally.Fact, int64, error)
}

type stored struct {
	version int64
	fact    tally.Fact
}

// KindOf makes a Kind of a collection. owner is the field with the id of a fact's owner; the collection must have an index on it.
func KindOf[T any, P interface {
	*T
	tally.Fact
}](c *docstore.Collection[T], owner string) Kind {
	return &kind[T, P]{c, owner}
}

type kind[T any, P interface {
	*T
	tally.Fact
}] struct {
	c     *docstore.Collection[T]
	owner string
}

func (k *kind[T, P]) load(ctx context.Context, ids []string) (map[string]stored, error) {
	found, err := k.c.LoadMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[string]stored, len(found))
	for id, d := range found {
		out[id] = stored{d.Version, P(&d.State)}
	}
	return out, nil
}

func (k *kind[T, P]) put(ctx context.Context, u Update) error {
	newer, err := k.c.PutIfNewer(ctx, docstore.Versioned[T]{ID: u.ID, Version: u.Version, State: (*T)(u.Fact.(P))})
	if err != nil {
		return err
	}
	return stale(newer, u.name())
}

func (k *kind[T, P]) of(ctx context.Context, owner string, each func(string, tally.Fact)) error {
	return k.c.Stream(ctx, docstore.Query{Where: []docstore.Condition{docstore.Eq(k.owner, owner)}}, func(d docstore.Doc[T]) error {
		each(d.ID, P(&d.State))
		return nil
	})
}

// Get implements Kind.
func (k *kind[T, P]) Get(ctx context.Context, id string) (tally.Fact, int64, error) {
	d, err := k.c.Load(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	return P(&d.State), d.Version, nil
}
