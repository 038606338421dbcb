package event_test

import (
	"context"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

var noon = event.At(time.Date(2025, 8, 8, 12, 0, 0, 0, time.UTC))

func after(d time.Duration) event.Time { return event.At(noon.Add(d)) }

func ruleOf(err error) string {
	if f := fault.As(err); f != nil {
		return f.Rule
	}
	return ""
}

func TestAFastClockCountsAsNowAndTheFutureIsRefused(t *testing.T) {
	for _, c := range []struct {
		said, want event.Time
		rule       string
	}{
		{event.Time{}, noon, ""}, {noon, noon, ""}, {after(-400 * 24 * time.Hour), after(-400 * 24 * time.Hour), ""},
		{after(time.Millisecond), noon, ""}, {after(5 * time.Minute), noon, ""},
		{after(5*time.Minute + time.Millisecond), event.Time{}, "occurred-in-future"},
		{event.At(time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC)), event.Time{}, "occurred-too-early"},
	} {
		got, err := event.Happened("arrived_at", c.said, noon)
		if ruleOf(err) != c.rule || err == nil && !got.Equal(c.want) || err != nil && fault.As(err).Field != "arrived_at" {
			t.Errorf("%s: %s, %v; want %s, %s", c.said, got, err, c.want, c.rule)
		}
	}
}

func TestWhatIsRecordedMoreThanSevenDaysLaterIsLate(t *testing.T) {
	if event.Late(after(-7*24*time.Hour), noon) || !event.Late(after(-7*24*time.Hour-time.Millisecond), noon) {
		t.Error("seven days are not late, a millisecond more is")
	}
}

func TestInstantsOfTheSameWorkDoNotContradictEachOther(t *testing.T) {
	work := []event.Instant{{Name: "requested_at", At: noon}, {Name: "arrived_at"}, {Name: "started_at", At: after(2 * time.Hour)}}
	for said, rule := range map[time.Duration]string{-time.Second: "instant-order", 0: "", time.Hour: "", 2 * time.Hour: "", 2*time.Hour + time.Second: "instant-order"} {
		err := event.Fits("occurred_at", "arrived_at", after(said), []event.Instant{{Name: "other", At: noon}, {Name: "another"}}, work)
		if ruleOf(err) != rule {
			t.Errorf("%s: %v, want %q", said, err, rule)
		}
	}
	want := "arrived_at would be 2025-08-08T15:00:00.000Z, after started_at, which is 2025-08-08T14:00:00.000Z"
	if f := fault.As(event.Fits("occurred_at", "arrived_at", after(3*time.Hour), work)); f == nil || f.Detail != want || f.Field != "occurred_at" {
		t.Errorf("both instants are named: %+v", f)
	}
}

func TestInWhichRoleSomebodyActsIsAskedByPlace(t *testing.T) {
	ctx := event.WithGrants(context.Background(), []event.Grant{{Role: "unit_director", Place: "unit:A"}, {Role: "requester", Place: "unit:B"}})
	for _, c := range []struct {
		place, role string
		want        bool
	}{{"unit:A", "unit_director", true}, {"unit:B", "unit_director", false}, {"unit:B", "requester", true}, {"unit:A", "planner", false}} {
		if got := event.ActsAs(ctx, []string{"nation", c.place}, c.role); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	if event.ActsAs(context.Background(), []string{"nation"}, "planner") {
		t.Error("without grants nobody acts in any role")
	}
}
