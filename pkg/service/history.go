package service

import (
	"context"
	"net/http"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event/relay"
	"github.com/bitacora-salud/bitacora/pkg/rest"
)

type historyInput struct {
	ID string `path:"id"`
	rest.Paging
}

// HistoryPage is a page of an aggregate's history.
type HistoryPage struct {
	Items      []relay.History `json:"items" nullable:"false" doc:"What happened, in order."`
	NextCursor string          `json:"next_cursor,omitempty" doc:"Continues behind this page; absent on the last one."`
}

type historyOutput struct {
	Link string `header:"Link" doc:"The next page, rel=\"next\"; absent on the last one."`
	Body HistoryPage
}

// History registers the GET of an aggregate's history on "…/{id}/history": all its events in order, also those that are not published yet. A
// caller who may read the aggregate may read its history; filters remove from a page what this caller must not see.
func History[T any](s *Service, op rest.Op, c *docstore.Collection[T], filters ...func(ctx context.Context, id string, page []relay.History) ([]relay.History, error)) {
	op.Method = http.MethodGet
	rest.Handle(s.Rest, op, func(ctx context.Context, in *historyInput) (*historyOutput, error) {
		listing := op.ID + " " + in.ID
		var after *docstore.Position
		if in.Cursor != "" {
			var err error
			if after, err = docstore.ParseCursor(in.Cursor, listing); err != nil {
				return nil, err
			}
		}
		page, err := s.Relay.History(ctx, c.Spec().Name, in.ID, in.Limit, after)
		if err != nil {
			return nil, err
		}
		out := &historyOutput{}
		out.Body.Items = make([]relay.History, len(page.Docs))
		for i, d := range page.Docs {
			out.Body.Items[i] = d.State
		}
		for _, filter := range filters {
			if out.Body.Items, err = filter(ctx, in.ID, out.Body.Items); err != nil {
				return nil, err
			}
		}
		if page.Next != nil {
			out.Body.NextCursor = page.Next.Cursor(listing)
			out.Link = rest.NextLink(ctx, out.Body.NextCursor)
		}
		return out, nil
	})
}
