package mongodoc

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// pageSize is how many documents Stream holds at a time.
const pageSize = 200

// Find implements docstore.Driver.
func (d *Driver) Find(ctx context.Context, collection string, q docstore.Query) ([]docstore.Document, error) {
	if q.Limit <= 0 {
		return nil, fmt.Errorf("find in %s without a limit", collection)
	}
	s, err := d.search(collection, q)
	if err != nil || s.empty {
		return nil, err
	}
	docs, _, err := s.page(ctx, q.Limit)
	return docs, err
}

// Stream reads page after page, each where the last one ended, so that nothing is open while each runs. It implements
// docstore.Driver.
func (d *Driver) Stream(ctx context.Context, collection string, q docstore.Query, each func(docstore.Document) error) error {
	s, err := d.search(collection, q)
	if err != nil || s.empty {
		return err
	}
	for left := q.Limit; ; {
		size := pageSize
		if q.Limit > 0 {
			size = min(size, left)
		}
		docs, last, err := s.page(ctx, size)
		if err != nil {
			return err
		}
		for _, doc := range docs {
			if err := each(doc); err != nil {
				return err
			}
		}
		if left -= len(docs); len(docs) < size || (q.Limit > 0 && left == 0) {
			return nil
		}
		s.after = last
	}
}

// search is a query that an index serves.
type search struct {
	driver     *Driver
	collection *collection
	// conditions hold for all pages; after is where the next one begins.
	conditions bson.A
	after      *position
	sort       string
	desc       bool
	index      string
	// empty: a condition without values, or no scope, finds nothing.
	empty bool
}

// position is a place in the order of a search.
type position struct {
	value bson.RawValue
	id    string
}

// search picks the index for q.
func (d *Driver) search(name string, q docstore.Query) (*search, error) {
	c := d.collection(name)
	if c.spec == nil {
		return nil, fmt.Errorf("collection %s was not declared", name)
	}
	ix, err := c.spec.Pick(q)
	if err != nil {
		return nil, err
	}
	s := &search{driver: d, collection: c, sort: fieldID, desc: q.Desc, index: orderName(keysOf(ix, q.Scopes != nil))}
	if q.Sort != "" {
		s.sort = path(q.Sort)
	}
	if q.Scopes != nil {
		s.narrow(fieldScope, anys(q.Scopes))
	}
	for _, condition := range q.Where {
		values := make(bson.A, len(condition.In))
		for i, v := range condition.In {
			if values[i], err = scalar(v); err != nil {
				return nil, fmt.Errorf("condition on %s: %w", condition.Field, err)
			}
		}
		s.narrow(path(condition.Field), values)
	}
	if q.After != nil {
		value, err := scalar(q.After.Value)
		if err != nil {
			return nil, fmt.Errorf("position: %w", err)
		}
		s.after = &position{value: value, id: q.After.ID}
	}
	return s, nil
}

func (s *search) narrow(path string, values bson.A) {
	switch len(values) {
	case 0:
		s.empty = true
	case 1:
		s.conditions = append(s.conditions, bson.D{{Key: path, Value: values[0]}})
	default:
		s.conditions = append(s.conditions, bson.D{{Key: path, Value: bson.D{{Key: "$in", Value: values}}}})
	}
}

// page reads the next documents and where they end.
func (s *search) page(ctx context.Context, limit int) (docs []docstore.Document, last *position, err error) {
	ctx, cancel := s.driver.deadline(ctx)
	defer cancel()
	opts := options.Find().SetProjection(withoutOutbox).SetHint(s.index).SetSort(s.order()).SetLimit(int64(limit)).SetBatchSize(int32(limit))
	err = collect(ctx, s.collection.Collection, s.filter(), opts, func(raw bson.Raw, d stored) error {
		docs = append(docs, d.Document)
		if len(docs) == limit {
			last = &position{value: cloned(raw, s.sort), id: d.ID}
		}
		return nil
	})
	return docs, last, err
}

func (s *search) order() bson.D {
	way := 1
	if s.desc {
		way = -1
	}
	if s.sort == fieldID {
		return bson.D{{Key: fieldID, Value: way}}
	}
	return bson.D{{Key: s.sort, Value: way}, {Key: fieldID, Value: way}}
}

// filter is the conditions and what lies behind the position. Behind means two ranges of the index, each given whole, so that the
// server reads neither from its beginning.
func (s *search) filter() bson.D {
	beyond := "$gt"
	if s.desc {
		beyond = "$lt"
	}
	all := func(more ...any) bson.D {
		if len(s.conditions)+len(more) == 0 {
			return bson.D{}
		}
		return bson.D{{Key: "$and", Value: append(s.conditions[:len(s.conditions):len(s.conditions)], more...)}}
	}
	switch {
	case s.after == nil:
		return all()
	case s.sort == fieldID:
		return all(bson.D{{Key: fieldID, Value: bson.D{{Key: beyond, Value: s.after.id}}}})
	}
	return bson.D{{Key: "$or", Value: bson.A{
		all(bson.D{{Key: s.sort, Value: s.after.value}}, bson.D{{Key: fieldID, Value: bson.D{{Key: beyond, Value: s.after.id}}}}),
		all(bson.D{{Key: s.sort, Value: bson.D{{Key: beyond, Value: s.after.value}}}}),
	}}}
}

// scalar is a value to compare with, as states hold it.
func scalar(v any) (bson.RawValue, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return bson.RawValue{}, err
	}
	return toValue(text)
}

func anys(texts []string) bson.A {
	out := make(bson.A, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}

// cloned is a field's value, which outlives the cursor's buffer.
func cloned(raw bson.Raw, path string) bson.RawValue {
	v := raw.Lookup(strings.Split(path, ".")...)
	v.Value = bytes.Clone(v.Value)
	return v
}
