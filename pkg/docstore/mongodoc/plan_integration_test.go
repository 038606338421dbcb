//go:build integration

package mongodoc

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// plan is how the server carried out a query.
type plan struct {
	stages, indexes []string
	keys, docs      int64
}

// explained runs a command and says how.
func explained(t testing.TB, d *Driver, find bson.D) plan {
	t.Helper()
	raw, err := d.db.RunCommand(t.Context(), bson.D{{Key: "explain", Value: find}, {Key: "verbosity", Value: "executionStats"}}).Raw()
	must(t, err)
	p := plan{keys: raw.Lookup("executionStats", "totalKeysExamined").AsInt64(), docs: raw.Lookup("executionStats", "totalDocsExamined").AsInt64()}
	p.walk(raw.Lookup("executionStats", "executionStages").Document())
	return p
}

func (p *plan) walk(stage bson.Raw) {
	p.stages = append(p.stages, stage.Lookup("stage").StringValue())
	if name, ok := stage.Lookup("indexName").StringValueOK(); ok {
		p.indexes = append(p.indexes, name)
	}
	if inner, ok := stage.Lookup("inputStage").DocumentOK(); ok {
		p.walk(inner)
	}
	if many, ok := stage.Lookup("inputStages").ArrayOK(); ok {
		values, _ := many.Values()
		for _, v := range values {
			p.walk(v.Document())
		}
	}
}

// check asserts that the plan reads an index in order and not much more of it than what it returns.
func (p plan) check(t testing.TB, limit int64) {
	t.Helper()
	scans := int64(len(p.indexes))
	t.Logf("%d scans of %v, %d keys, %d documents", scans, slices.Compact(slices.Clone(p.indexes)), p.keys, p.docs)
	if slices.Contains(p.stages, "SORT") || slices.Contains(p.stages, "COLLSCAN") || !slices.Contains(p.stages, "IXSCAN") {
		t.Errorf("runs as %s", strings.Join(p.stages, " "))
	}
	if p.docs > 2*limit || p.keys > p.docs+3*scans+limit {
		t.Errorf("looks at %d keys in %d scans and %d documents for %d", p.keys, scans, p.docs, limit)
	}
}

func TestQueriesUseTheirIndexes(t *testing.T) {
	d := opened(t)
	const limit, ties = 51, 40
	spec := docstore.Spec{Name: "docs", Indexes: []docstore.Index{{Fields: []string{"custody"}, Sort: "name"}, {Fields: []string{"custody", "place.area"}, Sort: "name"},
		{Array: "labels", Sort: "name"}, {Sort: "name"}}}
	must(t, d.Migrate(t.Context(), []docstore.Spec{spec}))
	fill := func(from, to int) {
		var writes []docstore.Write
		for i := from; i < to; i++ {
			body := fmt.Sprintf(`{"_scope":["nation","unit:%d","office:%d","region:%d"],"custody":"%s","name":"n%06d","labels":["l%d","m"],"place":{"area":%d}}`,
				i%230, i%35, i%8, []string{"stored", "in_service", "retired"}[i%3], i/ties, i%100, i%5)
			writes = append(writes, insert(fmt.Sprintf("d%07d", i), body))
		}
		if errs := d.ApplyMany(t.Context(), writes); errs != nil {
			t.Fatal(errs)
		}
	}
	custody := docstore.Eq("custody", "in_service")
	offices := []string{"office:1", "office:2", "unit:3", "unit:4", "unit:5"}
	var all []string
	for i := range 35 {
		all = append(all, fmt.Sprint("office:", i))
	}
	after := &docstore.Position{Value: "n000100", ID: "d0004007"}
	queries := map[string]docstore.Query{
		"nation":                  {Where: []docstore.Condition{custody}, Sort: "name"},
		"nation, next page":       {Where: []docstore.Condition{custody}, Sort: "name", After: after},
		"scopes":                  {Where: []docstore.Condition{custody}, Sort: "name", Scopes: offices},
		"scopes, next page":       {Where: []docstore.Condition{custody}, Sort: "name", Scopes: offices, After: after},
		"scopes, backward":        {Where: []docstore.Condition{custody}, Sort: "name", Desc: true, Scopes: offices, After: after},
		"two fields, many values": {Where: []docstore.Condition{{Field: "custody", In: []any{"stored", "retired"}}, {Field: "place.area", In: []any{1, 2}}}, Sort: "name", Scopes: offices, After: after},
		"many scopes":             {Where: []docstore.Condition{{Field: "custody", In: []any{"stored", "retired", "in_service"}}}, Sort: "name", Scopes: all, After: after},
		"very many":               {Where: []docstore.Condition{{Field: "custody", In: []any{"stored", "retired", "in_service"}}, {Field: "place.area", In: []any{0, 1, 2, 3, 4}}}, Sort: "name", Scopes: all, After: after},
		"by id":                   {Scopes: offices, After: &docstore.Position{Value: "d0004007", ID: "d0004007"}},
		"array":                   {Where: []docstore.Condition{docstore.Eq("labels", "l7")}, Sort: "name", After: after},
		"no condition":            {Sort: "name", Scopes: offices, After: after},
	}
	filled := 0
	for _, size := range []int{20_000, 200_000} {
		fill(filled, size)
		filled = size
		for name, q := range queries {
			t.Run(fmt.Sprint(name, " of ", size), func(t *testing.T) {
				s, err := d.search("docs", q)
				must(t, err)
				for _, where := range s.sections() {
					for _, conditions := range split(s.conditions) {
						p := explained(t, d, bson.D{{Key: "find", Value: "docs"}, {Key: "filter", Value: filter(conditions, where.behind)}, {Key: "sort", Value: where.order},
							{Key: "hint", Value: s.index}, {Key: "limit", Value: limit}, {Key: "projection", Value: withoutOutbox}})
						p.check(t, limit)
					}
				}
			})
		}
	}
}
