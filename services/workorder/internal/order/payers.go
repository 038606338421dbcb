package order

import (
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/contract"
)

// Payer is a lot of a contract that may pay for an order, and whether what is left of its budget is enough.
type Payer struct {
	OrderID      string   `json:"order_id"`
	ContractID   string   `json:"contract_id"`
	Number       string   `json:"number"`
	ContractorID string   `json:"contractor_id"`
	FiscalYear   int      `json:"fiscal_year" doc:"That in which the work is to be completed, by the unit's clock"`
	Lot          int      `json:"lot"`
	Available    mx.Money `json:"available" doc:"What is left of the lot's budget, without VAT"`
	Fits         *bool    `json:"fits,omitempty" doc:"Whether the order's estimate is at most that; absent where nobody has estimated"`
	Lacking      mx.Money `json:"lacking,omitzero" doc:"By how much it is more"`
}

// Payers are the lots that may pay for the order, by the rules of a commitment that is made now: those of contracts that cover its place, are valid
// today, and are with whoever has the order; of the year in which its work is to be completed. An order of which nothing can be committed any
// more has none. budgets are by their ids.
func (o *Order) Payers(now event.Time, contracts []*contract.Contract, budgets map[string]*contract.Budget) (out []Payer, err error) {
	if !o.opens(commit) || o.TechnicianID != "" {
		return nil, nil
	}
	day, err := dayOf(o.TimeZone, now)
	if err != nil {
		return nil, err
	}
	year, err := fiscalYear(o.TimeZone, now, o.ScheduledStart, o.ScheduledEnd)
	if err != nil {
		return nil, err
	}
	for _, k := range contracts {
		if o.paidBy(k, day) != nil {
			continue
		}
		for _, l := range k.Lots {
			b := budgets[contract.BudgetID(k.ID, year, l.Lot)]
			if l.FiscalYear != year || b == nil {
				continue
			}
			p := Payer{OrderID: o.ID, ContractID: k.ID, Number: k.Number, ContractorID: k.ContractorID, FiscalYear: year, Lot: l.Lot, Available: b.Available}
			if o.Estimate != nil {
				fits := b.Commits(*o.Estimate)
				p.Fits = &fits
				if !fits {
					if p.Lacking, err = o.Estimate.Sub(b.Available); err != nil {
						return nil, err
					}
				}
			}
			out = append(out, p)
		}
	}
	return out, nil
}
