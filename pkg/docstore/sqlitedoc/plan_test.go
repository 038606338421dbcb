package sqlitedoc

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

func planSpec() docstore.Spec {
	return docstore.Spec{Name: "plans", Indexes: []docstore.Index{
		{Fields: []string{"unit"}}, {Fields: []string{"state", "target.id"}, Sort: "at", Desc: true}, {Sort: "at"}, {Fields: []string{"state"}, Sort: "at"},
		{Array: "tags", Sort: "at"}, {Array: "tags", Fields: []string{"unit"}}},
		Unique: []docstore.Unique{{Name: "serial", Fields: []string{"serial"}}}}
}

func openPlans(t testing.TB) (*Driver, *collection) {
	t.Helper()
	return openPlansAt(t, filepath.Join(t.TempDir(), "store.db"))
}

func openPlansAt(t testing.TB, path string) (*Driver, *collection) {
	t.Helper()
	d, err := Open(t.Context(), Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := d.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	if err := d.Migrate(t.Context(), []docstore.Spec{planSpec()}); err != nil {
		t.Fatal(err)
	}
	c, err := d.collection("plans")
	if err != nil {
		t.Fatal(err)
	}
	return d, c
}

// fillPlans writes n documents: unit u of n/200 units, a twentieth of each state, an office for each 50th unit.
func fillPlans(t testing.TB, d *Driver, from, to int) {
	t.Helper()
	const batch = 2000
	for ; from < to; from += batch {
		var writes []docstore.Write
		for i := from; i < min(to, from+batch); i++ {
			body := fmt.Sprintf(`{"unit":"u%d","state":"s%d","target":{"id":"t%d"},"at":"2025-08-08T00:00:%07dZ","tags":["a%d","b"],"serial":"n%d","_scope":["nation","unit:u%d","office:%d"],"text":%q}`,
				i/200, i%20, i%7, i, i%500, i, i/200, i%50, strings.Repeat("texto ", 60))
			writes = append(writes, docstore.Write{Kind: docstore.Insert, Collection: "plans", ID: fmt.Sprintf("%08d", i), Version: 1, Body: []byte(body)})
		}
		if errs := d.ApplyMany(t.Context(), writes); errs != nil {
			t.Fatal(errs[slices.IndexFunc(errs, func(err error) bool { return err != nil })])
		}
	}
}

func planQueries() map[string]docstore.Query {
	where := func(field string, values ...any) docstore.Condition {
		return docstore.Condition{Field: field, In: values}
	}
	return map[string]docstore.Query{
		"all":                    {Limit: 50},
		"by time":                {Sort: "at", Desc: true, Limit: 50},
		"unit":                   {Where: []docstore.Condition{where("unit", "u3")}, Limit: 50},
		"state and target":       {Where: []docstore.Condition{where("state", "s1"), where("target.id", "t2")}, Sort: "at", Limit: 50},
		"three states":           {Where: []docstore.Condition{where("state", "s1", "s2", "s3")}, Sort: "at", Desc: true, Limit: 50},
		"tag":                    {Where: []docstore.Condition{where("tags", "a1", "b")}, Sort: "at", Limit: 50},
		"tag in unit":            {Where: []docstore.Condition{where("tags", "b"), where("unit", "u3")}, Limit: 50},
		"state by time, again":   {Where: []docstore.Condition{where("state", "s1")}, Sort: "at", Limit: 50, After: &docstore.Position{Value: "2025-08-08T00:00:0001000Z", ID: "00001000"}},
		"office":                 {Scopes: []string{"office:1"}, Limit: 50},
		"two offices, by time":   {Scopes: []string{"office:1", "office:2"}, Sort: "at", Desc: true, Limit: 50},
		"unit's by time":         {Scopes: []string{"unit:u3"}, Sort: "at", Limit: 50},
		"state in office":        {Where: []docstore.Condition{where("state", "s1")}, Scopes: []string{"office:1", "office:11"}, Sort: "at", Limit: 50},
		"unit in another office": {Where: []docstore.Condition{where("unit", "u3")}, Scopes: []string{"office:77"}, Limit: 50},
		"tag in office":          {Where: []docstore.Condition{where("tags", "a1")}, Scopes: []string{"office:1"}, Sort: "at", Limit: 50},
	}
}

// TestPlans looks at what SQLite means to do: a range of an index for every part of every query, no sorting, from the first page
// and from a later one.
func TestPlans(t *testing.T) {
	d, c := openPlans(t)
	fillPlans(t, d, 0, 500)
	for name, q := range planQueries() {
		t.Run(name, func(t *testing.T) {
			scans, err := c.plan(q)
			if err != nil || len(scans) == 0 {
				t.Fatal(err, len(scans))
			}
			for _, s := range scans {
				for _, query := range []string{s.first, s.tie, s.next} {
					whole := query == s.first && len(s.spans[0].prefix) == 0
					for _, step := range explain(t, d, query, len(s.spans[0].prefix)+3+len(s.rest)) {
						if !ranged(step) && (!whole || !strings.HasPrefix(step, "SCAN c USING INDEX ")) {
							t.Errorf("%s\n%s", step, query)
						}
					}
				}
			}
		})
	}
}

// ranged says whether a step reads a range of an index, or a list that came as a parameter.
func ranged(step string) bool {
	for _, small := range []string{"json_each", "SUBQUERY", "CO-ROUTINE", "SCAN seen", "BLOOM FILTER", "COMPOUND QUERY", "UNION ALL"} {
		if strings.Contains(step, small) {
			return true
		}
	}
	return strings.HasPrefix(step, "SEARCH ") && (strings.Contains(step, "INDEX ") || strings.Contains(step, "PRIMARY KEY"))
}

func explain(t *testing.T, d *Driver, query string, params int) (steps []string) {
	t.Helper()
	if query == "" {
		return nil
	}
	args := make([]any, params)
	err := d.read(t.Context(), false, func(s *session) error {
		return s.each(t.Context(), func(r *sql.Rows) error {
			var id, parent, unused int
			var detail string
			err := r.Scan(&id, &parent, &unused, &detail)
			steps = append(steps, detail)
			return err
		}, "EXPLAIN QUERY PLAN "+query, args...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

// TestLooksAtFewRows: what a page costs is counted in rows looked at, which does not grow with the collection.
func TestLooksAtFewRows(t *testing.T) {
	d, c := openPlans(t)
	looked := func() map[string]int {
		out := map[string]int{}
		for name, q := range planQueries() {
			scans, err := c.plan(q)
			if err != nil {
				t.Fatal(err)
			}
			err = d.read(t.Context(), true, func(s *session) error {
				_, err := race(t.Context(), s, scans)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range scans {
				out[name] += s.seen
			}
		}
		return out
	}
	fillPlans(t, d, 0, 2000)
	small := looked()
	fillPlans(t, d, 2000, 16_000)
	for name, n := range looked() {
		t.Logf("%s: %d rows of 2,000, %d of 16,000", name, small[name], n)
		if n > 3*small[name]+500 {
			t.Errorf("%s: %d rows looked at of 2,000 documents, %d of 16,000", name, small[name], n)
		}
	}
}

// BenchmarkFind is the time of a page of 50.
func BenchmarkFind(b *testing.B) {
	d, _ := openPlans(b)
	have := 0
	for _, n := range []int{20_000, 200_000} {
		fillPlans(b, d, have, n)
		have = n
		queries := planQueries()
		for _, name := range []string{"by time", "state and target", "three states", "office", "two offices, by time", "state in office", "tag in office"} {
			b.Run(fmt.Sprintf("%s/%d", strings.ReplaceAll(name, " ", "-"), n), func(b *testing.B) {
				for b.Loop() {
					if _, err := d.Find(b.Context(), "plans", queries[name]); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run(fmt.Sprintf("bare/%d", n), func(b *testing.B) { benchBareFind(b, d) })
	}
}

// benchBareFind is an indexed page read by nothing but database/sql.
func benchBareFind(b *testing.B, d *Driver) {
	db, err := sql.Open("sqlite", dsn(d.path, synced))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	st, err := db.PrepareContext(b.Context(), `SELECT id, version, body FROM plans WHERE json_extract(body, '$."state"') = ?
  AND json_extract(body, '$."target"."id"') = ? ORDER BY json_extract(body, '$."at"'), id LIMIT 50`)
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	for b.Loop() {
		rows, err := st.QueryContext(b.Context(), "s1", "t2")
		if err != nil {
			b.Fatal(err)
		}
		for rows.Next() {
			var doc docstore.Document
			if err := rows.Scan(&doc.ID, &doc.Version, &doc.Body); err != nil {
				b.Fatal(err)
			}
		}
		if err := rows.Err(); err != nil {
			b.Fatal(err)
		}
	}
}
