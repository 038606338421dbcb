package docstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/caller"
)

// refreshPage is how many documents RefreshKeys reads and writes at a time.
const refreshPage = 500

// RefreshKeys brings the keys of stored documents up to date: of documents written by a release without keys, and of documents that gave up
// a key to another document, which may have released it since. It works page by page and may be interrupted anywhere: documents that are
// done are not found again. Several processes may run it at once, while services of this and the previous release run. It changes no
// version and raises no event.
//
// Of documents with the same key the oldest by Spec.Since holds it; the others get the key's Mark. n is the number of documents examined.
func (s *Store) RefreshKeys(ctx context.Context) (n int, err error) {
	ctx = caller.AsSystem(ctx, "refresh-keys")
	for _, refresh := range s.keyRefreshers {
		more, err := refresh(ctx)
		if n += more; err != nil {
			return n, err
		}
	}
	return n, nil
}

func (c *Collection[T]) refreshKeys(ctx context.Context) (n int, err error) {
	old := Condition{Field: schemaField}
	for schema := range c.spec.Schema {
		old.In = append(old.In, int64(schema))
	}
	marked := Condition{Field: discrepanciesField}
	for _, k := range c.spec.Keys {
		if !k.Free && !slices.Contains(marked.In, any(k.Mark)) {
			marked.In = append(marked.In, k.Mark)
		}
	}
	for _, cond := range []Condition{old, marked} {
		more, err := c.refreshFound(ctx, Query{Where: []Condition{cond}, Limit: refreshPage})
		if n += more; err != nil {
			return n, fmt.Errorf("refresh the keys of %s: %w", c.spec.Name, err)
		}
	}
	return n, nil
}

func (c *Collection[T]) refreshFound(ctx context.Context, q Query) (n int, err error) {
	for {
		docs, err := c.store.driver.Find(ctx, c.spec.Name, q)
		if err != nil || len(docs) == 0 {
			return n, err
		}
		writes := make([]Write, len(docs))
		for i, d := range docs {
			if writes[i], err = c.refreshed(d); err != nil {
				return n, err
			}
		}
		errs, known := c.store.driver.ApplyMany(ctx, writes), holders{}
		for i := range errs {
			if err := c.contest(ctx, docs[i], writes[i], errs[i], known); err != nil {
				return n, err
			}
		}
		if n += len(docs); len(docs) < refreshPage {
			return n, nil
		}
		last := docs[len(docs)-1].ID
		q.After = &Position{Value: last, ID: last}
	}
}

// refreshed is the write that makes a document claim all its keys.
func (c *Collection[T]) refreshed(d Document) (Write, error) {
	w := Write{Kind: Update, Collection: c.spec.Name, ID: d.ID, Expect: d.Version, Version: d.Version}
	l, err := c.decode(d)
	if err != nil {
		return w, err
	}
	before, err := stateFields(&l.state)
	if err == nil {
		l.was = c.keysOf(&l.state)
		_, err = c.diff(&w, before, l)
	}
	return w, err
}

// holders remembers the document found to hold a key, by the key's name and value, because a thousand documents may share a serial number.
type holders map[[2]string]*Document

// contest decides who holds the keys of d when its write w was refused with err: the older document does. A document that has changed since
// it was read is skipped: that change has computed its keys.
func (c *Collection[T]) contest(ctx context.Context, d Document, w Write, err error, known holders) error {
	losers := map[string]*Write{}
	for range maxTries {
		var exists *ErrExists
		switch {
		case err == nil, errors.Is(err, ErrStale):
			return nil
		case !errors.As(err, &exists):
			return err
		}
		k, ok := c.spec.key(exists.Key)
		if !ok {
			return err
		}
		m, broken := decodeMeta(w.Body)
		if broken != nil {
			return broken
		}
		this := [2]string{k.Name, m.Keys[k.Name]}
		holder := known[this]
		if holder == nil {
			if holder, broken = c.holder(ctx, k, w.ID, m, losers); broken != nil {
				return broken
			}
			known[this] = holder
		}
		loser := &w
		if holder != nil && c.spec.older(d, *holder) {
			if losers[holder.ID] == nil {
				losers[holder.ID] = &Write{Kind: Update, Collection: c.spec.Name, ID: holder.ID, Expect: holder.Version, Version: holder.Version, Body: holder.Body}
			}
			loser = losers[holder.ID]
			delete(known, this)
		}
		if holder != nil { // else it has let go meanwhile
			if err := loser.withhold(k); err != nil {
				return err
			}
		}
		writes := make([]Write, 0, len(losers)+1)
		for _, l := range losers {
			writes = append(writes, *l)
		}
		err = c.store.driver.Apply(ctx, append(writes, w))
	}
	return fmt.Errorf("%w: the keys of %s/%s change hands all the time", ErrUnavailable, c.spec.Name, d.ID)
}

// holder is the document that holds the key which the document id, of which m are the keys, claims; those that are about to lose it are not asked again.
func (c *Collection[T]) holder(ctx context.Context, k Key, id string, m meta, losers map[string]*Write) (holder *Document, err error) {
	var broken error
	err = c.store.sharing(ctx, c.spec, k, m.Keys, func(d Document, other meta) bool {
		if lost := losers[d.ID]; lost != nil {
			other, broken = decodeMeta(lost.Body)
		}
		if d.ID != id && other.Holds[k.Name] == m.Keys[k.Name] {
			holder = &d
		}
		return holder != nil || broken != nil
	})
	return holder, errors.Join(err, broken)
}
