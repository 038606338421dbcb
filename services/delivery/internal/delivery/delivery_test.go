package delivery

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/eventtest"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/delivery/internal/ref"
)

// noon is now for the commands.
var noon = event.At(time.Date(2025, 8, 8, 19, 0, 0, 0, time.UTC))

func before(d time.Duration) event.Time { return event.At(noon.Add(-d)) }

const day = 24 * time.Hour

var home = mx.ZonedPlace{Place: mx.Place{UnitID: "U-1", Office: "sonora", Region: "1", StateCode: "26"}, TimeZone: "America/Hermosillo"}

func named[T any](what string, docs map[string]*T) Reference[T] {
	return func(_ context.Context, field, id string) (*T, error) {
		if docs[id] == nil {
			return nil, fault.Unknown(field, what, id)
		}
		return docs[id], nil
	}
}

// commands are those on deliveries to an open unit and a closed one, of a type for each way to keep track of things.
func commands(known ...*Delivery) (*eventtest.Memory[Delivery], Commands) {
	store := &eventtest.Memory[Delivery]{Docs: map[string]*Delivery{}}
	for _, d := range known {
		store.Docs[d.ID] = d
	}
	types := map[string]*ref.Type{}
	for _, tracking := range []string{"tagged", "serialised", "counted", "not_stocked"} {
		types[tracking] = &ref.Type{ID: tracking, Key: tracking + "_key", Category: "furniture", Tracking: tracking}
	}
	return store, Commands{Deliveries: store, Nones: mx.NewNones(), Now: func(context.Context) event.Time { return noon }, Type: named("equipment type", types),
		Unit: named("unit", map[string]*ref.Unit{"U-1": {ID: "U-1", ZonedPlace: home, OperationState: "open"},
			"U-2": {ID: "U-2", OperationState: "closed"}}),
		Contractor: named("contractor", map[string]*ref.Contractor{"C-1": {ID: "C-1"}})}
}

// sent is a delivery in that state with so many of each line dispatched, by turns tagged and counted.
func sent(state string, quantities ...int) *Delivery {
	d := &Delivery{ID: "d", ZonedPlace: home, State: state, Announced: true, CreatedAt: before(day)}
	for i, q := range quantities {
		d.Lines = append(d.Lines, Line{Line: i + 1, TypeID: "t", TypeKey: "k", Tracking: []string{"tagged", "counted"}[i%2], Dispatched: q})
	}
	return d
}

func as(subject string, grants ...event.Grant) context.Context {
	return event.WithGrants(event.WithActor(context.Background(), subject), grants)
}

var director = as("dir", event.Grant{Role: "unit_director", Place: "unit:U-1"})

func TestWhatMayHappenInEachState(t *testing.T) {
	verbs := map[string]func(Commands) error{
		"dispatch": func(c Commands) error { return c.Dispatch(director, "d", Occurred{}) },
		"arrive":   func(c Commands) error { return c.Arrive(director, "d", Occurred{}) },
		"confirm": func(c Commands) error {
			return c.Confirm(director, "d", Confirm{Lines: []Found{{Line: 1, Accepted: 2}}})
		},
		"cancel": func(c Commands) error { return c.Cancel(director, "d", Cancel{Reason: "ya no"}) },
		"change": func(c Commands) error {
			return c.Change(director, "d", Change{Lines: []LineTracking{{Line: 1, Tracking: "counted"}}})
		},
	}
	for state, may := range map[string]map[string]string{
		Draft:      {"dispatch": Dispatched, "cancel": Cancelled, "change": Draft},
		Dispatched: {"arrive": Arrived, "confirm": Confirmed, "cancel": Cancelled, "change": Dispatched},
		Arrived:    {"confirm": Confirmed, "change": Arrived},
		Confirmed:  {},
		Cancelled:  {},
	} {
		for verb, do := range verbs {
			store, c := commands(sent(state, 2))
			err := do(c)
			want, rule := may[verb], ""
			if want == "" {
				want, rule = state, "transition-not-allowed"
			}
			if eventtest.Rule(err) != rule || store.Docs["d"].State != want || (len(store.Raised) == 1) != (rule == "") {
				t.Errorf("%s of a %s delivery: %v, %s, %d events", verb, state, err, store.Docs["d"].State, len(store.Raised))
			}
		}
	}
}

func TestADeliveryThatCannotBeIsRefused(t *testing.T) {
	one := []NewLine{{TypeID: "tagged", Quantity: 1}}
	line := func(l NewLine) Create { return Create{UnitID: "U-1", Lines: []NewLine{l}} }
	for _, c := range []struct {
		name string
		in   Create
		rule string
	}{
		{"one line", Create{UnitID: "U-1", SupplierID: "C-1", Lines: one}, ""},
		{"an unknown unit", Create{UnitID: "U-9", Lines: one}, "reference-unknown unit_id"},
		{"a closed unit", Create{UnitID: "U-2", Lines: one}, "unit-closed"},
		{"an unknown supplier", Create{UnitID: "U-1", SupplierID: "C-9", Lines: one}, "reference-unknown supplier_id"},
		{"no lines", Create{UnitID: "U-1"}, "lines-out-of-range lines"},
		{"501 lines", Create{UnitID: "U-1", Lines: slices.Repeat(one, 501)}, "lines-out-of-range lines"},
		{"an unknown type", line(NewLine{TypeID: "x", Quantity: 1}), "reference-unknown lines[0].type_id"},
		{"nothing of it", line(NewLine{TypeID: "counted"}), "quantity-out-of-range lines[0].quantity"},
		{"too much of it", line(NewLine{TypeID: "counted", Quantity: 100_001}), "quantity-out-of-range lines[0].quantity"},
		{"as much as may be", line(NewLine{TypeID: "counted", Quantity: 100_000}), ""},
		{"an unknown tracking", line(NewLine{TypeID: "counted", Quantity: 1, Tracking: "guessed"}), "value-unknown lines[0].tracking"},
		{"a price below zero", line(NewLine{TypeID: "counted", Quantity: 1, UnitPrice: &mx.Money{AmountCents: -1, Currency: "MXN"}}), "amount-invalid lines[0].unit_price"},
		{"5,000 things with a tag", line(NewLine{TypeID: "tagged", Quantity: 5_000}), ""},
		{"5,001 things with a tag", Create{UnitID: "U-1", Lines: []NewLine{{TypeID: "tagged", Quantity: 5_000}, {TypeID: "serialised", Quantity: 1}}}, "too-many-items lines"},
		{"more, counted this time", line(NewLine{TypeID: "tagged", Quantity: 5_001, Tracking: "counted"}), ""},
		{"arrived a year ago", Create{UnitID: "U-1", ArrivedAt: before(365 * day), Lines: one}, ""},
		{"arrived before that", Create{UnitID: "U-1", ArrivedAt: before(366 * day), Lines: one}, "occurred-too-early arrived_at"},
		{"arrives tomorrow", Create{UnitID: "U-1", ArrivedAt: before(-day), Lines: one}, "occurred-in-future arrived_at"},
	} {
		store, do := commands()
		if got := eventtest.Rule(do.Create(as("sub"), "d", c.in)); got != c.rule || (len(store.Docs) == 1) != (c.rule == "") {
			t.Errorf("%s: %q, %d written; want %q", c.name, got, len(store.Docs), c.rule)
		}
	}
}

func TestADeliveryIsWhatWasPreparedOrWhatCame(t *testing.T) {
	store, do := commands()
	in := Create{UnitID: "U-1", SupplierID: "C-1", ContractID: "K-1", DeliveryNote: " REM 1 ", Lines: []NewLine{
		{TypeID: "tagged", Quantity: 2, Description: " Cama  ", Tracking: "serialised"}, {TypeID: "counted", Quantity: 3, Funding: &mx.FundingInput{Kind: "donation"}, Invented: true}}}
	if err := do.Create(as("sub"), "prepared", in); err != nil {
		t.Fatal(err)
	}
	want := &Delivery{ID: "prepared", ZonedPlace: home, State: Draft, SupplierID: "C-1", ContractID: "K-1", DeliveryNote: "REM 1", Announced: true, CreatedAt: noon, CreatedBy: "sub",
		Lines: []Line{{Line: 1, TypeID: "tagged", TypeKey: "tagged_key", Category: "furniture", Description: "Cama", Tracking: "serialised", Funding: mx.UnknownFunding(), Dispatched: 2},
			{Line: 2, TypeID: "counted", TypeKey: "counted_key", Category: "furniture", Tracking: "counted", Funding: mx.FundingSource{Kind: "donation"}, Invented: true, Dispatched: 3}}}
	if d := cmp.Diff(want, store.Docs["prepared"]); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	in.ArrivedAt, in.DeliveryNote = before(time.Hour), "S/N"
	if err := do.Create(as("dir"), "came", in); err != nil {
		t.Fatal(err)
	}
	if d := store.Docs["came"]; d.Announced || d.State != Arrived || !d.ArrivedAt.Equal(in.ArrivedAt) || d.DeliveryNote != "" {
		t.Errorf("what came: %+v", d)
	}
	var raised []string
	for _, e := range store.Raised {
		raised = append(raised, e.Type)
	}
	if !slices.Equal(raised, []string{Created.Type(), Created.Type(), Received.Type()}) {
		t.Errorf("raised %v", raised)
	}
}

func TestHowLinesAreKeptTrackOfIsChangedBeforeConfirmation(t *testing.T) {
	for _, c := range []struct {
		name    string
		lines   []LineTracking
		rule    string
		changed []int
	}{
		{"both", []LineTracking{{1, "counted"}, {2, "serialised"}}, "", []int{1, 2}},
		{"one, the other stays", []LineTracking{{1, "tagged"}, {2, "not_stocked"}}, "", []int{2}},
		{"none", []LineTracking{{1, "tagged"}}, "", nil},
		{"a line that is not there", []LineTracking{{1, "counted"}, {3, "counted"}}, "line-unknown lines[1].line", nil},
		{"line 0", []LineTracking{{0, "counted"}}, "line-unknown lines[0].line", nil},
		{"an unknown tracking", []LineTracking{{1, "counted"}, {2, "guessed"}}, "value-unknown lines[1].tracking", nil},
	} {
		store, do := commands(sent(Arrived, 2, 3))
		got := eventtest.Rule(do.Change(as("sub"), "d", Change{Lines: c.lines}))
		var changed []int
		for _, e := range store.Raised {
			changed = e.Change.(LinesChange).Lines
		}
		if got != c.rule || !slices.Equal(changed, c.changed) || c.rule != "" && store.Docs["d"].Lines[0].Tracking != "tagged" {
			t.Errorf("%s: %q, changed %v; want %q, %v", c.name, got, changed, c.rule, c.changed)
		}
	}
}

func TestStepsHappenInTheirOrder(t *testing.T) {
	d := func(dispatched, arrived time.Duration) *Delivery {
		out := sent(Dispatched, 2)
		out.DispatchedAt = before(dispatched)
		if arrived != 0 {
			out.State, out.ArrivedAt = Arrived, before(arrived)
		}
		return out
	}
	for _, c := range []struct {
		name       string
		d          *Delivery
		verb       string
		said, want event.Time
		rule       string
	}{
		{"arrived after it left", d(48*time.Hour, 0), "arrive", before(47 * time.Hour), before(47 * time.Hour), ""},
		{"arrived before it left", d(48*time.Hour, 0), "arrive", before(49 * time.Hour), event.Time{}, "instant-order occurred_at"},
		{"confirmed before it arrived", d(48*time.Hour, time.Hour), "confirm", before(2 * time.Hour), event.Time{}, "instant-order occurred_at"},
		{"arrived now, while it left by a clock ahead of this one", d(-time.Minute, 0), "arrive", event.Time{}, before(-time.Minute), ""},
		{"left more than a year before it was recorded", sent(Draft, 2), "dispatch", before(367 * day), event.Time{}, "occurred-too-early occurred_at"},
		{"cancelled", d(48*time.Hour, 0), "cancel", event.Time{}, noon, ""},
	} {
		at, err := c.d.instant("occurred_at", instantOf[c.verb], c.said, noon)
		if eventtest.Rule(err) != c.rule || err == nil && !at.Equal(c.want) {
			t.Errorf("%s: %s, %v", c.name, at, err)
		}
	}
}

func TestALateEntryIsConfirmedByTheUnitWithTheDeliveryUnlessItsDirectorSaysIt(t *testing.T) {
	store, do := commands(sent(Draft, 2))
	if err := do.Dispatch(as("sub"), "d", Occurred{before(10 * day)}); err != nil {
		t.Fatal(err)
	}
	if e := store.Docs["d"].LateEntries; len(e) != 1 || e[0].What != "dispatch" || e[0].By != "sub" || !e[0].ConfirmedAt.IsZero() {
		t.Errorf("entered late: %+v", e)
	}
	if err := do.Arrive(director, "d", Occurred{before(9 * day)}); err != nil {
		t.Fatal(err)
	}
	if e := store.Docs["d"].LateEntries; len(e) != 2 || e[0].ConfirmedBy != "" || e[1].ConfirmedBy != "dir" {
		t.Errorf("the director's own word needs no other: %+v", e)
	}
	if err := do.Confirm(as("dep"), "d", Confirm{OccurredAt: before(day), Lines: []Found{{Line: 1, Accepted: 2}}}); err != nil {
		t.Fatal(err)
	}
	if e := store.Docs["d"].LateEntries; len(e) != 2 || e[0].ConfirmedBy != "dep" || e[1].ConfirmedBy != "dir" {
		t.Errorf("confirmed with the delivery: %+v", e)
	}
}

func TestKeysOfDeliveries(t *testing.T) {
	keys := Keys(mx.NewNones())
	same := keys(&Delivery{ZonedPlace: home, SupplierID: "C-1", DeliveryNote: "REM-1/2"})
	for _, c := range []struct {
		d    Delivery
		note bool
		same bool
	}{
		{Delivery{ZonedPlace: home, SupplierID: "C-1", DeliveryNote: "rem 1/2"}, true, true},
		{Delivery{ZonedPlace: home, SupplierID: "C-2", DeliveryNote: "REM-1/2"}, true, false},
		{Delivery{ZonedPlace: mx.ZonedPlace{Place: mx.Place{UnitID: "U-3"}}, SupplierID: "C-1", DeliveryNote: "REM-1/2"}, true, false},
		{Delivery{ZonedPlace: home, SupplierID: "C-1", DeliveryNote: "REM-1/2", State: Cancelled}, true, false},
		{Delivery{ZonedPlace: home, SupplierID: "C-1", DeliveryNote: "S/N"}, false, false},
	} {
		got := keys(&c.d)
		if (got[NoteKey] == same[NoteKey]) != c.note || (got[ConsignmentKey] == same[ConsignmentKey]) != c.same {
			t.Errorf("%+v: %v beside %v", c.d, got, same)
		}
	}
}

// Whatever becomes of what was sent, a confirmation is taken if and only if each line adds up, and its sums are those of its lines. One
// that is refused changes nothing.
func TestAConfirmationIsTakenIfAndOnlyIfEachLineAddsUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		quantity := rapid.IntRange(0, 40)
		var quantities []int
		var in Confirm
		var want ConfirmedChange
		adds, full := true, true
		for i := range rapid.IntRange(1, 4).Draw(rt, "lines") {
			f := Found{Line: i + 1, Accepted: quantity.Draw(rt, "accepted"), Surplus: rapid.IntRange(0, 3).Draw(rt, "surplus")}
			became := f.Accepted
			want.Accepted += f.Accepted
			for _, kind := range []string{"reserved", "rejected", "missing"} {
				for range rapid.IntRange(0, 2).Draw(rt, kind) {
					n := rapid.IntRange(1, 9).Draw(rt, "quantity")
					became, full = became+n, false
					switch kind {
					case "reserved":
						f.Reservations, want.Reserved = append(f.Reservations, FoundReserved{Reason: "no_manual", Quantity: n, DueDays: 15}), want.Reserved+n
					case "rejected":
						f.Rejections, want.Rejected = append(f.Rejections, Rejection{Reason: "damaged", Quantity: n}), want.Rejected+n
					default:
						f.Shortages, want.Missing = append(f.Shortages, Shortage{Reason: mx.Values("line_reason_missing")[0], Quantity: n}), want.Missing+n
					}
				}
			}
			sent := max(0, became-f.Surplus+rapid.SampledFrom([]int{0, 0, 0, 1, -1}).Draw(rt, "off"))
			quantities, adds = append(quantities, sent), adds && sent+f.Surplus == became
			in.Lines = append(in.Lines, f)
		}
		in.Lines = rapid.Permutation(in.Lines).Draw(rt, "order")
		store, do := commands(sent(Dispatched, quantities...))
		was := eventtest.Text(store.Docs["d"])
		err := do.Confirm(director, "d", in)
		if !adds {
			if f := fault.As(err); f == nil || f.Rule != "line-does-not-add-up" || eventtest.Text(store.Docs["d"]) != was || len(store.Raised) > 0 {
				rt.Fatalf("%v, and it is %s", err, eventtest.Text(store.Docs["d"]))
			}
			return
		}
		if err != nil {
			rt.Fatal(err)
		}
		d := store.Docs["d"]
		got := store.Raised[0].Change.(ConfirmedChange)
		want.OccurredAt, want.InFull = noon, full
		if diff := cmp.Diff(want, got); diff != "" || d.InFull != full || d.ConfirmedBy != "dir" || !d.ArrivedAt.Equal(noon) {
			rt.Fatalf("%+v (-want +got):\n%s", d, diff)
		}
		for _, l := range d.Lines {
			if l.Dispatched+l.Surplus != l.Accepted+l.Reserved+l.Rejected+l.Missing {
				rt.Fatalf("line %+v does not add up", l)
			}
		}
	})
}

func TestWhatIsFoundOfALine(t *testing.T) {
	reserved := func(due string) Found {
		return Found{Line: 1, Reservations: []FoundReserved{{Reason: "no_manual", Quantity: 2, DueOn: due}}}
	}
	for name, c := range map[string]struct {
		lines []Found
		rule  string
	}{
		"all of it":                  {[]Found{{Line: 1, Accepted: 2}}, ""},
		"a line left out":            {nil, "line-not-named lines"},
		"a line named twice":         {[]Found{{Line: 1, Accepted: 2}, {Line: 1}}, "line-named-twice lines[1].line"},
		"a line that is not there":   {[]Found{{Line: 1, Accepted: 2}, {Line: 2}}, "line-unknown lines[1].line"},
		"less than nothing":          {[]Found{{Line: 1, Accepted: -2}}, "quantity-out-of-range lines[0].accepted"},
		"surplus less than nothing":  {[]Found{{Line: 1, Accepted: 1, Surplus: -1}}, "quantity-out-of-range lines[0].surplus"},
		"none, for a reason":         {[]Found{{Line: 1, Accepted: 2, Rejections: []Rejection{{Reason: "damaged"}}}}, "quantity-out-of-range lines[0].rejections[0].quantity"},
		"rejected for no reason":     {[]Found{{Line: 1, Rejections: []Rejection{{Reason: "ugly", Quantity: 2}}}}, "reason-unknown lines[0].rejections[0].reason"},
		"missing for no reason":      {[]Found{{Line: 1, Shortages: []Shortage{{Reason: "ugly", Quantity: 2}}}}, "reason-unknown lines[0].shortages[0].reason"},
		"reserved for no reason":     {[]Found{{Line: 1, Reservations: []FoundReserved{{Reason: "ugly", Quantity: 2}}}}, "reason-unknown lines[0].reservations[0].reason"},
		"due today":                  {[]Found{reserved("2025-08-08")}, ""},
		"due yesterday":              {[]Found{reserved("2025-08-07")}, "date-out-of-range lines[0].reservations[0].due_on"},
		"due in three years":         {[]Found{reserved("2028-01-01")}, "date-out-of-range lines[0].reservations[0].due_on"},
		"due on no day":              {[]Found{reserved("2025-02-30")}, "date-out-of-range lines[0].reservations[0].due_on"},
		"more than may have a label": {[]Found{{Line: 1, Accepted: 5_001, Surplus: 4_999}}, "too-many-items lines"},
	} {
		store, do := commands(sent(Dispatched, 2))
		if got := eventtest.Rule(do.Confirm(director, "d", Confirm{Lines: c.lines})); got != c.rule {
			t.Errorf("%s: %q, want %q", name, got, c.rule)
		}
		if (store.Docs["d"].State == Confirmed) != (c.rule == "") {
			t.Errorf("%s: it is %s", name, store.Docs["d"].State)
		}
	}
}

// A reservation is due by the unit's calendar: at 23:30 in Hermosillo it is the next day in UTC, and in Cancún, once
// the unit is there.
func TestAReservationIsDueByTheUnitsCalendar(t *testing.T) {
	late := event.At(time.Date(2025, 8, 8, 6, 30, 0, 0, time.UTC))
	cancun := mx.ZonedPlace{Place: mx.Place{UnitID: "U-1", Office: "quintana-roo", Region: "7", StateCode: "23"}, TimeZone: "America/Cancun"}
	for days, want := range map[int]string{0: "2025-08-07", 1: "2025-08-08", 30: "2025-09-06", -1: "2025-08-09"} {
		d := sent(Dispatched, 1)
		if days < 0 {
			d.Follow(cancun)
			days = -days
		}
		store, do := commands(d)
		if err := do.Confirm(director, "d", Confirm{OccurredAt: late, Lines: []Found{{Line: 1, Reservations: []FoundReserved{{Reason: "no_manual", Quantity: 1, DueDays: days}}}}}); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(store.Docs["d"].Lines[0].Reservations[0].DueOn); got != want {
			t.Errorf("%d days: due on %s, want %s", days, got, want)
		}
	}
}

func TestACancellationsReasonStaysWithTheDelivery(t *testing.T) {
	store, do := commands(sent(Draft, 2))
	if err := do.Cancel(director, "d", Cancel{Reason: "lo dice Juana"}); err != nil {
		t.Fatal(err)
	}
	if d := store.Docs["d"]; d.CancelReason != "lo dice Juana" || !d.CancelledAt.Equal(noon) || store.Raised[0].Change != (CancelledChange{}) {
		t.Errorf("cancelled: %+v, raised %+v", d, store.Raised)
	}
}
