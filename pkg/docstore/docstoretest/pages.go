package docstoretest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// someThing is a document with values from small ranges, so that conditions match and sort values repeat.
func someThing(r *rand.Rand, id string) thing {
	pick := func(of ...string) (out []string) {
		for _, s := range of {
			if r.IntN(2) == 0 {
				out = append(out, s)
			}
		}
		return out
	}
	x := thing{ID: id, Group: fmt.Sprintf("g%d", r.IntN(3)), Kind: kind(fmt.Sprintf("k%d", r.IntN(2))), Rank: int64(r.IntN(9)) - 4,
		Name: []string{"", "a", "A", "á", "ab", "z", "ñ", "\U0001F489"}[r.IntN(8)], At: event.At(epoch.Add(time.Duration(r.IntN(5)) * time.Hour)),
		Done: r.IntN(2) == 0, Labels: pick("l1", "l2", "l3"), Places: pick("unit:A", "unit:B", "office:x", "contractor:1")}
	if n := r.IntN(3); n > 0 {
		x.Target = &target{fmt.Sprintf("asset-%d", n)}
	}
	return x
}

// asked is a query with the meaning the port gives it, worked out the slow way.
type asked struct {
	docstore.Query
	access caller.Access
	match  func(thing) bool
}

func (a asked) sorted(things []thing) []thing {
	var out []thing
	for _, x := range things {
		if a.match(x) && a.access.Admits(thingScope(&x)) {
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(x, y thing) int {
		c := a.compare(x, y)
		if a.Desc {
			return -c
		}
		return c
	})
	return out
}

func (a asked) compare(x, y thing) int {
	c := 0
	switch a.Sort {
	case "rank":
		c = cmp.Compare(x.Rank, y.Rank)
	case "name":
		c = strings.Compare(x.Name, y.Name)
	case "at":
		c = strings.Compare(x.At.String(), y.At.String())
	}
	if c == 0 {
		c = strings.Compare(x.ID, y.ID)
	}
	return c
}

// askedFor lists ways of asking that the indexes serve.
func askedFor() map[string]asked {
	always := func(thing) bool { return true }
	where := func(field string, values ...any) docstore.Condition {
		return docstore.Condition{Field: field, In: values}
	}
	ask := func(sort string, match func(thing) bool, conditions ...docstore.Condition) asked {
		return asked{Query: docstore.Query{Where: conditions, Sort: sort}, match: match}
	}
	return map[string]asked{
		"all":              ask("", always),
		"by rank":          ask("rank", always),
		"by name":          ask("name", always),
		"by time":          ask("at", always),
		"group":            ask("", func(x thing) bool { return x.Group == "g1" }, where("group", "g1")),
		"groups by rank":   ask("rank", func(x thing) bool { return x.Group != "g1" }, where("group", "g0", "g2", "g9")),
		"group, two kinds": ask("rank", func(x thing) bool { return x.Group == "g1" }, where("group", "g1"), where("kind", kind("k0"), kind("k1"))),
		"kind by rank":     ask("rank", func(x thing) bool { return x.Kind == "k0" }, where("kind", kind("k0"))),
		"done by time":     ask("at", func(x thing) bool { return x.Done }, where("done", true)),
		"nested":           ask("at", func(x thing) bool { return x.Target != nil && x.Target.AssetID == "asset-1" }, where("target.asset_id", "asset-1")),
		"nested absent":    ask("at", func(x thing) bool { return x.Target == nil }, where("target.asset_id", nil)),
		"label by rank":    ask("rank", func(x thing) bool { return slices.Contains(x.Labels, "l1") }, where("labels", "l1")),
		"two labels":       ask("rank", func(x thing) bool { return slices.Contains(x.Labels, "l1") || slices.Contains(x.Labels, "l2") }, where("labels", "l1", "l2", "l1")),
		"label and group": ask("", func(x thing) bool { return slices.Contains(x.Labels, "l3") && x.Group == "g0" },
			where("labels", "l3"), where("group", "g0")),
		"label by time": ask("at", func(x thing) bool { return slices.Contains(x.Labels, "l1") && x.Done }, where("labels", "l1"), where("done", true)),
		"id":            ask("", func(x thing) bool { return x.ID == thingID(3) || x.ID == thingID(5) }, where("_id", thingID(3), thingID(5))),
		"none":          ask("rank", func(thing) bool { return false }, where("group", "g9")),
		"no value":      ask("rank", func(thing) bool { return false }, where("group")),
	}
}

func accesses() map[string]caller.Access {
	return map[string]caller.Access{
		"nation":      {Subject: "n", Scopes: []string{"unit:A", caller.Nation}},
		"unit":        {Subject: "u", Scopes: []string{"unit:A"}},
		"two scopes":  {Subject: "t", Scopes: []string{"office:x", "unit:B", "office:x", "unit:none"}},
		"other scope": {Subject: "o", Scopes: []string{"unit:none"}},
		"no scope":    {Subject: "z"},
	}
}

// walk reads a listing page by page, through cursors.
func (e *env) walk(ctx context.Context, q docstore.Query, limit int) ([]thing, error) {
	var out []thing
	q.Limit = limit
	for {
		page, err := e.things.Find(ctx, q)
		if err != nil {
			return out, err
		}
		if len(page.Docs) > limit {
			return out, fmt.Errorf("a page of %d documents, asked for %d", len(page.Docs), limit)
		}
		for _, d := range page.Docs {
			out = append(out, d.State)
		}
		if page.Next == nil {
			return out, nil
		}
		if q.After, err = docstore.ParseCursor(page.Next.Cursor("listing"), "listing"); err != nil {
			return out, err
		}
	}
}

func ids(things []thing) (out []string) {
	for _, x := range things {
		out = append(out, x.ID)
	}
	return out
}

// testPages: every way of asking, in both directions, for every caller, in pages of any size, gives just the documents it means.
func testPages(t *testing.T, e *env) {
	r := rand.New(rand.NewPCG(1, 2))
	var all []thing
	e.fill(t, 150, func(i int) thing {
		all = append(all, someThing(r, thingID(i)))
		return all[i]
	})
	for name, a := range askedFor() {
		for who, access := range accesses() {
			t.Run(name+" for "+who, func(t *testing.T) {
				ctx := caller.WithAccess(t.Context(), access)
				for _, desc := range []bool{false, true} {
					a.access, a.Desc = access, desc
					want := ids(a.sorted(all))
					for _, limit := range []int{1, 7, 50, 1000} {
						if limit == 1 && len(want) > 30 {
							continue
						}
						got, err := e.walk(ctx, a.Query, limit)
						must(t, err)
						if !slices.Equal(ids(got), want) {
							t.Errorf("desc %v, limit %d: got %d documents %v\nwant %d %v", desc, limit, len(got), ids(got), len(want), want)
						}
					}
					var streamed []string
					must(t, e.things.Stream(ctx, a.Query, func(d docstore.Doc[thing]) error { streamed = append(streamed, d.ID); return nil }))
					if !slices.Equal(streamed, want) {
						t.Errorf("desc %v: streamed %v\nwant %v", desc, streamed, want)
					}
				}
			})
		}
	}
}

// testPagesWhileOthersWrite: documents that are there throughout with the same sort value are neither skipped nor repeated.
func testPagesWhileOthersWrite(t *testing.T, e *env) {
	queries, callers := askedFor(), accesses()
	names, who := keys(queries), keys(callers)
	round := 0
	rapid.Check(t, func(r *rapid.T) {
		round++
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), uint64(round)))
		group := fmt.Sprintf("round-%d", round)
		a := queries[rapid.SampledFrom(names).Draw(r, "query")]
		a.access, a.Desc = callers[rapid.SampledFrom(who).Draw(r, "caller")], rapid.Bool().Draw(r, "desc")
		limit := rapid.IntRange(1, 6).Draw(r, "limit")
		if err := e.writeWhileReading(t, random, group, a, limit); err != nil {
			r.Fatal(err)
		}
	})
}

func keys[V any](m map[string]V) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// writeWhileReading reads a listing while a third of its documents, and new ones, change in every way; then all are removed.
func (e *env) writeWhileReading(t *testing.T, random *rand.Rand, prefix string, a asked, limit int) error {
	var still, moving []thing
	for i := range 30 {
		x := someThing(random, fmt.Sprintf("%s-%03d", prefix, i))
		e.insert(t, x)
		if i%3 == 0 {
			moving = append(moving, x)
		} else {
			still = append(still, x)
		}
	}
	ctx, cancel := context.WithCancel(caller.WithAccess(t.Context(), a.access))
	defer cancel()
	writing := make(chan error, 1)
	stop := make(chan struct{})
	go func() { writing <- e.churn(system(t), random, prefix, moving, stop) }()
	got, err := e.walk(ctx, a.Query, limit)
	close(stop)
	if err := errors.Join(err, <-writing); err != nil {
		return err
	}
	// What moves may be there or not; what stands still must be, once and in order.
	stands := map[string]bool{}
	for _, x := range still {
		stands[x.ID] = true
	}
	var have []string
	for _, x := range got {
		if stands[x.ID] {
			have = append(have, x.ID)
		}
	}
	if want := ids(a.sorted(still)); !slices.Equal(have, want) {
		return fmt.Errorf("got %v\nwant %v", have, want)
	}
	return e.clear(system(t))
}

// churn changes the moving documents and adds new ones until stop.
func (e *env) churn(ctx context.Context, random *rand.Rand, prefix string, moving []thing, stop chan struct{}) error {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return nil
		default:
		}
		id := moving[n%len(moving)].ID
		err := e.things.Update(ctx, id, func(x *thing) ([]event.Event, error) { *x = someThing(random, id); return nil, nil })
		if err != nil {
			return err
		}
		if n < 30 {
			x := someThing(random, fmt.Sprintf("%s-new-%03d", prefix, random.IntN(1_000_000)))
			if err := e.things.Insert(ctx, x.ID, &x); err != nil {
				var exists *docstore.ErrExists
				if !errors.As(err, &exists) {
					return err
				}
			}
		}
	}
}

// clear removes all things, so that rounds stay small: each page of a listing of everything would be of what earlier rounds left.
func (e *env) clear(ctx context.Context) error {
	var writes []docstore.Write
	err := e.driver.Stream(ctx, "things", docstore.Query{}, func(d docstore.Document) error {
		writes = append(writes, docstore.Write{Kind: docstore.Remove, Collection: "things", ID: d.ID, Expect: d.Version})
		return nil
	})
	if err != nil {
		return err
	}
	return errors.Join(e.driver.ApplyMany(ctx, writes)...)
}

// testQueries: what is not declared is refused, as is a cursor of another listing.
func testQueries(t *testing.T, e *env) {
	ctx := system(t)
	e.insert(t, thing{ID: "1", Group: "g", Rank: 3}, thing{ID: "2", Group: "g", Rank: 3}, thing{ID: "3", Group: "g", Rank: 4})
	for name, q := range map[string]docstore.Query{
		"field":         {Where: []docstore.Condition{docstore.Eq("note", "x")}, Limit: 1},
		"second field":  {Where: []docstore.Condition{docstore.Eq("group", "g"), docstore.Eq("count", 1)}, Limit: 1},
		"order":         {Sort: "count", Limit: 1},
		"nested":        {Where: []docstore.Condition{docstore.Eq("target.other", "x")}, Limit: 1},
		"reserved":      {Where: []docstore.Condition{docstore.Eq("_scope", "unit:A")}, Limit: 1},
		"no scalar":     {Where: []docstore.Condition{docstore.Eq("group", []string{"g"})}, Limit: 1},
		"no limit":      {},
		"code in order": {Sort: "rank'; DROP TABLE things; --", Limit: 1},
	} {
		if page, err := e.things.Find(ctx, q); err == nil {
			t.Errorf("%s: answered with %d documents", name, len(page.Docs))
		}
		if name == "field" || name == "order" {
			if _, err := e.driver.Find(ctx, "things", q); err == nil {
				t.Errorf("%s: the driver answered", name)
			}
		}
	}
	page, err := e.things.Find(ctx, docstore.Query{Sort: "rank", Limit: 1})
	must(t, err)
	cursor := page.Next.Cursor("group=g")
	if next, err := docstore.ParseCursor(cursor, "group=g"); err != nil || *next != *page.Next {
		t.Errorf("the cursor of %v became %v, %v", page.Next, next, err)
	}
	for _, wrong := range []string{"", "x", cursor + "x", cursor[:len(cursor)-3], "%%%", cursor[2:]} {
		if _, err := docstore.ParseCursor(wrong, "group=g"); !errors.Is(err, docstore.ErrCursor) {
			t.Errorf("cursor %q: %v", wrong, err)
		}
	}
	if _, err := docstore.ParseCursor(cursor, "group=other"); !errors.Is(err, docstore.ErrCursor) {
		t.Errorf("a cursor of another listing: %v", err)
	}
	page, err = e.things.Find(ctx, docstore.Query{Sort: "rank", Limit: 3})
	if err != nil || len(page.Docs) != 3 || page.Next != nil {
		t.Errorf("a page that just fits: %v, %v", page, err)
	}
}
