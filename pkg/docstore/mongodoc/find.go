package mongodoc

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
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

// Stream reads page after page, each where the last one ended, so that nothing is open while each runs. It implements docstore.Driver.
func (d *Driver) Stream(ctx context.Context, collection string, q docstore.Query, each func(docstore.Document) error) error {
	s, err := d.search(collection, q)
	if err != nil || s.empty {
		return err
	}
	if q.Committed {
		s.from = s.collection.majority
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
	// from is where it reads: with the concern that its caller needs.
	from *mongo.Collection
	// conditions hold for all pages; after is where the next one begins.
	conditions []condition
	after      *position
	sort       string
	desc       bool
	index      string
	// empty: a condition without values, or no scope, finds nothing.
	empty bool
}

// condition is met by documents that have one of the values at a path. leads says that the index compares it before it sorts.
type condition struct {
	path   string
	values bson.A
	leads  bool
}

func (c condition) filter() bson.D {
	if len(c.values) == 1 {
		return bson.D{{Key: c.path, Value: c.values[0]}}
	}
	return bson.D{{Key: c.path, Value: bson.D{{Key: "$in", Value: c.values}}}}
}

// position is a place in the order of a search.
type position struct {
	value bson.RawValue
	id    string
}

// hit is a document that was found and the place it has.
type hit struct {
	docstore.Document
	value bson.RawValue
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
	s := &search{driver: d, collection: c, from: c.Collection, sort: fieldID, desc: q.Desc, index: orderName(keysOf(ix, q.Scopes != nil))}
	if q.Sort != "" {
		s.sort = path(q.Sort)
	}
	if q.Scopes != nil {
		s.conditions = append(s.conditions, condition{path: fieldScope, values: anys(q.Scopes), leads: ix.Array == "" && !ix.Unscoped})
	}
	for _, asked := range q.Where {
		values := make(bson.A, len(asked.In))
		for i, v := range asked.In {
			if values[i], err = scalar(v); err != nil {
				return nil, fmt.Errorf("condition on %s: %w", asked.Field, err)
			}
		}
		s.conditions = append(s.conditions, condition{path(asked.Field), values, slices.Contains(ix.Fields, asked.Field) || ix.Array == asked.Field})
	}
	for _, c := range s.conditions {
		s.empty = s.empty || len(c.values) == 0
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

// page reads the next documents and where they end.
func (s *search) page(ctx context.Context, limit int) (docs []docstore.Document, last *position, err error) {
	ctx, cancel := s.driver.deadline(ctx)
	defer cancel()
	var hits []hit
	for _, where := range s.sections() {
		more, err := s.within(ctx, where, limit-len(hits))
		if err != nil {
			return nil, nil, err
		}
		if hits = append(hits, more...); len(hits) == limit {
			break
		}
	}
	docs = make([]docstore.Document, len(hits))
	for i, h := range hits {
		docs[i], last = h.Document, &position{h.value, h.ID}
	}
	return docs, last, nil
}

// section is a part of the order that one question reads: all, or what lies behind a position.
type section struct {
	behind bson.A
	order  bson.D
}

// sections are what lies behind the position: the rest of those with the same value, by id alone, then the others. Each is one
// range of the index, read from its beginning; asked for at once, or the first with the value in the order, the server would read
// all of it and sort (seen on 6.0).
func (s *search) sections() []section {
	beyond, way := "$gt", 1
	if s.desc {
		beyond, way = "$lt", -1
	}
	byID := bson.D{{Key: fieldID, Value: way}}
	order := append(bson.D{{Key: s.sort, Value: way}}, byID...)
	if s.sort == fieldID {
		order = byID
	}
	if s.after == nil {
		return []section{{nil, order}}
	}
	past := func(path string, value any) bson.D {
		return bson.D{{Key: path, Value: bson.D{{Key: beyond, Value: value}}}}
	}
	if s.sort == fieldID {
		return []section{{bson.A{past(fieldID, s.after.id)}, order}}
	}
	return []section{
		{bson.A{bson.D{{Key: s.sort, Value: s.after.value}}, past(fieldID, s.after.id)}, byID},
		{bson.A{past(s.sort, s.after.value)}, order},
	}
}

// within reads the first documents of a section.
func (s *search) within(ctx context.Context, where section, limit int) (hits []hit, err error) {
	parts := split(s.conditions)
	for _, conditions := range parts {
		if err := s.read(ctx, conditions, where, limit, &hits); err != nil {
			return nil, err
		}
	}
	if len(parts) == 1 {
		return hits, nil
	}
	slices.SortFunc(hits, func(a, b hit) int {
		way := cmp.Or(compare(a.value, b.value), strings.Compare(a.ID, b.ID))
		if s.desc {
			return -way
		}
		return way
	})
	hits = slices.CompactFunc(hits, func(a, b hit) bool { return a.ID == b.ID })
	return hits[:min(limit, len(hits))], nil
}

func (s *search) read(ctx context.Context, conditions []condition, where section, limit int, hits *[]hit) error {
	opts := options.Find().SetProjection(withoutOutbox).SetHint(s.index).SetSort(where.order).SetLimit(int64(limit)).SetBatchSize(int32(limit))
	return collect(ctx, s.from, filter(conditions, where.behind), opts, func(raw bson.Raw, d stored) error {
		value := raw.Lookup(strings.Split(s.sort, ".")...)
		value.Value = bytes.Clone(value.Value)
		*hits = append(*hits, hit{d.Document, value})
		return nil
	})
}

func filter(conditions []condition, behind bson.A) bson.D {
	var all bson.A
	for _, c := range conditions {
		all = append(all, c.filter())
	}
	if all = append(all, behind...); len(all) == 0 {
		return bson.D{}
	}
	return bson.D{{Key: "$and", Value: all}}
}

// maxScans is how many ranges of an index the server merges in order (internalQueryMaxScansToExplode); given more it sorts them all.
const maxScans = 200

// split makes questions with at most maxScans combinations of values each, which together ask the same.
func split(conditions []condition) [][]condition {
	scans, longest := 1, -1
	for i, c := range conditions {
		if !c.leads {
			continue
		}
		scans *= len(c.values)
		if longest < 0 || len(c.values) > len(conditions[longest].values) {
			longest = i
		}
	}
	if scans <= maxScans {
		return [][]condition{conditions}
	}
	var out [][]condition
	values := conditions[longest].values
	for part := range slices.Chunk(values, max(1, min(len(values)-1, maxScans*len(values)/scans))) {
		some := slices.Clone(conditions)
		some[longest].values = part
		out = append(out, split(some)...)
	}
	return out
}

// compare orders sort values as the index does.
func compare(a, b bson.RawValue) int {
	if x, ok := a.StringValueOK(); ok {
		if y, ok := b.StringValueOK(); ok {
			return strings.Compare(x, y)
		}
	}
	if x, ok := a.Int64OK(); ok {
		if y, ok := b.Int64OK(); ok {
			return cmp.Compare(x, y)
		}
	}
	x, xNumber := number(a)
	y, yNumber := number(b)
	if xNumber && yNumber {
		return x.Cmp(y)
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), bytes.Compare(a.Value, b.Value))
}

// number is a number's exact value.
func number(v bson.RawValue) (*big.Rat, bool) {
	text, err := jsonValue(v)
	if err != nil || !v.IsNumber() {
		return nil, false
	}
	return new(big.Rat).SetString(string(text))
}

// rank is the order of values of different types.
func rank(v bson.RawValue) int {
	switch {
	case v.Type == bson.TypeNull || v.IsZero():
		return 0
	case v.IsNumber():
		return 1
	case v.Type == bson.TypeString:
		return 2
	}
	return 3
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
