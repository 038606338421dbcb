package asset

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// Assertion is one word about whether an asset works. What the asset is said to be is folded from all of them:
//
//   - while corrective orders on it are open, the worst that they say stands;
//   - with none open, the latest hands-on assertion by occurred_at stands.
//
// Hands-on are words by hand, what an accepted order left behind and findings of declined or cancelled ones. Of the hands-on only the
// latest can ever stand, and an open order speaks by its present word only: so an asset keeps one assertion and one more for each
// open order, and still the order in which words arrive makes no difference.
type Assertion struct {
	Value string `json:"value" vocabulary:"functioning"`
	// OccurredAt is when it was so; absent where nobody has said anything yet.
	OccurredAt event.Time `json:"occurred_at,omitzero"`
	Reason     string     `json:"reason,omitempty"`
	By         string     `json:"by" doc:"Opaque id of who said so; empty for a reader who may not know: a contractor, of what another contractor's order says"`
	OrderID    string     `json:"order_id,omitempty"`
	// LateEntry is there when a word by hand was recorded more than seven days after it happened.
	LateEntry *event.LateEntry `json:"late_entry,omitempty"`
}

// severity is how bad a value is; of what is said of the same instant the worse stands.
var severity = map[string]int{Working: 0, UnknownFunctioning: 1, Limited: 2, NotWorking: 3}

// compare orders assertions: -1 when a is to give way to b as the latest. It is 0 only for equal ones.
func (a Assertion) compare(b Assertion) int {
	return cmp.Or(a.OccurredAt.Compare(b.OccurredAt.Time), cmp.Compare(severity[a.Value], severity[b.Value]),
		cmp.Compare(a.OrderID, b.OrderID), cmp.Compare(a.By, b.By), cmp.Compare(a.Reason, b.Reason))
}

// worst orders the words of open orders: the worst value first, of equal ones the one that has been so for longest; but an asset works
// only since the last of them says so.
func worst(a, b Assertion) int {
	first := a.OccurredAt.Compare(b.OccurredAt.Time)
	if a.Value == Working {
		first = -first
	}
	return cmp.Or(cmp.Compare(severity[b.Value], severity[a.Value]), first, cmp.Compare(a.OrderID, b.OrderID))
}

// keep adds a hands-on assertion.
func (a *Asset) keep(word Assertion) {
	if word.compare(a.HandsOn) > 0 {
		a.HandsOn = word
	}
}

// stands is the assertion that the fold leaves.
func (a *Asset) stands() Assertion {
	var words []Assertion
	for _, o := range a.Orders {
		if o.Says != nil {
			words = append(words, *o.Says)
		}
	}
	if len(words) == 0 {
		return a.HandsOn
	}
	return slices.MinFunc(words, worst)
}

// fold makes the functioning what the assertions say, and the event of it if another value or order stands than before.
func (a *Asset) fold() []event.Event {
	stands := a.stands()
	was, is := a.Functioning, Fact{Value: stands.Value, Since: stands.OccurredAt, Reason: stands.Reason, By: stands.By, OrderID: stands.OrderID,
		Reported: !stands.OccurredAt.IsZero(), LateEntry: stands.LateEntry}
	if is.Since.IsZero() {
		is.Since = a.RegisteredAt
	}
	a.Functioning = is
	a.derive()
	if was.Value == is.Value && was.OrderID == is.OrderID {
		return nil
	}
	return []event.Event{FunctioningChanged.New(FactChange{From: was.Value, To: is.Value, Reason: is.Reason, OccurredAt: is.Since, OrderID: is.OrderID})}
}

// recall reads a document as the assertions that it implies. One written by an earlier release holds the fact alone, and which open
// orders stop the asset: the fact is then the word of its order while that is open, and hands-on otherwise; of another order that
// stops the asset no more is known than that the asset was no better than the fact says. What this release wrote it leaves as it is.
func (a *Asset) recall() {
	if a.HandsOn.Value == "" {
		a.HandsOn.Value = UnknownFunctioning
	}
	a.withhold()
	f := a.Functioning
	word := Assertion{Value: f.Value, OccurredAt: f.Since, Reason: f.Reason, By: f.By, OrderID: f.OrderID, LateEntry: f.LateEntry}
	open := false
	for i := range a.Orders {
		o := &a.Orders[i]
		open = open || o.ID == f.OrderID
		switch {
		case o.Says != nil:
		case o.ID == f.OrderID:
			o.Says = &word
		case o.Stops:
			o.Says = &Assertion{Value: NotWorking, OccurredAt: f.Since, Reason: f.Reason, By: f.By, OrderID: o.ID}
			if f.Value == Limited {
				o.Says.Value = Limited
			}
		}
	}
	nobodySaid := f.Value == UnknownFunctioning && !f.Since.After(a.RegisteredAt.Time)
	if !open && !nobodySaid {
		a.keep(word)
	}
}

// leftBehind says whether the asset is not, or not well, working because of an order that is open no more, in a document of an earlier
// release, about which nobody has said a word since: that release left such facts behind when an order was declined.
func (a *Asset) leftBehind() bool {
	f := a.Functioning
	return a.HandsOn.Value == "" && a.Lifecycle.Value != Retired && (f.Value == NotWorking || f.Value == Limited) && f.OrderID != "" &&
		!slices.ContainsFunc(a.Orders, func(o OpenOrder) bool { return o.ID == f.OrderID })
}

// ReportFunctioning keeps somebody's word, by hand, on whether an asset works. While an order on it says something the order's word
// stands; the answer shows which.
func (c Commands) ReportFunctioning(ctx context.Context, id string, in Report) error {
	return c.Assets.Update(ctx, id, func(a *Asset) ([]event.Event, error) { return c.hear(ctx, a, in) })
}

// hear keeps a word by hand on whether the asset works.
func (c Commands) hear(ctx context.Context, a *Asset, in Report) ([]event.Event, error) {
	if err := cmp.Or(a.changeable(), in.valid("functioning")); err != nil {
		return nil, err
	}
	a.recall()
	now := c.Now(ctx)
	at, err := occurred(in.OccurredAt, a.HandsOn.OccurredAt, now)
	if err != nil {
		return nil, err
	}
	word := a.reported(ctx, "functioning", in, at, now)
	if !coded(word.Reason) {
		a.note("functioning", word)
		word.Reason = ""
	}
	a.keep(Assertion{Value: word.Value, OccurredAt: at, Reason: word.Reason, By: word.By, LateEntry: word.LateEntry})
	events := a.fold()
	if events == nil {
		change := FactChange{From: a.Functioning.Value, To: word.Value, Reason: word.Reason, OccurredAt: at}
		change.Overtaken = !a.Functioning.Since.Equal(at) || a.Functioning.OrderID != ""
		events = []event.Event{FunctioningChanged.New(change)}
	}
	return events, nil
}

// occurred is the instant of a word: now when none is said or a fast clock says it, but then after latest, so that of two words of the same
// millisecond, or of two clocks, the second stands.
func occurred(said, latest, now event.Time) (event.Time, error) {
	at, err := event.Happened("occurred_at", said, now)
	if err == nil && !at.After(latest.Time) && (said.IsZero() || said.After(now.Time)) {
		at = event.At(latest.Add(time.Millisecond))
	}
	return at, err
}
