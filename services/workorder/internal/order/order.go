// Package order is the work order: a request for work on one target, who does it, for how much, and what became of it. Its states and
// instants are the institution's; every transition can refuse.
package order

import (
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/contract"
)

// Order is a work order. Complaint and Notes are free text by people about their work and never leave the service.
type Order struct {
	ID    string `json:"id"`
	State string `json:"state" vocabulary:"order_state"`
	Facts
	Report
	Assignment
	Instants
	Complaint string `json:"complaint,omitempty"`
	Notes     []Note `json:"notes,omitempty"`
	// Funding is who pays: what the request said, the contract once the order is assigned under one.
	Funding mx.FundingSource `json:"funding_source"`
	// Hold is set while the work is paused, Holds lists the pauses that are over.
	Hold  *Hold  `json:"hold,omitempty"`
	Holds []Hold `json:"holds,omitempty"`
	Restored
	Finding
	// Proposal is another quantity that waits for its approval, Revisions are those that were approved.
	Proposal     *Proposal  `json:"quantity_proposal,omitempty"`
	Revisions    []Revision `json:"quantity_revisions,omitempty"`
	QuantityDone float64    `json:"quantity_done,omitempty"`
	// Cost is what the work cost, without VAT; at most what was committed.
	Cost         *mx.Money     `json:"cost,omitempty"`
	Conformity   *Conformity   `json:"conformity,omitempty"`
	Verification *Verification `json:"verification,omitempty"`
	// Awaiting lists the facts of acceptance that completed work still lacks.
	Awaiting []string `json:"awaiting,omitempty" vocabulary:"acceptance"`
	Returns  []Return `json:"returns,omitempty"`
	// Past are those who had the order before.
	Past []Past `json:"past_assignments,omitempty"`
	// LateEntries are what was recorded more than seven days after it happened; until the unit has confirmed them the order is not accepted.
	LateEntries []event.LateEntry `json:"late_entries,omitempty"`
	LateEntry   string            `json:"late_entry,omitempty" vocabulary:"late_entry" doc:"Whether the unit has confirmed all of late_entries"`
}

// Facts are what the request fixes.
type Facts struct {
	mx.ZonedPlace
	Folio    string `json:"folio" doc:"Human number, unique per office and year; gaps are normal and nothing may be read out of it"`
	Type     string `json:"type" vocabulary:"order_type"`
	Priority string `json:"priority" vocabulary:"priority"`
	// Effect is what the fault does to care; Triage is how type and priority came about. Orders of earlier releases have neither.
	Effect         string     `json:"effect,omitempty" vocabulary:"effect"`
	Triage         *Triage    `json:"triage,omitempty"`
	Target         Target     `json:"target"`
	ProgramLineID  string     `json:"program_line_id,omitempty"`
	ProjectID      string     `json:"project_id,omitempty"`
	ScheduledStart event.Time `json:"scheduled_start,omitzero"`
	ScheduledEnd   event.Time `json:"scheduled_end,omitzero"`
	Quantity       float64    `json:"quantity,omitempty"`
	MeasureUnit    string     `json:"measure_unit,omitempty" vocabulary:"measure_unit"`
	// Estimate is what the work is thought to cost, without VAT.
	Estimate    *mx.Money `json:"estimate,omitempty"`
	EstimatedBy string    `json:"estimated_by,omitempty"`
	RequestedBy string    `json:"requested_by"`
}

// Target is what is worked on: one asset, an element of an area, or the unit as such.
type Target struct {
	Kind    string `json:"kind" vocabulary:"order_target"`
	AssetID string `json:"asset_id,omitempty" format:"uuid" doc:"Of kind asset"`
	AreaID  string `json:"area_id,omitempty" maxLength:"40" doc:"Of kind area_element"`
	Element string `json:"element,omitempty" vocabulary:"area_element" doc:"Of kind area_element"`
}

// Report is what was said of the asset when work was asked for, or when it was returned.
type Report struct {
	ReportedFunctioning string     `json:"reported_functioning,omitempty" enum:"working,limited,not_working"`
	ReportedAt          event.Time `json:"reported_at,omitzero"`
	ReportedBy          string     `json:"reported_by,omitempty"`
	// OvertakenAt is the latest instant at which the asset served again, as was known when the report of an earlier one was recorded.
	OvertakenAt event.Time `json:"overtaken_at,omitzero" doc:"When the asset was restored by another order, or found to serve, as was known already when work was asked for. What was reported of before then changes nothing of the asset"`
}

// overtaken says that the report changes nothing of the asset: it arrived late, about what was over by then. Reports of open orders
// that were known before the restoration of another one stand: that one may have mended another fault.
func (r Report) overtaken() bool { return r.OvertakenAt.After(r.ReportedAt.Time) }

// Assignment is who does the work, under which contract, and what it may cost at most (without VAT).
type Assignment struct {
	ContractID   string    `json:"contract_id,omitempty"`
	FiscalYear   int       `json:"fiscal_year,omitempty"`
	Lot          int       `json:"lot,omitempty"`
	ContractorID string    `json:"contractor_id,omitempty"`
	TechnicianID string    `json:"technician_id,omitempty"`
	Committed    *mx.Money `json:"committed,omitempty"`
	// CommittedBy and CommittedAt are absent on orders that an earlier release committed.
	CommittedBy string     `json:"committed_by,omitempty"`
	CommittedAt event.Time `json:"committed_at,omitzero"`
}

// BudgetID is the budget that pays, where one does.
func (a Assignment) BudgetID() string { return contract.BudgetID(a.ContractID, a.FiscalYear, a.Lot) }

// Instants are when things happened. OccurredAt is that of the last transition that was recorded, and may lie before that of an earlier
// one; RecordedAt is when it was recorded.
type Instants struct {
	RequestedAt    event.Time `json:"requested_at"`
	ApprovedAt     event.Time `json:"approved_at,omitzero"`
	DeclinedAt     event.Time `json:"declined_at,omitzero"`
	AssignedAt     event.Time `json:"assigned_at,omitzero"`
	AcknowledgedAt event.Time `json:"acknowledged_at,omitzero"`
	ArrivedAt      event.Time `json:"arrived_at,omitzero"`
	StartedAt      event.Time `json:"started_at,omitzero"`
	CompletedAt    event.Time `json:"completed_at,omitzero"`
	AcceptedAt     event.Time `json:"accepted_at,omitzero"`
	CancelledAt    event.Time `json:"cancelled_at,omitzero"`
	OccurredAt     event.Time `json:"occurred_at"`
	RecordedAt     event.Time `json:"recorded_at"`
}

// Note is what somebody wrote at a transition.
type Note struct {
	Action string     `json:"action"`
	At     event.Time `json:"at"`
	By     string     `json:"by"`
	Text   string     `json:"text"`
}

// Hold is a pause of the work.
type Hold struct {
	Reason string     `json:"reason" vocabulary:"hold_reason"`
	Since  event.Time `json:"since"`
	Until  event.Time `json:"until,omitzero"`
}

// Restored is how service came back, when, and what the asset has been since. Where the outcome is none, it has not come back, and the
// asset stays what it was reported to be.
type Restored struct {
	Restoration         string     `json:"restoration,omitempty" vocabulary:"restoration"`
	RestoredFunctioning string     `json:"restored_functioning,omitempty" enum:"working,limited"`
	RestoredAt          event.Time `json:"restored_at,omitzero"`
	RestoredBy          string     `json:"restored_by,omitempty" doc:"Who said so; of outcome none, who completed the work"`
}

// Finding is what the asset was found to be when the order was declined or cancelled.
type Finding struct {
	FoundFunctioning string     `json:"found_functioning,omitempty" enum:"working,limited,not_working"`
	FoundAt          event.Time `json:"found_at,omitzero"`
	FoundBy          string     `json:"found_by,omitempty"`
}

// Conformity is the unit's word that the work is what it asked for.
type Conformity struct {
	By string     `json:"by"`
	At event.Time `json:"at"`
}

// Verification is the technical finding on completed work.
type Verification struct {
	By     string     `json:"by"`
	At     event.Time `json:"at"`
	Result string     `json:"result" enum:"passed,failed"`
}

// Return is one time at which completed work was not accepted.
type Return struct {
	At          event.Time `json:"at"`
	By          string     `json:"by"`
	CompletedAt event.Time `json:"completed_at"`
	Cause       string     `json:"cause" enum:"unit,verification" doc:"Whether the unit returned it or the technical verification failed"`
}

// The states.
const (
	Requested  = "requested"
	Approved   = "approved"
	Declined   = "declined"
	Assigned   = "assigned"
	InProgress = "in_progress"
	OnHold     = "on_hold"
	Completed  = "completed"
	Accepted   = "accepted"
	Returned   = "returned"
	Cancelled  = "cancelled"
)

// Values that rules turn on, as in the tables of pkg/mx.
const (
	corrective            = "corrective"
	onAsset               = "asset"
	onArea                = "area_element"
	unitConformity        = "unit_conformity"
	technicalVerification = "technical_verification"
	lateConfirmation      = "late_entry_confirmation"
	passed                = "passed"
	failed                = "failed"
	byUnit                = "unit"
	byVerification        = "verification"
	restoredFully         = "full"
	notRestored           = "none"
	working               = "working"
	limited               = "limited"
	notWorking            = "not_working"
)

// The actions, by their names in the API.
const (
	request     = "request"
	approve     = "approve"
	decline     = "decline"
	estimate    = "estimate"
	assign      = "assign"
	reassign    = "reassign"
	commit      = "commit"
	acknowledge = "acknowledge"
	arrive      = "arrive"
	start       = "start"
	hold        = "hold"
	resume      = "resume"
	restore     = "restore"
	complete    = "complete"
	accept      = "accept"
	verify      = "verify"
	sendBack    = "return"
	cancel      = "cancel"
	confirmLate = "confirm-late-entries"

	proposeQuantity = "propose-quantity"
	approveQuantity = "approve-quantity"
	setPriority     = "set-priority"
)

// functioningAfter is what the asset is after each outcome in which service came back.
var functioningAfter = map[string]string{restoredFully: working, "limited": limited, "temporary": limited}

// Demands lists the facts that accept work of a type: always the unit's conformity, and a technical verification of what is built,
// installed or measured.
func Demands(orderType string) []string {
	switch orderType {
	case "works", "installation", "calibration", "electrical_safety_test":
		return []string{unitConformity, technicalVerification}
	}
	return []string{unitConformity}
}

// Scopes are the place's, and those of who does the work.
func (o *Order) Scopes() []string {
	s := o.Place.Scopes()
	if o.ContractorID != "" {
		s = append(s, "contractor:"+o.ContractorID)
	}
	if o.TechnicianID != "" {
		s = append(s, "technician:"+o.TechnicianID)
	}
	return s
}

// move is a row of the state table: from where an action leads on, and whether it is still to be done there.
type move struct {
	action string
	from   []string
	due    func(*Order) bool
}

// underWay are the states in which work that was given to somebody has not been accepted: what that somebody forgot to say can still be said.
var underWay = []string{Assigned, InProgress, OnHold, Completed, Returned}

// moves is the state table.
var moves = []move{
	{approve, []string{Requested}, nil},
	{decline, []string{Requested}, nil},
	{setPriority, []string{Requested, Approved}, nil},
	{estimate, []string{Requested, Approved, Assigned, InProgress, OnHold, Returned}, uncommitted},
	{assign, []string{Approved}, nil},
	{reassign, []string{Assigned, InProgress, OnHold, Returned}, nil},
	{commit, []string{Approved, Assigned, InProgress, OnHold, Returned}, uncommitted},
	{acknowledge, underWay, func(o *Order) bool { return o.AcknowledgedAt.IsZero() }},
	{arrive, underWay, func(o *Order) bool { return o.ArrivedAt.IsZero() }},
	{start, []string{Assigned, Returned}, nil},
	{hold, []string{InProgress}, nil},
	{resume, []string{OnHold}, nil},
	{restore, []string{InProgress, OnHold}, (*Order).unrestored},
	{proposeQuantity, []string{Approved, Assigned, InProgress, OnHold, Returned}, func(o *Order) bool { return o.Quantity != 0 }},
	{approveQuantity, []string{Approved, Assigned, InProgress, OnHold, Returned}, func(o *Order) bool { return o.Proposal != nil }},
	{complete, []string{InProgress}, nil},
	{accept, []string{Completed}, func(o *Order) bool { return o.Conformity == nil }},
	{verify, []string{Completed}, func(o *Order) bool { return o.Verification == nil }},
	{sendBack, []string{Completed}, nil},
	{cancel, []string{Requested, Approved, Assigned, InProgress, OnHold, Returned}, nil},
	{confirmLate, []string{Requested, Approved, Declined, Assigned, InProgress, OnHold, Completed, Accepted, Returned, Cancelled}, (*Order).unconfirmed},
}

// unrestored says that service can still come back: of corrective work that has not restored it, or not since it was returned.
func (o *Order) unrestored() bool {
	return o.Type == corrective && (o.RestoredAt.IsZero() || o.restoredByPredecessor() || o.restoredBeforeReturn())
}

// restoredByPredecessor says that the restoration is of who had the order before. Earlier releases left it on the order.
func (o *Order) restoredByPredecessor() bool {
	if len(o.Past) == 0 {
		return false
	}
	last := o.Past[len(o.Past)-1]
	return last.Restoration == "" && o.RestoredAt.Equal(last.RestoredAt)
}

// restoredBeforeReturn says that the restoration is of work that was returned since.
func (o *Order) restoredBeforeReturn() bool {
	n := len(o.Returns)
	return n > 0 && !o.RestoredAt.After(o.Returns[n-1].CompletedAt.Time)
}

func uncommitted(o *Order) bool { return o.Committed == nil }

// Open lists the actions that the order admits now; in a terminal state at most the confirmation of late entries.
func (o *Order) Open() []string {
	var open []string
	for _, m := range moves {
		if m.leadsFrom(o) {
			open = append(open, m.action)
		}
	}
	return open
}

// opens says whether the action is one of Open.
func (o *Order) opens(action string) bool {
	return slices.ContainsFunc(moves, func(m move) bool { return m.action == action && m.leadsFrom(o) })
}

func (m move) leadsFrom(o *Order) bool {
	return slices.Contains(m.from, o.State) && (m.due == nil || m.due(o))
}

// Terminal says whether no work can happen to the order any more.
func (o *Order) Terminal() bool {
	return o.State == Declined || o.State == Accepted || o.State == Cancelled
}
