package contract

import (
	"errors"
	"fmt"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Budget is the money of one contract, fiscal year and lot, without VAT. It is a document of its own because every assignment and
// acceptance under the contract changes it. Committed + Accrued never exceeds Ceiling.
type Budget struct {
	ID           string   `json:"id"`
	ContractID   string   `json:"contract_id"`
	ContractorID string   `json:"contractor_id"`
	FiscalYear   int      `json:"fiscal_year"`
	Lot          int      `json:"lot"`
	Floor        mx.Money `json:"min_amount"`
	Ceiling      mx.Money `json:"ceiling"`
	// Original is the ceiling before the first amendment; absent where there was none.
	Original *mx.Money `json:"original_ceiling,omitempty"`
	// Committed is what orders under way may cost at most, Accrued what accepted ones cost.
	Committed mx.Money `json:"committed"`
	Accrued   mx.Money `json:"accrued"`
	// Available is Ceiling − Committed − Accrued.
	Available mx.Money `json:"available"`
}

// BudgetID is the id of the budget of a contract's fiscal year and lot.
func BudgetID(contractID string, fiscalYear, lot int) string {
	return fmt.Sprintf("%s:%d:%d", contractID, fiscalYear, lot)
}

func (l Lot) name() string { return fmt.Sprintf("lot %d of %d", l.Lot, l.FiscalYear) }

// Scopes are the institution's own people and the contractor.
func (b *Budget) Scopes() []string {
	return []string{"nation", "staff", "contractor:" + b.ContractorID}
}

// The events of a budget. Their state is the Budget.
var (
	BudgetEvents  = event.NewSet(event.Contracts, "contract_budget")
	BudgetOpened  = event.Define[Lot](BudgetEvents, "contract_budget.opened", "A fiscal year and lot of a contract got its budget")
	CeilingSet    = event.Define[Lot](BudgetEvents, "contract_budget.ceiling_set", "The agreed amounts of a fiscal year and lot changed")
	Committed     = event.Define[Movement](BudgetEvents, "contract_budget.committed", "An order was assigned: what it may cost at most is set aside")
	Released      = event.Define[Movement](BudgetEvents, "contract_budget.released", "An order was cancelled: what was set aside is free again")
	AccruedByWork = event.Define[Movement](BudgetEvents, "contract_budget.accrued", "An order's work was accepted: its cost is owed, the rest of what was set aside is free again")
)

// Movement is one order's effect on a budget.
type Movement struct {
	OrderID string   `json:"order_id"`
	Amount  mx.Money `json:"amount"`
	// Freed is what an accrual left over of the commitment.
	Freed *mx.Money `json:"freed,omitempty"`
}

func newBudget(c *Contract, l Lot) *Budget {
	b := &Budget{ID: BudgetID(c.ID, l.FiscalYear, l.Lot), ContractID: c.ID, ContractorID: c.ContractorID, FiscalYear: l.FiscalYear, Lot: l.Lot,
		Floor: l.Minimum, Ceiling: l.Maximum}
	b.Available = b.Ceiling
	return b
}

// Commits says whether so much is left.
func (b *Budget) Commits(amount mx.Money) bool { return amount.Cmp(b.Available) <= 0 }

// Commit sets amount aside for an order. What would break the ceiling is refused with what is left.
func (b *Budget) Commit(orderID string, amount mx.Money) ([]event.Event, error) {
	if !b.Commits(amount) {
		return nil, fault.Conflictf("budget-exceeded", "", "%s is more than the %s that is left of the budget of lot %d of %d", amount, b.Available, b.Lot, b.FiscalYear).
			With("at most " + b.Available.String())
	}
	return b.move(Committed, Movement{OrderID: orderID, Amount: amount}, amount.AmountCents, 0)
}

// Release frees what was set aside for an order.
func (b *Budget) Release(orderID string, amount mx.Money) ([]event.Event, error) {
	return b.move(Released, Movement{OrderID: orderID, Amount: amount}, -amount.AmountCents, 0)
}

// Accrue turns an order's commitment into its cost, which is at most that.
func (b *Budget) Accrue(orderID string, committed, cost mx.Money) ([]event.Event, error) {
	freed, err := committed.Sub(cost)
	if err != nil || freed.AmountCents < 0 {
		return nil, fault.Conflictf("cost-above-commitment", "", "%s is more than the %s that was committed", cost, committed)
	}
	return b.move(AccruedByWork, Movement{OrderID: orderID, Amount: cost, Freed: &freed}, -committed.AmountCents, cost.AmountCents)
}

// move changes the sums; no step of it may leave them negative or above the ceiling.
func (b *Budget) move(kind event.Of[Movement], m Movement, committed, accrued int64) ([]event.Event, error) {
	c, errC := b.Committed.Add(mx.MXN(committed))
	a, errA := b.Accrued.Add(mx.MXN(accrued))
	used, errU := c.Add(a)
	left, errL := b.Ceiling.Sub(used)
	if err := errors.Join(errC, errA, errU, errL); err != nil || min(c.AmountCents, a.AmountCents, left.AmountCents) < 0 {
		return nil, fmt.Errorf("budget %s does not add up with %+v: %w", b.ID, m, err)
	}
	b.Committed, b.Accrued, b.Available = c, a, left
	return []event.Event{kind.New(m)}, nil
}

// setLot takes over newly agreed amounts. A ceiling below what is committed and accrued is refused.
func (b *Budget) setLot(l Lot) ([]event.Event, error) {
	if l.Minimum == b.Floor && l.Maximum == b.Ceiling {
		return nil, nil
	}
	used, err := b.Committed.Add(b.Accrued)
	if err != nil {
		return nil, err
	}
	left, err := l.Maximum.Sub(used)
	if err != nil || left.AmountCents < 0 {
		return nil, fault.Conflictf("ceiling-below-use", "", "%s are committed or accrued of %s: its maximum cannot be less", used, l.name()).
			With("at least " + used.String())
	}
	b.Floor, b.Ceiling, b.Available = l.Minimum, l.Maximum, left
	return []event.Event{CeilingSet.New(l)}, nil
}
