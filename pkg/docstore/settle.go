package docstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/caller"
)

// settlePage is how many documents Settle reads and writes at a time.
const settlePage = 500

// Settle brings the keys of stored documents up to date: of those that a release without keys wrote, before this one or beside it, and of
// those that left a key to another document which may have let go of it. It goes page by page and can be cut off anywhere: what is done
// is no longer found. Any number may run at once, beside services of this and the release before. It changes neither versions nor what is
// published.
//
// Of documents with one key the older holds it, by Spec.Since; the others are marked. n is the number of documents that were looked at.
func (s *Store) Settle(ctx context.Context) (n int, err error) {
	ctx = caller.AsSystem(ctx, "settle")
	for _, settle := range s.settlers {
		more, err := settle(ctx)
		if n += more; err != nil {
			return n, err
		}
	}
	return n, nil
}

func (c *Collection[T]) settle(ctx context.Context) (n int, err error) {
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
		more, err := c.settleAll(ctx, Query{Where: []Condition{cond}, Limit: settlePage})
		if n += more; err != nil {
			return n, fmt.Errorf("settle the keys of %s: %w", c.spec.Name, err)
		}
	}
	return n, nil
}

func (c *Collection[T]) settleAll(ctx context.Context, q Query) (n int, err error) {
	for {
		docs, err := c.store.driver.Find(ctx, c.spec.Name, q)
		if err != nil || len(docs) == 0 {
			return n, err
		}
		writes := make([]Write, len(docs))
		for i, d := range docs {
			if writes[i], err = c.settled(d); err != nil {
				return n, err
			}
		}
		errs, known := c.store.driver.ApplyMany(ctx, writes), holders{}
		for i := range errs {
			if err := c.contest(ctx, docs[i], writes[i], errs[i], known); err != nil {
				return n, err
			}
		}
		if n += len(docs); len(docs) < settlePage {
			return n, nil
		}
		last := docs[len(docs)-1].ID
		q.After = &Position{Value: last, ID: last}
	}
}

// settled is the write that has a document hold all its keys.
func (c *Collection[T]) settled(d Document) (Write, error) {
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

// holders are who was found to hold a key, by its name and value: a thousand things may have one serial number.
type holders map[[2]string]*Document

// contest settles who holds the keys of d when its claim w was refused with err: the older one does. A document that has changed since it
// was read is left to whoever changed it.
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
		if holder != nil && c.older(d, *holder) {
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
func (c *Collection[T]) holder(ctx context.Context, k Key, id string, m meta, losers map[string]*Write) (*Document, error) {
	by := or(k.Within, k.Name)
	q := Query{Where: []Condition{{KeyField(by), []any{m.Keys[by]}}}, Limit: settlePage}
	for {
		docs, err := c.store.driver.Find(ctx, c.spec.Name, q)
		if err != nil {
			return nil, err
		}
		for i, d := range docs {
			other, err := decodeMeta(d.Body)
			if err != nil {
				return nil, err
			}
			lost := losers[d.ID]
			if lost != nil {
				if other, err = decodeMeta(lost.Body); err != nil {
					return nil, err
				}
			}
			if d.ID != id && other.Holds[k.Name] == m.Keys[k.Name] {
				return &docs[i], nil
			}
		}
		if len(docs) < settlePage {
			return nil, nil
		}
		last := docs[len(docs)-1].ID
		q.After = &Position{Value: last, ID: last}
	}
}

// older says which of two documents was there first.
func (c *Collection[T]) older(a, b Document) bool {
	return cmp.Or(strings.Compare(c.since(a), c.since(b)), strings.Compare(a.ID, b.ID)) < 0
}

// since is the instant by which a document's age is told; instants are texts of one width.
func (c *Collection[T]) since(d Document) (at string) {
	for name, member := range Members(d.Body) {
		if name == c.spec.Since {
			_, value, _ := strings.Cut(string(member), ":")
			return strings.TrimSpace(value)
		}
	}
	return ""
}
