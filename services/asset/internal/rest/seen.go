package rest

import (
	"context"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event/relay"
	"github.com/bitacora-salud/bitacora/services/asset/internal/asset"
)

// doer is the access of a caller with a contractor's or a technician's grant; ok is false for the others, who see whole assets or none.
func doer(ctx context.Context) (a caller.Access, ok bool) {
	a, _ = caller.AccessOf(ctx)
	return a, slices.ContainsFunc(a.Scopes, func(s string) bool { return strings.HasPrefix(s, "contractor:") || strings.HasPrefix(s, "technician:") })
}

// seen is an asset as the caller may see it.
func seen(ctx context.Context, doc []byte) ([]byte, error) {
	access, ok := doer(ctx)
	if !ok {
		return doc, nil
	}
	return asset.Seen(doc, access.Admits)
}

// seenHistory takes out of an asset's history what is of others' orders: that they came and went.
func seenHistory(c *docstore.Collection[asset.Asset]) func(context.Context, string, []relay.History) ([]relay.History, error) {
	return func(ctx context.Context, id string, page []relay.History) ([]relay.History, error) {
		access, ok := doer(ctx)
		if !ok {
			return page, nil
		}
		a, err := c.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		own, all := a.Own(access.Admits)
		if all {
			return page, nil
		}
		left := make([]relay.History, 0, len(page))
		for _, h := range page {
			change, err := asset.Unnamed(h.Change, own)
			if err != nil {
				return nil, err
			}
			if string(change) != string(h.Change) {
				if h.Type == asset.OrdersChanged.Type() {
					continue
				}
				h.Change, h.Correlation = change, ""
			}
			left = append(left, h)
		}
		return left, nil
	}
}
