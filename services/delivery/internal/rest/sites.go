package rest

import (
	"context"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/delivery/internal/ref"
	"github.com/bitacora-salud/bitacora/services/delivery/internal/store"
)

type siteInput struct {
	ID string `path:"id"`
}

type siteOutput struct{ Body ref.Site }

// severalInput names the deliveries of a page.
type severalInput struct {
	IDs []string `query:"ids,explode" required:"true" minItems:"1" maxItems:"100" doc:"Of these deliveries. Of one that is not known and of one that the caller may not see the answer is the same: none"`
}

// DeliverySite is the site of one of the deliveries that were asked for.
type DeliverySite struct {
	DeliveryID string `json:"delivery_id"`
	ref.Site
}

type sitesOutput struct {
	Body struct {
		Items []DeliverySite `json:"items" nullable:"false" doc:"In the order in which they were asked for"`
	}
}

// sites are where deliveries go: readable by all who see the delivery, and so by its supplier, to whom the register of units is closed. A page of a
// list asks once for all that it shows.
func sites(s *service.Service, c *store.Collections) {
	rest.Handle(s.Rest, rest.Op{ID: "delivery.sites", Roles: readers, Method: "GET", Path: "/v1/deliveries/sites", Summary: "Where several deliveries go",
		Description: "Of each what delivery.site answers of one."},
		func(ctx context.Context, in *severalInput) (*sitesOutput, error) {
			found, err := sitesOf(ctx, c, in.IDs)
			if err != nil {
				return nil, err
			}
			out := &sitesOutput{}
			out.Body.Items = make([]DeliverySite, 0, len(found))
			for _, id := range in.IDs {
				if at, ok := found[id]; ok {
					delete(found, id)
					out.Body.Items = append(out.Body.Items, DeliverySite{id, at})
				}
			}
			return out, nil
		})
	rest.Handle(s.Rest, rest.Op{ID: "delivery.site", Roles: readers, Method: "GET", Path: "/v1/deliveries/{id}/site", Summary: "Where a delivery goes",
		Description: "Name, address and position of the unit."},
		func(ctx context.Context, in *siteInput) (*siteOutput, error) {
			found, err := sitesOf(ctx, c, []string{in.ID})
			if err != nil {
				return nil, err
			}
			at, ok := found[in.ID]
			if !ok {
				return nil, docstore.ErrNotFound
			}
			return &siteOutput{at}, nil
		})
}

// sitesOf are the units of those of the deliveries that the caller may see, by the deliveries' ids. The units are read by right of the service.
func sitesOf(ctx context.Context, c *store.Collections, ids []string) (map[string]ref.Site, error) {
	deliveries, err := c.Deliveries.LoadMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	var units []string
	for _, d := range deliveries {
		units = append(units, d.State.UnitID)
	}
	own := caller.AsSystem(ctx, event.Actor(ctx))
	known, err := c.Sites.LoadMany(own, units)
	if err != nil {
		return nil, err
	}
	// The consumer of units is ahead of that of sites, which begins at the first event.
	names, err := c.Units.LoadMany(own, units)
	if err != nil {
		return nil, err
	}
	out := map[string]ref.Site{}
	for id, d := range deliveries {
		if at := known[d.State.UnitID]; at != nil {
			out[id] = at.State
		} else if u := names[d.State.UnitID]; u != nil {
			out[id] = ref.Site{ID: u.ID, ZonedPlace: u.State.ZonedPlace, Name: u.State.Name}
		}
	}
	return out, nil
}
