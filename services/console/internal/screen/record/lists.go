package record

import (
	"context"
	"maps"
	"net/url"
	"strconv"
	"sync"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
)

// most is the largest page that a list gives.
const most = 200

// All reads a list to its end, at most limit documents of it; more says that there are more.
func All[T any](ctx context.Context, c *api.Client, path string, filter url.Values, limit int) (all []T, more bool, err error) {
	return whole(ctx, c, path, filter, limit, List[T])
}

// AllLatest is All of what happens, the latest first.
func AllLatest[T any](ctx context.Context, c *api.Client, path string, filter url.Values, limit int) (all []T, more bool, err error) {
	return whole(ctx, c, path, filter, limit, Latest[T])
}

func whole[T any](ctx context.Context, c *api.Client, path string, filter url.Values, limit int, list func(context.Context, *api.Client, string, url.Values, int, string) (Page[T], error)) (all []T, more bool, err error) {
	cursor := ""
	for len(all) < limit {
		page, err := list(ctx, c, path, filter, min(most, limit-len(all)), cursor)
		if err != nil {
			return all, true, err
		}
		all = append(all, page.Items...)
		if cursor = page.Next; cursor == "" {
			return all, false, nil
		}
	}
	return all, true, nil
}

// List reads one page of a list.
func List[T any](ctx context.Context, c *api.Client, path string, filter url.Values, limit int, cursor string) (Page[T], error) {
	q := url.Values{"limit": {strconv.Itoa(limit)}}
	for name, values := range filter {
		q[name] = values
	}
	if cursor != "" {
		q.Set("cursor", cursor)
	}
	var page Page[T]
	_, err := c.Get(ctx, path+"?"+q.Encode(), &page)
	return page, err
}

// newest asks a list of what happens for the latest first.
const newest = "sort"

// Latest is List of what happens (orders, deliveries), the latest first; as List where the service cannot tell that yet.
func Latest[T any](ctx context.Context, c *api.Client, path string, filter url.Values, limit int, cursor string) (Page[T], error) {
	q := url.Values{newest: {"newest"}}
	maps.Copy(q, filter)
	page, err := List[T](ctx, c, path, q, limit, cursor)
	if p := api.ProblemOf(err); p.At("query."+newest) != nil {
		return List[T](ctx, c, path, filter, limit, cursor)
	}
	return page, err
}

// together bounds what one page asks for at once.
const together = 8

// Each does f for each index below n, several at once.
func Each(n int, f func(i int)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, together)
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			f(i)
		})
	}
	wg.Wait()
}
