package order

import (
	"context"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/triage"
)

// Triage is how an order came to its type and its priority.
type Triage struct {
	By string `json:"by" vocabulary:"triage_by" doc:"Whether the table decided, somebody who may state type and priority, or a later change"`
	// Row is the row of the table that decided, Reason its words. TypeBy and PriorityBy are there where it did not decide that.
	Row        string `json:"row,omitempty"`
	Reason     string `json:"reason,omitempty"`
	TypeBy     string `json:"type_by,omitempty" enum:"report,stated" doc:"What gave the type where the row did not: what was reported of the asset, which corrective orders alone do, or who may state it"`
	PriorityBy string `json:"priority_by,omitempty" enum:"stated" doc:"As type_by"`
	// Criticality and CareLevel are what the row was looked up with, beside the effect.
	Criticality string `json:"criticality,omitempty" vocabulary:"criticality"`
	CareLevel   string `json:"care_level,omitempty" vocabulary:"care_level"`
	// Assumed says that the request named no effect: it was taken from what was reported of the asset.
	Assumed bool `json:"effect_assumed,omitempty"`
	// Ignored lists what a requester sent and the table decides.
	Ignored []string `json:"ignored,omitempty" enum:"type,priority,estimate,funding_source"`
}

// Values of how an order came to its priority.
const (
	byTable   = "table"
	byStated  = "stated"
	byChanged = "changed"
	byReport  = "report"
)

// reportOf is what an effect on care says of the asset that has it. No effect says nothing: a spare one may be broken.
var reportOf = map[string]string{"partial": limited, "service_stopped": notWorking, "theatre_stopped": notWorking, "cold_chain": notWorking, "patient_risk": notWorking}

// effectOf is the same the other way round, for clients of earlier releases, which say what the asset is and not what that does.
func (in *Request) effectOf() string {
	switch {
	case in.ReportedFunctioning == notWorking:
		return "service_stopped"
	case in.ReportedFunctioning == limited, in.Target.Kind != onAsset:
		return "partial"
	}
	return "none"
}

// triage works out type and priority by the effect on care. Directors, engineers and administrators may state either instead: they do the
// triage. What a requester sends of them is ignored for one release and will then be refused.
func (c Commands) triage(ctx context.Context, in *Request, r references) (*Triage, error) {
	said := in.Effect != ""
	if said {
		if err := valid("effect", "effect", in.Effect); err != nil {
			return nil, err
		}
	} else {
		in.Effect = in.effectOf()
	}
	t := &Triage{By: byTable, Assumed: !said}
	if r.site != nil {
		t.CareLevel = r.site.CareLevel
	}
	if r.kind != nil {
		t.Criticality = triage.Criticality(r.kind.Category, r.kind.RiskClass)
	}
	switch states := event.ActsAs(ctx, r.unit.Scopes(), "unit_director", "biomedical_engineer", "office_administrator"); {
	case states && in.Type != "" && in.Priority != "":
		t.By, t.Assumed = byStated, false
		if !said {
			in.Effect = ""
		}
	case !states:
		t.Ignored = in.drop()
		fallthrough
	default:
		row := c.Triage.Decide(triage.Case{Effect: in.Effect, Criticality: t.Criticality, CareLevel: t.CareLevel})
		t.fill(in, row)
	}
	if in.Target.Kind == onAsset && in.Type == corrective && in.ReportedFunctioning == "" && said {
		in.ReportedFunctioning = reportOf[in.Effect]
	}
	return t, nil
}

// drop takes away what a requester does not decide, and lists it: how urgent it is, what it costs and who pays.
func (in *Request) drop() (dropped []string) {
	for _, field := range []struct {
		name string
		said bool
	}{{"type", in.Type != ""}, {"priority", in.Priority != ""}, {"estimate", in.Estimate != nil}, {"funding_source", in.Funding != nil}} {
		if field.said {
			dropped = append(dropped, field.name)
		}
	}
	in.Type, in.Priority, in.Estimate, in.Funding = "", "", nil, nil
	return dropped
}

// fill takes from the table's row what is not stated, and says what the row did not decide. A request that says what the asset is, is a
// corrective one: no other says it. A row that decided neither type nor priority is not named.
func (t *Triage) fill(in *Request, row triage.Row) {
	switch {
	case in.Type != "":
		t.TypeBy = byStated
	case in.Target.Kind == onAsset && in.ReportedFunctioning != "" && row.Type != corrective:
		in.Type, t.TypeBy = corrective, byReport
	default:
		in.Type = row.Type
	}
	if in.Priority != "" {
		t.PriorityBy = byStated
	} else {
		in.Priority = row.Priority
	}
	if t.TypeBy != "" && t.PriorityBy != "" {
		t.By = byStated
		return
	}
	t.Row, t.Reason = row.Name, row.Reason
}

// PriorityInput is another priority than the order has, and why.
type PriorityInput struct {
	Explained
	Priority string `json:"priority" vocabulary:"priority"`
}

// Reprioritise changes the priority in triage, for a reason.
func (o *Order) Reprioritise(d Doer, in PriorityInput) ([]event.Event, error) {
	w, err := o.explained(d, setPriority, in.Explained, valid("priority", "priority", in.Priority))
	if err == nil && in.Priority == o.Priority {
		err = fault.Conflictf("no-change", o.State, "order %s is %s already", o.Folio, o.Priority)
	}
	return raised(o, PriorityEvent, PriorityChange{w, o.Priority, in.Priority}, err)
}

func (c PriorityChange) apply(o *Order) {
	c.to(o, o.State)
	t := Triage{}
	if o.Triage != nil {
		t = *o.Triage
		t.Ignored = slices.Clone(t.Ignored)
	}
	t.By, t.PriorityBy = byChanged, ""
	o.Priority, o.Triage = c.To, &t
}
