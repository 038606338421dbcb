package rest

import (
	"context"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/place"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/store"
)

type siteInput struct {
	ID string `path:"id"`
}

type siteOutput struct{ Body *place.Site }

// severalInput names the orders of a page.
type severalInput struct {
	IDs []string `query:"ids,explode" required:"true" minItems:"1" maxItems:"100" doc:"Of these work orders. Of one that is not known and of one that the caller may not see the answer is the same: none"`
}

// OrderSite is the site of one of the orders that were asked for.
type OrderSite struct {
	OrderID string `json:"order_id"`
	place.Site
}

type sitesOutput struct {
	Body struct {
		Items []OrderSite `json:"items" nullable:"false" doc:"In the order in which they were asked for"`
	}
}

// these are those of the documents that the caller may see, each once, in the order of their ids.
func these[T any](ctx context.Context, c *docstore.Collection[T], ids []string) (out []*docstore.Doc[T], err error) {
	found, err := c.LoadMany(ctx, ids)
	for _, id := range ids {
		if d := found[id]; d != nil {
			delete(found, id)
			out = append(out, d)
		}
	}
	return out, err
}

// sites are where to go for orders: readable by all who see them, and so by a contractor, to whom the register of units is closed. A page of a list asks
// once for all that it shows.
func sites(s *service.Service, c *docstore.Collection[store.Work], known place.Sites) {
	rest.Handle(s.Rest, rest.Op{ID: "work_order.sites", Roles: auth.Everybody, Method: "GET", Path: "/v1/work-orders/sites", Summary: "Where to go for several work orders",
		Description: "Of each what work_order.site answers of one."},
		func(ctx context.Context, in *severalInput) (*sitesOutput, error) {
			orders, err := these(ctx, c, in.IDs)
			if err != nil {
				return nil, err
			}
			works := make([]place.Work, len(orders))
			for i, o := range orders {
				works[i] = o.State.Work
			}
			at, err := known.Of(ctx, works)
			if err != nil {
				return nil, err
			}
			out := &sitesOutput{}
			out.Body.Items = make([]OrderSite, 0, len(at))
			for i, site := range at {
				if site != nil {
					out.Body.Items = append(out.Body.Items, OrderSite{orders[i].ID, *site})
				}
			}
			return out, nil
		})
	rest.Handle(s.Rest, rest.Op{ID: "work_order.site", Roles: auth.Everybody, Method: "GET", Path: "/v1/work-orders/{id}/site", Summary: "Where to go for a work order",
		Description: "Name, address and position of the unit, the area in it, and of which type the asset is that the work is on."},
		func(ctx context.Context, in *siteInput) (*siteOutput, error) {
			o, err := c.Get(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			at, err := known.Of(ctx, []place.Work{o.Work})
			if err == nil && at[0] == nil {
				err = docstore.ErrNotFound
			}
			if err != nil {
				return nil, err
			}
			return &siteOutput{at[0]}, nil
		})
}
