package asset

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/eventtest"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

var registered = event.At(time.Date(2025, 8, 8, 16, 0, 0, 0, time.UTC))

// minute is the instant so many minutes after the registration.
func minute(n int) event.Time { return event.At(registered.Add(time.Duration(n) * time.Minute)) }

// plant is an asset in use that was registered as said, and the commands on it, hours later.
func plant(functioning string) (*eventtest.Memory[Asset], Commands) {
	fact := func(v string) Fact { return Fact{Value: v, Since: registered, By: "ing"} }
	a := &Asset{ID: "a", Lifecycle: fact(Active), Use: fact(InUse), Custody: fact(AtUnit), Quarantine: fact(NotQuarantined), RegisteredAt: registered,
		HandsOn: Assertion{Value: UnknownFunctioning, By: "ing"}}
	if functioning != UnknownFunctioning {
		a.HandsOn = Assertion{Value: functioning, OccurredAt: registered, By: "ing"}
	}
	a.fold()
	store := eventtest.Of("a", *a)
	return store, Commands{Assets: store, Now: func(context.Context) event.Time { return minute(1000) }}
}

// step is one thing that is heard of the asset: a word by hand, or the newest state of an order.
type step struct {
	hand Report
	word *Order
}

func (s step) take(c Commands) error {
	ctx := event.WithActor(context.Background(), "dir")
	if s.word != nil {
		return c.FollowOrder(ctx, "a", *s.word)
	}
	return c.ReportFunctioning(ctx, "a", s.hand)
}

func byHand(value string, at int) step {
	return step{hand: Report{Value: value, OccurredAt: minute(at)}}
}

// asked is an open order that reports a value.
func asked(id, value string, at int) Order {
	return Order{ID: id, Open: true, Report: Assertion{Value: value, OccurredAt: minute(at), By: "req"}}
}

func (o Order) restored(value string, at int) Order {
	o.Restoration = Assertion{Value: value, OccurredAt: minute(at), By: "con"}
	return o
}

// overtaken is the order, asked for when it was known already that the asset served again at that minute.
func (o Order) overtakenAt(at int) Order { o.OvertakenAt = minute(at); return o }

func (o Order) accepted() Order { o.Open, o.Accepted = false, true; return o }

func (o Order) gone() Order { o.Open = false; return o }

func (o Order) found(value string, at int) Order {
	o.Open, o.Finding = false, Assertion{Value: value, OccurredAt: minute(at), By: "ing"}
	return o
}

func heard(o Order) step { return step{word: &o} }

func TestFunctioningIsFoldedFromAssertions(t *testing.T) {
	a, b := asked("A", NotWorking, 10), asked("B", Limited, 20)
	for _, c := range []struct {
		name  string
		steps []step
		want  Fact
	}{
		{"nobody has said anything", nil, Fact{Value: Working, Since: registered, By: "ing"}},
		{"two orders open: the worst stands, whichever came last", []step{heard(a), heard(b)}, Fact{Value: NotWorking, Since: minute(10), Reason: "work_order", By: "req", OrderID: "A"}},
		{"two orders open: the worst stands, whichever came first", []step{heard(asked("A", Limited, 10)), heard(asked("B", NotWorking, 20))}, Fact{Value: NotWorking, Since: minute(20), Reason: "work_order", By: "req", OrderID: "B"}},
		{"one of two is restored: the other stands", []step{heard(a), heard(b), heard(a.restored(Working, 30))}, Fact{Value: Limited, Since: minute(20), Reason: "work_order", By: "req", OrderID: "B"}},
		{"both are restored: the worse restoration stands", []step{heard(a), heard(b), heard(a.restored(Working, 30)), heard(b.restored(Limited, 40))}, Fact{Value: Limited, Since: minute(40), Reason: "work_order", By: "con", OrderID: "B"}},
		{"both are restored: it works since the later restoration", []step{heard(a), heard(b), heard(b.restored(Working, 30)), heard(a.restored(Working, 40))}, Fact{Value: Working, Since: minute(40), Reason: "work_order", By: "con", OrderID: "A"}},
		{"a duplicate is declined, the other accepted", []step{heard(a), heard(b), heard(b.gone()), heard(a.restored(Working, 30).accepted())}, Fact{Value: Working, Since: minute(30), Reason: "work_order", By: "con", OrderID: "A"}},
		{"a duplicate that stood is declined after the other was accepted", []step{heard(b), heard(a), heard(b.restored(Working, 30).accepted()), heard(a.gone())}, Fact{Value: Working, Since: minute(30), Reason: "work_order", By: "con", OrderID: "B"}},
		{"a cancelled order leaves nothing behind", []step{heard(a), heard(a.gone())}, Fact{Value: Working, Since: registered, By: "ing"}},
		{"nor does its restoration", []step{byHand(Limited, 5), heard(a), heard(a.restored(Working, 30)), heard(a.restored(Working, 30).gone())}, Fact{Value: Limited, Since: minute(5), Reason: "", By: "dir", OrderID: ""}},
		{"but a finding stays", []step{heard(a), heard(a.found(Limited, 30))}, Fact{Value: Limited, Since: minute(30), Reason: "work_order", By: "ing", OrderID: "A"}},
		{"a finding that is older than a later word gives way", []step{heard(a), byHand(Working, 40), heard(a.found(Limited, 30))}, Fact{Value: Working, Since: minute(40), Reason: "", By: "dir", OrderID: ""}},
		{"accepted without a restoration: it is still as reported", []step{heard(a), heard(Order{ID: "A", Accepted: true, Report: a.Report, Restoration: Assertion{OccurredAt: minute(30), By: "con"}})}, Fact{Value: NotWorking, Since: minute(30), Reason: "work_order", By: "con", OrderID: "A"}},
		{"by hand against an order: the order stands", []step{heard(a), byHand(Working, 30)}, Fact{Value: NotWorking, Since: minute(10), Reason: "work_order", By: "req", OrderID: "A"}},
		{"and the word by hand stands once the order is cancelled", []step{heard(a), byHand(Limited, 30), heard(a.gone())}, Fact{Value: Limited, Since: minute(30), Reason: "", By: "dir", OrderID: ""}},
		{"by hand the same as the order, then it is restored", []step{heard(a), byHand(NotWorking, 15), heard(a.restored(Working, 30)), heard(a.restored(Working, 30).accepted())}, Fact{Value: Working, Since: minute(30), Reason: "work_order", By: "con", OrderID: "A"}},
		{"by hand before the order, then it is restored", []step{byHand(NotWorking, 5), heard(a), heard(a.restored(Working, 30))}, Fact{Value: Working, Since: minute(30), Reason: "work_order", By: "con", OrderID: "A"}},
		{"by hand limited while the order stands, then it is restored", []step{heard(a), byHand(Limited, 15), heard(a.restored(Working, 30))}, Fact{Value: Working, Since: minute(30), Reason: "work_order", By: "con", OrderID: "A"}},
		{"by hand after the restoration: it stands once the order is accepted", []step{heard(a), heard(a.restored(Working, 30)), byHand(NotWorking, 40), heard(a.restored(Working, 30).accepted())}, Fact{Value: NotWorking, Since: minute(40), Reason: "", By: "dir", OrderID: ""}},
		{"what happened earlier and arrives later overrides nothing", []step{byHand(Working, 50), byHand(NotWorking, 40)}, Fact{Value: Working, Since: minute(50), Reason: "", By: "dir", OrderID: ""}},
		{"an order that is heard of only when it is over", []step{byHand(Working, 50), heard(a.restored(Limited, 30).accepted())}, Fact{Value: Working, Since: minute(50), Reason: "", By: "dir", OrderID: ""}},
		{"before the registration, where that said something", []step{byHand(NotWorking, -60)}, Fact{Value: Working, Since: registered, By: "ing"}},
		{"a failure from before the registration, by an order", []step{heard(asked("A", NotWorking, -60))}, Fact{Value: NotWorking, Since: minute(-60), Reason: "work_order", By: "req", OrderID: "A"}},
		{"returned after restoration, with what it is again", []step{heard(a), heard(a.restored(Working, 30)), heard(asked("A", Limited, 40))}, Fact{Value: Limited, Since: minute(40), Reason: "work_order", By: "req", OrderID: "A"}},
		{"a report that arrives after a later restoration changes nothing", []step{heard(a), heard(a.restored(Working, 30).accepted()), heard(b.overtakenAt(30))}, Fact{Value: Working, Since: minute(30), Reason: "work_order", By: "con", OrderID: "A"}},
		{"nor does it while the restored order is open, fully restored or not", []step{heard(a), heard(a.restored(Limited, 30)), heard(asked("B", NotWorking, 20).overtakenAt(30))}, Fact{Value: Limited, Since: minute(30), Reason: "work_order", By: "con", OrderID: "A"}},
		{"nor when the register hears of it first", []step{heard(asked("B", NotWorking, 20).overtakenAt(30)), heard(a), heard(a.restored(Working, 30).accepted())}, Fact{Value: Working, Since: minute(30), Reason: "work_order", By: "con", OrderID: "A"}},
		{"nor does it give back what a return says again", []step{heard(a), heard(a.restored(Working, 30)), heard(b.overtakenAt(30)), heard(asked("A", NotWorking, 40))}, Fact{Value: NotWorking, Since: minute(40), Reason: "work_order", By: "req", OrderID: "A"}},
		{"and a later word by hand stands", []step{heard(a), heard(a.restored(Working, 30).accepted()), heard(b.overtakenAt(30)), byHand(NotWorking, 35)}, Fact{Value: NotWorking, Since: minute(35), By: "dir"}},
		{"but its own restoration is a word", []step{byHand(Limited, 30), heard(asked("B", NotWorking, 20).overtakenAt(30)), heard(asked("B", NotWorking, 20).overtakenAt(30).restored(Working, 50))}, Fact{Value: Working, Since: minute(50), Reason: "work_order", By: "con", OrderID: "B"}},
		{"and so is what it reports of later", []step{heard(asked("B", NotWorking, 20).overtakenAt(30)), heard(asked("B", NotWorking, 40).overtakenAt(30))}, Fact{Value: NotWorking, Since: minute(40), Reason: "work_order", By: "req", OrderID: "B"}},
		{"a report of the same instant as the restoration is as bad as it says", []step{heard(a), heard(a.restored(Working, 30).accepted()), heard(asked("B", NotWorking, 30).overtakenAt(30))}, Fact{Value: NotWorking, Since: minute(30), Reason: "work_order", By: "req", OrderID: "B"}},
		{"a preventive order says nothing", []step{heard(Order{ID: "P", Open: true}), byHand(Limited, 30)}, Fact{Value: Limited, Since: minute(30), Reason: "", By: "dir", OrderID: ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, do := plant(Working)
			for _, s := range c.steps {
				if err := s.take(do); err != nil {
					t.Fatal(err)
				}
			}
			got := store.Docs["a"].Functioning
			got.Reported = false
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if store.Docs["a"].InService != (c.want.Value != NotWorking) {
				t.Errorf("in service is %v", store.Docs["a"].InService)
			}
		})
	}
}

func TestALateWordByHandWaitsForTheUnitWhileAnOrderStandsToo(t *testing.T) {
	store, do := plant(UnknownFunctioning)
	for _, s := range []step{heard(asked("A", NotWorking, 10)), byHand(Limited, -30*24*60)} {
		if err := s.take(do); err != nil {
			t.Fatal(err)
		}
	}
	if e := store.Docs["a"].HandsOn.LateEntry; e == nil || !e.ConfirmedAt.IsZero() || store.Docs["a"].Functioning.LateEntry != nil {
		t.Fatalf("late entry %v", e)
	}
	if err := do.ConfirmLate(event.WithActor(context.Background(), "director"), "a"); err != nil {
		t.Fatal(err)
	}
	if err := heard(asked("A", NotWorking, 10).gone()).take(do); err != nil {
		t.Fatal(err)
	}
	if f := store.Docs["a"].Functioning; f.Value != Limited || f.LateEntry == nil || f.LateEntry.ConfirmedBy != "director" {
		t.Errorf("got %v with %v", f, f.LateEntry)
	}
}

func TestYesterdaysFailureOfAnAssetRegisteredTodayIsTakenWhereNothingElseWasSaid(t *testing.T) {
	store, do := plant(UnknownFunctioning)
	if err := byHand(NotWorking, -1440).take(do); err != nil {
		t.Fatal(err)
	}
	if got := store.Docs["a"].Functioning; got.Value != NotWorking || !got.Since.Equal(minute(-1440)) {
		t.Fatalf("got %v", got)
	}
	for _, at := range []event.Time{event.At(time.Date(1949, 12, 31, 0, 0, 0, 0, time.UTC)), minute(1010)} {
		if err := (step{hand: Report{Value: Working, OccurredAt: at}}).take(do); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v", at, err)
		}
	}
}

// life is an order and the states that it goes through.
func life(t *rapid.T, id string) []Order {
	value := func(what string) string {
		return rapid.SampledFrom([]string{Working, Limited, NotWorking}).Draw(t, what)
	}
	at := func() int { return rapid.IntRange(-20, 20).Draw(t, "at") } // few, so that instants coincide
	o := asked(id, value("reported"), at())
	if rapid.Bool().Draw(t, "overtaken") {
		o = o.overtakenAt(at())
	}
	known, states := o.OvertakenAt, []Order{o}
	for range rapid.IntRange(0, 3).Draw(t, "rounds") {
		if rapid.Bool().Draw(t, "restored") {
			o = o.restored(value("restoration"), at())
		} else {
			o = asked(id, value("returned as"), at())
			o.OvertakenAt = known
		}
		states = append(states, o)
	}
	switch rapid.IntRange(0, 4).Draw(t, "end") {
	case 0:
		states = append(states, o.accepted())
	case 1:
		states = append(states, o.gone())
	case 2:
		states = append(states, o.found(value("found"), at()))
	}
	return states
}

// said is the rule over all assertions that were ever made, with nothing folded away.
func said(registration string, hands []Report, orders []Order) (value string, since event.Time, order string) {
	best := Assertion{Value: registration, OccurredAt: registered, By: "ing"}
	if registration == UnknownFunctioning {
		best.OccurredAt = event.Time{}
	}
	var open []Assertion
	handsOn := []Assertion{best}
	for _, h := range hands {
		handsOn = append(handsOn, Assertion{Value: h.Value, OccurredAt: h.OccurredAt, By: "dir"})
	}
	for _, o := range orders {
		word := o.Restoration
		if word.Value == "" && !o.Report.OccurredAt.Before(o.OvertakenAt.Time) {
			word = o.Report
		}
		if o.Open && word.Value != "" {
			open = append(open, *o.word(word))
		} else if o.Accepted && word.Value != "" {
			handsOn = append(handsOn, *o.word(word))
		} else if o.Finding.Value != "" {
			handsOn = append(handsOn, *o.word(o.Finding))
		}
	}
	if len(open) > 0 {
		slices.SortFunc(open, worst)
		return open[0].Value, open[0].OccurredAt, open[0].OrderID
	}
	slices.SortFunc(handsOn, Assertion.compare)
	last := handsOn[len(handsOn)-1]
	if last.OccurredAt.IsZero() {
		last.OccurredAt = registered
	}
	return last.Value, last.OccurredAt, last.OrderID
}

// Any order of arrival of any set of assertions ends in what the whole set says, although the asset keeps the latest of them only and
// one for each open order: words by hand come in any sequence, orders' states late, twice and out of order (a consumer passes on what
// is newer than what it has heard of that order, and no more).
func TestAnyOrderOfArrivalEndsInTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		registration := rapid.SampledFrom([]string{UnknownFunctioning, Working, Limited}).Draw(rt, "registration")
		var hands []Report
		for range rapid.IntRange(0, 4).Draw(rt, "hands") {
			hands = append(hands, byHand(rapid.SampledFrom([]string{Working, Limited, NotWorking, UnknownFunctioning}).Draw(rt, "by hand"), rapid.IntRange(-20, 20).Draw(rt, "at")).hand)
		}
		lives := make([][]Order, rapid.IntRange(0, 4).Draw(rt, "orders"))
		last := make([]Order, len(lives))
		for i := range lives {
			lives[i] = life(rt, string(rune('A'+i)))
			last[i] = lives[i][len(lives[i])-1]
		}
		value, since, order := said(registration, hands, last)
		for range 3 {
			store, do := plant(registration)
			arrive(rt, do, hands, lives)
			a := store.Docs["a"]
			if f := a.Functioning; f.Value != value || !f.Since.Equal(since) || f.OrderID != order {
				rt.Fatalf("it is said to be %s since %s by order %q, want %s since %s by %q\n%s", f.Value, f.Since, f.OrderID, value, since, order, eventtest.Text(a))
			}
			if len(a.Orders) > len(lives) || len(eventtest.Text(a)) > 2000+400*len(a.Orders) {
				rt.Fatalf("it keeps %d bytes for %d open orders", len(eventtest.Text(a)), len(a.Orders))
			}
		}
	})
}

// Whatever was said of an asset, and in whichever order it is heard: a report of before the latest restoration that was recorded after it
// changes nothing, neither while its order is open nor once that is declined.
func TestALateReportOfBeforeARestorationChangesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var hands []Report
		for range rapid.IntRange(0, 3).Draw(rt, "hands") {
			hands = append(hands, byHand(rapid.SampledFrom([]string{Working, Limited, NotWorking}).Draw(rt, "by hand"), rapid.IntRange(-20, 20).Draw(rt, "at")).hand)
		}
		lives := make([][]Order, rapid.IntRange(0, 3).Draw(rt, "orders"))
		for i := range lives {
			lives[i] = life(rt, string(rune('A'+i)))
		}
		restoration := rapid.IntRange(-20, 20).Draw(rt, "restored at")
		lives = append(lives, []Order{asked("R", NotWorking, -30), asked("R", NotWorking, -30).restored(Working, restoration).accepted()})
		without, do := plant(Working)
		arrive(rt, do, hands, lives)
		late := asked("Z", rapid.SampledFrom([]string{Limited, NotWorking}).Draw(rt, "late report"), restoration-rapid.IntRange(1, 20).Draw(rt, "before"))
		late = late.overtakenAt(restoration)
		states := []Order{late}
		if rapid.Bool().Draw(rt, "declined") {
			states = append(states, late.gone())
		}
		with, do := plant(Working)
		arrive(rt, do, hands, append(lives, states))
		if diff := cmp.Diff(without.Docs["a"].Functioning, with.Docs["a"].Functioning); diff != "" {
			rt.Fatalf("the late report changed it: %s", diff)
		}
	})
}

// arrive gives the asset all of it in some order, with repeats.
func arrive(rt *rapid.T, do Commands, hands []Report, lives [][]Order) {
	type arrival struct{ hand, order, version int }
	var all []arrival
	for i := range hands {
		all = append(all, arrival{i, -1, 0})
	}
	for i, states := range lives {
		for v := range states {
			all = append(all, arrival{-1, i, v})
			if rapid.Bool().Draw(rt, "twice") {
				all = append(all, arrival{-1, i, v})
			}
		}
	}
	heardOf := slices.Repeat([]int{-1}, len(lives))
	for _, x := range rapid.Permutation(all).Draw(rt, "arrival") {
		s := step{}
		if x.hand >= 0 {
			s.hand = hands[x.hand]
		} else if x.version <= heardOf[x.order] {
			continue
		} else {
			heardOf[x.order] = x.version
			s.word = &lives[x.order][x.version]
		}
		if err := s.take(do); err != nil {
			rt.Fatal(err)
		}
	}
}

// Documents of the release before hold the fact and which orders stop the asset, no assertions.
func TestOldDocumentsAreReadAsTheAssertionsThatTheyImply(t *testing.T) {
	old := func(value, order string, orders ...OpenOrder) *Asset {
		store, _ := plant(Working)
		a := store.Docs["a"]
		a.Functioning = Fact{Value: value, Since: minute(10), By: "x", OrderID: order}
		a.HandsOn, a.Orders = Assertion{}, orders
		return eventtest.Copy(a)
	}
	a, b := OpenOrder{ID: "A", Stops: true}, OpenOrder{ID: "B", Stops: true}
	for _, c := range []struct {
		name string
		doc  *Asset
		step step
		want string
	}{
		{"by hand, then by hand", old(NotWorking, ""), byHand(Working, 20), Working},
		{"by hand, then an older word", old(NotWorking, ""), byHand(Working, 5), NotWorking},
		{"stopped by an order, then by hand", old(NotWorking, "A", a), byHand(Working, 20), NotWorking},
		{"stopped by an order, which is restored", old(NotWorking, "A", a), heard(asked("A", NotWorking, 10).restored(Working, 20)), Working},
		{"stopped by an order, which is cancelled: what was before is not known", old(NotWorking, "A", a), heard(asked("A", NotWorking, 10).gone()), UnknownFunctioning},
		{"stopped by two, one is restored", old(NotWorking, "B", a, b), heard(asked("B", NotWorking, 10).restored(Working, 20)), NotWorking},
		{"overwritten by hand while an order stops it, which is restored", old(Limited, "", a), heard(asked("A", NotWorking, 5).restored(Working, 20)), Working},
		{"what an accepted order left behind, then an older word", old(Working, "A"), byHand(NotWorking, 5), Working},
		{"restored by an order that is still open", old(Working, "A", OpenOrder{ID: "A"}), byHand(NotWorking, 20), Working},
		{"nobody had said anything", old(UnknownFunctioning, ""), byHand(NotWorking, 20), NotWorking},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, do := plant(Working)
			store.Docs["a"] = c.doc
			if err := c.step.take(do); err != nil {
				t.Fatal(err)
			}
			if got := store.Docs["a"].Functioning.Value; got != c.want {
				t.Errorf("%s, want %s: %s", got, c.want, eventtest.Text(store.Docs["a"]))
			}
		})
	}
}

// The release before this one goes on with what it reads and keeps the fields that it does not know: what it has written since is a word
// that this release has not folded yet.
func TestWhatTheReleaseBeforeWroteInBetweenIsKept(t *testing.T) {
	store, do := plant(Working)
	if err := byHand(Limited, 10).take(do); err != nil {
		t.Fatal(err)
	}
	store.Docs["a"].Functioning = Fact{Value: NotWorking, Since: minute(20), By: "dir"} // as it overwrites
	if err := byHand(Working, 15).take(do); err != nil {
		t.Fatal(err)
	}
	if got := store.Docs["a"].Functioning; got.Value != NotWorking || !got.Since.Equal(minute(20)) {
		t.Errorf("got %v", got)
	}
	store.Docs["a"].Orders = []OpenOrder{{ID: "A", Stops: true}}
	store.Docs["a"].Functioning = Fact{Value: Limited, Since: minute(30), By: "req", OrderID: "A"}
	if err := heard(asked("A", Limited, 30).gone()).take(do); err != nil {
		t.Fatal(err)
	}
	if got := store.Docs["a"].Functioning; got.Value != NotWorking || got.OrderID != "" {
		t.Errorf("the cancelled order left %v", got)
	}
}
