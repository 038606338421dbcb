package record

import (
	"net/url"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Payer is a lot of a contract that may pay for an order, as the orders' service says: whether what is left is enough is its word.
type Payer struct {
	OrderID    string    `json:"order_id"`
	ContractID string    `json:"contract_id"`
	FiscalYear int       `json:"fiscal_year"`
	Available  mx.Money  `json:"available"`
	Fits       *bool     `json:"fits"`
	Lacking    *mx.Money `json:"lacking"`
}

// PayersOf are what may pay for orders, by their ids, each order's with what fits and is largest first. They are asked for in one request for each
// hundred; nil where that could not be had: a page does without.
func PayersOf(r *screen.Request, orders []Order) map[string][]Payer {
	out := map[string][]Payer{}
	for part := range slices.Chunk(orders, asked) {
		var ids []string
		for _, o := range part {
			ids = append(ids, o.ID)
		}
		var page Page[Payer]
		if _, err := r.API.Get(r.Context(), "/v1/work-orders/payers?"+url.Values{"ids": ids}.Encode(), &page); err != nil {
			return nil
		}
		for _, p := range page.Items {
			out[p.OrderID] = append(out[p.OrderID], p)
		}
	}
	for _, all := range out {
		slices.SortStableFunc(all, func(a, b Payer) int { return b.Available.Cmp(a.Available) })
	}
	return out
}

// Fit says in a word whether an order's estimate fits what is left of a contract that pays for it, and in a line what it is estimated at, or by how much it does not.
func Fit(o Order, payers []Payer) (ui.Badge, string) {
	switch {
	case o.Estimate == nil:
		return ui.Badge{Look: "idle", Icon: ui.IconDash, Word: words.Say("no_estimate")}, ""
	case len(payers) == 0:
		return ui.Badge{Look: "warn", Icon: ui.IconInfo, Word: words.Say("no_payer")}, ""
	}
	best := payers[0]
	if best.Fits != nil && *best.Fits {
		return ui.Badge{Look: "ok", Icon: ui.IconCheck, Word: words.Say("fits", best.FiscalYear)}, words.Say("estimated", ui.Money(o.Estimate.AmountCents))
	}
	line := ""
	if best.Lacking != nil {
		line = words.Say("lacking", ui.Money(best.Lacking.AmountCents), ui.Money(best.Available.AmountCents))
	}
	return ui.Badge{Look: "bad", Icon: ui.IconCross, Word: words.Say("fits_not", best.FiscalYear)}, line
}
