package order

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

type (
	field  = act.Field[record.Order]
	action = act.Action[record.Order]
)

var (
	// note may be written, why has to be.
	note = field{Name: "note", Kind: act.Text, Max: 2000}
	why  = field{Name: "note", Kind: act.Text, Max: 2000, Required: true, Words: "why"}
	when = field{Name: "occurred_at", Kind: act.Instant}
	// earlier is when a step was taken that is recorded after a later one: it was not now.
	earlier = func(later func(record.Order) bool) field {
		return field{Name: "occurred_at", Kind: act.Instant, Required: true, Words: "earlier", When: later}
	}
	// finding is what the thing was found to be by whoever was there.
	finding = field{Name: "finding", Kind: act.Word, Vocabulary: "functioning", Values: []string{"working", "limited", "not_working"}, When: aboutAThing}
)

func aboutAThing(o record.Order) bool { return o.Type == "corrective" && o.Target.AssetID != "" }

func begun(o record.Order) bool { return !o.StartedAt.IsZero() }

func arrived(o record.Order) bool { return begun(o) || !o.ArrivedAt.IsZero() }

func corrective(o record.Order) bool { return o.Type == "corrective" }

// family are the operations of orders. Those that lead on stand first.
var family = act.Family[record.Order]{Base: "/ordenes/", API: "/v1/work-orders/", Words: actionWords,
	Allowed: func(o record.Order) record.Allowed { return o.Allowed }, Zone: func(o record.Order) string { return o.TimeZone }, Heading: heading,
	State: func(o record.Order) string { return record.Label("order_state", o.State) },
	Actions: []action{
		{Op: "work_order.acknowledge", Path: "acknowledge", Verb: "enterado", Fields: []field{earlier(arrived)}},
		{Op: "work_order.arrive", Path: "arrive", Verb: "llegada", Fields: []field{earlier(begun)}},
		{Op: "work_order.start", Path: "start", Verb: "iniciar"},
		{Op: "work_order.resume", Path: "resume", Verb: "reanudar"},
		{Op: "work_order.restore", Path: "restore", Verb: "restablecer", Fields: []field{{Name: "outcome", Kind: act.Word, Vocabulary: "restoration", Values: []string{"full", "limited", "temporary"}}, note, when}},
		{Op: "work_order.complete", Path: "complete", Verb: "concluir", Fields: []field{
			{Name: "note", Kind: act.Text, Max: 2000, Words: "what_was_done"},
			{Name: "outcome", Kind: act.Word, Vocabulary: "restoration", When: corrective, Value: func(o record.Order) string { return o.Restoration }},
			{Name: "quantity_done", Kind: act.Quantity, When: func(o record.Order) bool { return o.Quantity > 0 }},
			{Name: "cost", Kind: act.Money, Required: true, When: func(o record.Order) bool { return o.Committed != nil }}, when}},
		{Op: "work_order.accept", Path: "accept", Verb: "conformidad", Fields: []field{note}},
		{Op: "work_order.verify", Path: "verify", Verb: "verificar", Fields: []field{{Name: "result", Kind: act.Word, Vocabulary: "verification", Required: true}, note}},
		{Op: "work_order.approve", Path: "approve", Verb: "aprobar"},
		{Op: "work_order.assign", Path: "assign", Verb: "asignar", Fields: []field{assignee, {Name: "scheduled_start", Kind: act.Instant}, {Name: "scheduled_end", Kind: act.Instant}, note}, Body: assigned},
		{Op: "work_order.confirm_late_entries", Path: "confirm-late-entries", Verb: "tardios"},
		{Op: "work_order.hold", Path: "hold", Verb: "pausar", Fields: []field{{Name: "reason", Kind: act.Word, Vocabulary: "hold_reason", Required: true}, note, when}},
		{Op: "work_order.set_priority", Path: "set-priority", Verb: "prioridad", Fields: []field{{Name: "priority", Kind: act.Word, Vocabulary: "priority", Required: true, Value: func(o record.Order) string { return o.Priority }}, why}},
		{Op: "work_order.estimate", Path: "estimate", Verb: "estimar", Fields: []field{{Name: "estimate", Kind: act.Money, Required: true}, note}},
		{Op: "work_order.commit", Path: "commit", Verb: "comprometer", Fields: []field{
			{Name: "contract_id", Kind: act.Pick, Options: contracts, Required: true}, {Name: "lot", Kind: act.Quantity}, {Name: "committed", Kind: act.Money}, note}},
		{Op: "work_order.propose_quantity", Path: "propose-quantity", Verb: "proponer", Fields: []field{{Name: "quantity", Kind: act.Quantity, Required: true}, note}},
		{Op: "work_order.approve_quantity", Path: "approve-quantity", Verb: "cantidad"},
		{Op: "work_order.reassign", Path: "reassign", Verb: "reasignar", Fields: []field{assignee, why}, Body: assigned},
		{Op: "work_order.return", Path: "return", Verb: "devolver", Fields: []field{why,
			{Name: "reported_functioning", Kind: act.Word, Vocabulary: "functioning", Values: []string{"working", "limited", "not_working"}, When: aboutAThing}}},
		{Op: "work_order.decline", Path: "decline", Verb: "declinar", Danger: true, Fields: []field{why, finding}},
		{Op: "work_order.cancel", Path: "cancel", Verb: "cancelar", Danger: true, Fields: []field{why, finding}},
	}}

// assignee is who does the work: a company of the register, or whoever assigns it.
var assignee = field{Name: "contractor_id", Kind: act.Pick, Required: true, Options: assignees, Listed: true}

// myself is the choice of doing the work oneself.
const myself = "yo"

func assignees(r *screen.Request, o record.Order) ([]ui.Group, error) {
	companies, _, err := record.All[record.Contractor](r.Context(), r.API, "/v1/contractors", nil, 400)
	if err != nil {
		return nil, err
	}
	var own, others ui.Group
	own.Label, others.Label = words.Say("in_house"), words.Say("companies")
	if r.Who.Is("biomedical_engineer") {
		own.Options = append(own.Options, ui.Option{Value: myself + ":" + r.Who.Subject, Label: words.Say("myself")})
	}
	// The directory may be away: then companies are what is left to choose from.
	technicians, away := record.List[record.Person](r.Context(), r.API, "/v1/people", url.Values{"role": {"technician"}}, 100, "")
	chosen, person := strings.CutPrefix(r.PostFormValue("contractor_id"), myself+":")
	if away != nil && person && chosen != r.Who.Subject && r.Problem == nil {
		return nil, away // whether it is somebody who was offered cannot be told
	}
	for _, p := range technicians.Items {
		if !serves(p, o) {
			continue
		}
		own.Options = append(own.Options, ui.Option{Value: myself + ":" + p.ID, Label: strings.Join(filled(cmp.Or(p.Name, words.Say("technician")), p.Post), ", ")})
	}
	for _, c := range companies {
		if c.Active == nil || *c.Active {
			others.Options = append(others.Options, ui.Option{Value: c.ID, Label: c.Name})
		}
	}
	var groups []ui.Group
	for _, g := range []ui.Group{own, others} {
		if len(g.Options) > 0 {
			groups = append(groups, g)
		}
	}
	return groups, nil
}

// serves says that somebody is of the order's unit or office; of whom the directory knows neither may be.
func serves(p record.Person, o record.Order) bool {
	return p.UnitID == "" && p.Office == "" || p.UnitID == o.UnitID || p.Office == o.Office
}

// assigned sends whom the form names as what that is.
func assigned(_ record.Order, sent url.Values, body map[string]any) {
	if subject, me := strings.CutPrefix(sent.Get("contractor_id"), myself+":"); me {
		delete(body, "contractor_id")
		body["technician_id"] = subject
	}
}

// contracts are those that may pay for the order, each with whether what is left is enough; all where that could not be had.
func contracts(r *screen.Request, o record.Order) ([]ui.Group, error) {
	all, _, err := record.All[struct {
		ID     string `json:"id"`
		Number string `json:"number"`
		Name   string `json:"name"`
	}](r.Context(), r.API, "/v1/contracts", nil, 400)
	if err != nil {
		return nil, err
	}
	var g ui.Group
	payers, known := record.PayersOf(r, []record.Order{o}), map[string]record.Payer{}
	for _, p := range slices.Backward(payers[o.ID]) {
		known[p.ContractID] = p
	}
	for _, c := range all {
		option := ui.Option{Value: c.ID, Label: c.Number + " · " + c.Name}
		if p, pays := known[c.ID]; pays {
			fit, _ := record.Fit(o, []record.Payer{p})
			option.Label = strings.Join([]string{option.Label, fit.Word, words.Say("left_money", ui.Money(p.Available.AmountCents))}, " · ")
		} else if len(known) > 0 {
			continue
		}
		g.Options = append(g.Options, option)
	}
	return []ui.Group{g}, nil
}
