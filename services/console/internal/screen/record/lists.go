package record

import (
	"context"
	"net/url"
	"strconv"
	"sync"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
)

// most is the largest page that a list gives.
const most = 200

// All reads a list to its end, at most limit documents of it; more says that there are more.
func All[T any](ctx context.Context, c *api.Client, path string, filter url.Values, limit int) (all []T, more bool, err error) {
	cursor := ""
	for len(all) < limit {
		page, err := List[T](ctx, c, path, filter, min(most, limit-len(all)), cursor)
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
