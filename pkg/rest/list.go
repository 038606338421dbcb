package rest

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Paging is embedded in the query struct of every listing.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most."`
	Cursor string `query:"cursor" maxLength:"2000" doc:"The next_cursor of the page before, with the same filters."`
}

func (p *Paging) paging() *Paging { return p }

// Newest is embedded, in place of Paging, in the query struct of a listing of what happens (orders, deliveries), whose Order names the instant.
type Newest struct {
	Paging
	Sort string `query:"sort" enum:"newest" doc:"newest: the latest first; left out: by id. A next_cursor is of one order."`
}

func (n *Newest) newest() bool { return n.Sort != "" }

// Order is the order of a listing: by the field Sort, which needs an index of the collection, or by id for "". Newest is the field with the instant
// by which the latest come first where a caller asks for that (sort=newest); it needs an index too.
type Order struct {
	Sort   string
	Desc   bool
	Newest string
}

type page[T any] struct {
	Items      []T    `json:"items" nullable:"false" doc:"The documents of this page."`
	NextCursor string `json:"next_cursor,omitempty" doc:"Continues behind this page; absent on the last one."`
}

type listed struct {
	Link string `header:"Link" doc:"The next page, rel=\"next\"; absent on the last one."`
	Type string `header:"Content-Type" hidden:"true"`
	Body []byte
}

// List registers a GET on a collection's path: pages of those documents in the caller's scope that meet the filters. Q is a struct that embeds
// Paging (or Newest, where order names the instant) and has a field for each filter: a string or int64 with the tag `query:"<name>"`, or a slice of them, whose values are alternatives,
// with `query:"<name>,explode"`. A filter is on the document's field of that name, or of the tag `field:"<path>"`; the tag `compare:"key"`
// means that that field is a comparison key (docstore.KeyField), so that every spelling finds it. A field with the tag `field:"-"` is no filter by
// itself: if *Q has a method Where(ctx) ([]docstore.Condition, error), its conditions are added, and it may raise the limit or refuse (pkg/fault).
// List panics if no index of the collection serves a filter or the order.
func List[Q, T any](s *Server, op Op, c *docstore.Collection[T], order Order) {
	filters, docs := filtersOf[Q](op, c.Spec(), order), states(s, c)
	register(s, op, http.MethodGet, http.StatusOK, reflect.TypeFor[page[T]](), func(ctx context.Context, in *Q) (*listed, error) {
		paging := any(in).(interface{ paging() *Paging }).paging()
		where := conditions(filters, reflect.ValueOf(in).Elem())
		if meant, ok := any(in).(interface {
			Where(ctx context.Context) ([]docstore.Condition, error)
		}); ok {
			more, err := meant.Where(ctx)
			if err != nil {
				return nil, err
			}
			where = append(where, more...)
		}
		q := docstore.Query{Sort: order.Sort, Desc: order.Desc, Limit: paging.Limit, Where: where}
		if turned, ok := any(in).(interface{ newest() bool }); ok && turned.newest() {
			q.Sort, q.Desc = order.Newest, true
		}
		listing := fingerprint(op, q)
		if paging.Cursor != "" {
			after, err := docstore.ParseCursor(paging.Cursor, listing)
			if err != nil {
				return nil, err
			}
			q.After = after
		}
		found, err := docs.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		for i := range found.Docs {
			if found.Docs[i].State, err = op.see(ctx, found.Docs[i].State); err != nil {
				return nil, err
			}
		}
		out, cursor := &listed{Type: jsonType}, ""
		if found.Next != nil {
			cursor = found.Next.Cursor(listing)
			out.Link = next(exchangeOf(ctx).url, cursor)
		}
		out.Body = pageOf(found.Docs, cursor)
		return out, nil
	})
}

// pageOf encodes a page[T] whose items are JSON already.
func pageOf(docs []docstore.Doc[state], cursor string) []byte {
	size := 64 + len(cursor)
	for i := range docs {
		size += len(docs[i].State) + 1
	}
	b := append(make([]byte, 0, size), `{"items":[`...)
	for i := range docs {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, docs[i].State...)
	}
	b = append(b, ']')
	if cursor != "" { // base64url, which needs no escapes
		b = append(append(append(b, `,"next_cursor":"`...), cursor...), '"')
	}
	return append(b, '}')
}

// next is the Link header for the next page.
func next(u *url.URL, cursor string) string {
	q := u.Query()
	q.Set("cursor", cursor)
	return "<" + u.EscapedPath() + "?" + q.Encode() + `>; rel="next"`
}

// NextLink returns the Link header of a page that an operation registered by Handle answers: the request's address with the cursor of the next
// page; "" outside of a request.
func NextLink(ctx context.Context, cursor string) string {
	x := exchangeOf(ctx)
	if x == nil {
		return ""
	}
	return next(x.url, cursor)
}

// filter is one query parameter of a listing.
type filter struct {
	index []int
	field string
	// compared means that the document's field is the comparison key of the parameter.
	compared bool
}

func filtersOf[Q any](op Op, spec docstore.Spec, order Order) []filter {
	t := reflect.TypeFor[Q]()
	if _, ok := any(new(Q)).(interface{ paging() *Paging }); !ok {
		panic(fmt.Errorf("rest: %s: %s does not embed rest.Paging", op.ID, t))
	}
	if _, turned := any(new(Q)).(interface{ newest() bool }); turned != (order.Newest != "") {
		panic(fmt.Errorf("rest: %s: %s embeds rest.Newest: %t, and its Order names the instant: %t", op.ID, t, turned, !turned))
	}
	orders := []docstore.Query{{Sort: order.Sort, Desc: order.Desc}}
	if order.Newest != "" {
		orders = append(orders, docstore.Query{Sort: order.Newest, Desc: true})
	}
	var out []filter
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("query"), ",")
		if name == "" || name == "limit" || name == "cursor" || name == "sort" {
			continue
		}
		field := or(f.Tag.Get("field"), name)
		if field == "-" {
			continue
		}
		for _, q := range orders {
			q.Where = []docstore.Condition{docstore.Eq(field, "")}
			if err := spec.Serves(q); err != nil {
				panic(fmt.Errorf("rest: %s: filter %s: %w", op.ID, name, err))
			}
		}
		out = append(out, filter{f.Index, field, f.Tag.Get("compare") == "key"})
	}
	for _, q := range orders {
		if err := spec.Serves(q); err != nil {
			panic(fmt.Errorf("rest: %s: %w", op.ID, err))
		}
	}
	return out
}

func conditions(filters []filter, in reflect.Value) []docstore.Condition {
	var out []docstore.Condition
	for _, f := range filters {
		v := in.FieldByIndex(f.index)
		if v.IsZero() {
			continue
		}
		c := docstore.Condition{Field: f.field}
		if v.Kind() != reflect.Slice {
			c.In = []any{scalar(v)}
		} else {
			for i := range v.Len() {
				c.In = append(c.In, scalar(v.Index(i)))
			}
		}
		for i, value := range c.In {
			if text, ok := value.(string); ok && f.compared {
				c.In[i] = mx.Key(text)
			}
		}
		out = append(out, c)
	}
	return out
}

// scalar returns v as a string, int64 or bool.
func scalar(v reflect.Value) any {
	switch {
	case v.Kind() == reflect.String:
		return v.String()
	case v.CanInt():
		return v.Int()
	case v.Kind() == reflect.Bool:
		return v.Bool()
	}
	return v.Interface()
}

// fingerprint identifies a listing, so that the cursor of one is refused by another.
func fingerprint(op Op, q docstore.Query) string {
	h := fnv.New64a()
	for _, c := range q.Where {
		values := make([]string, len(c.In))
		for i, v := range c.In {
			values[i] = fmt.Sprintf("%q", fmt.Sprint(v))
		}
		slices.Sort(values)
		fmt.Fprintf(h, "%s=%s;", c.Field, strings.Join(values, ","))
	}
	fmt.Fprintf(h, "%s %s %t", op.ID, q.Sort, q.Desc)
	return strconv.FormatUint(h.Sum64(), 36)
}
