package docstore

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/caller"
)

// Page is one page of a listing.
type Page[T any] struct {
	Docs []Doc[T]
	// Next is where the next page begins; nil on the last page.
	Next *Position
}

// prepare checks that an index serves the query, narrows it to the caller's scopes and converts its values to JSON scalars.
func (c *Collection[T]) prepare(ctx context.Context, q Query) (Query, error) {
	if txOf(ctx) != nil {
		return q, errInAtomic
	}
	access, err := needAccess(ctx)
	if err != nil {
		return q, err
	}
	if err := c.spec.Serves(q); err != nil {
		return q, err
	}
	where := make([]Condition, len(q.Where))
	for i, cond := range q.Where {
		where[i] = Condition{cond.Field, make([]any, len(cond.In))}
		for j, v := range cond.In {
			if where[i].In[j], err = scalar(v); err != nil {
				return q, fmt.Errorf("condition on %s: %w", cond.Field, err)
			}
		}
	}
	q.Where = where
	if q.After != nil {
		value, err := scalar(q.After.Value)
		if err != nil {
			return q, fmt.Errorf("position: %w", err)
		}
		q.After = &Position{value, q.After.ID}
	}
	return narrow(q, access), nil
}

// narrow keeps a query to what the caller may see: it is Access.Admits for all documents of a query, whatever Scopes it came with.
func narrow(q Query, a caller.Access) Query {
	q.Scopes = nil
	if !a.Owns(nil) { // else the nation is open to the caller, and so is every document
		q.Scopes = append(append([]string{}, a.Scopes...), a.Reads...) // never nil, which would narrow nothing
	}
	return q
}

// scalar is v as a document holds it: string, bool, int64, float64 or nil.
func scalar(v any) (any, error) {
	switch v := v.(type) {
	case string, bool, int64, float64, nil:
		return v, nil
	}
	b, err := marshal(v)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var out any
	if err := dec.Decode(&out); err != nil {
		return nil, err
	}
	switch out := out.(type) {
	case string, bool, nil:
		return out, nil
	case json.Number:
		return number(out)
	}
	return nil, fmt.Errorf("a %T is no scalar", v)
}

func number(n json.Number) (any, error) {
	if i, err := n.Int64(); err == nil {
		return i, nil
	}
	return n.Float64()
}

// Find returns one page of the caller's documents. A condition or an order that no declared index serves is an error.
func (c *Collection[T]) Find(ctx context.Context, q Query) (*Page[T], error) {
	if q.Limit < 1 {
		return nil, fmt.Errorf("collection %s: a page of %d documents", c.spec.Name, q.Limit)
	}
	limit := q.Limit
	q, err := c.prepare(ctx, q)
	if err != nil {
		return nil, err
	}
	q.Limit = limit + 1
	docs, err := c.store.driver.Find(ctx, c.spec.Name, q)
	if err != nil {
		return nil, err
	}
	page := &Page[T]{Docs: make([]Doc[T], 0, min(len(docs), limit))}
	for i, d := range docs {
		if i == limit {
			last := docs[i-1]
			value, err := sortValue(last, q.Sort)
			if err != nil {
				return nil, err
			}
			page.Next = &Position{Value: value, ID: last.ID}
			break
		}
		doc, err := c.doc(d)
		if err != nil {
			return nil, err
		}
		page.Docs = append(page.Docs, doc)
	}
	return page, nil
}

// Stream calls each for every document that q selects and the caller may see, in constant memory.
func (c *Collection[T]) Stream(ctx context.Context, q Query, each func(Doc[T]) error) error {
	q, err := c.prepare(ctx, q)
	if err != nil {
		return err
	}
	return c.store.driver.Stream(ctx, c.spec.Name, q, func(d Document) error {
		doc, err := c.doc(d)
		if err != nil {
			return err
		}
		return each(doc)
	})
}

// Serves returns an error if no declared index serves the query, naming the field or the order that has none.
func (s Spec) Serves(q Query) error {
	_, err := s.Pick(q)
	return err
}

// Pick is the declared index that serves q best: it is in q's order, q has a condition on each of its fields, and no other such
// index has more of them. Conditions on further fields are checked on the documents it finds, but only on fields that some index of
// the collection holds: those are the ones that were meant to be asked for.
func (s Spec) Pick(q Query) (Index, error) {
	asked := func(field string) bool {
		return slices.ContainsFunc(q.Where, func(c Condition) bool { return c.Field == field })
	}
	best, most := Index{}, -1
	for _, ix := range append([]Index{{}}, s.Indexes...) {
		if sortField(ix.Sort) != sortField(q.Sort) || (ix.Array != "" && !asked(ix.Array)) {
			continue
		}
		served := true
		for _, f := range ix.Fields {
			served = served && asked(f)
		}
		if n := len(ix.Fields) + min(len(ix.Array), 1); served && n > most {
			best, most = ix, n
		}
	}
	if most < 0 {
		return best, fmt.Errorf("collection %s: no index in the order of %s", s.Name, sortField(q.Sort))
	}
	for _, c := range q.Where {
		held := func(ix Index) bool { return slices.Contains(ix.Fields, c.Field) || ix.Array == c.Field }
		if c.Field != "_id" && !slices.ContainsFunc(s.Indexes, held) {
			return best, fmt.Errorf("collection %s: no index on %s", s.Name, c.Field)
		}
	}
	return best, nil
}

func sortField(s string) string {
	if s == "" {
		return "_id"
	}
	return s
}

func sortValue(d Document, field string) (any, error) {
	if sortField(field) == "_id" {
		return d.ID, nil
	}
	var f map[string]any
	dec := json.NewDecoder(bytes.NewReader(d.Body))
	dec.UseNumber()
	if err := dec.Decode(&f); err != nil {
		return nil, err
	}
	v, ok := f[field]
	if !ok || v == nil {
		return nil, fmt.Errorf("sort field %s of %s is null", field, d.ID)
	}
	if n, ok := v.(json.Number); ok {
		return number(n)
	}
	return v, nil
}
