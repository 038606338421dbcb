package institution_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/audit"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/institution"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/scenario"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.M(m)) }

// share is the part of the institution that is made here: the generator is the same, and the whole is the plan's test's.
const share = 14

// made is an installation with that part of the institution.
func made(t *testing.T, base time.Time, share int) *localtest.World {
	t.Helper()
	cfg := localtest.Settings(t.TempDir())
	cfg.Demo = local.DemoFull
	w := localtest.Open(t, cfg)
	t.Cleanup(func() { w.Close(t) })
	err := w.LoadDemo(func() error {
		s := w.Stage()
		return institution.Load(t.Context(), institution.Config{Stage: s, Handler: s.Handler, Base: base, Share: share})
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// lists are what the documents are listed by.
var lists = []string{"units", "equipment-types", "contractors", "contracts", "appointments", "programs", "assets", "stock", "work-orders", "deliveries", "people"}

// documents are all documents by list and id. Areas are called by their names: their ids are the service's own.
func documents(t *testing.T, w *localtest.World) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{}
	for _, list := range lists {
		items, err := client.List[map[string]any](t.Context(), w.Client, "auditor", "/v1/"+list, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range items {
			all[fmt.Sprint(list, "/", d["id"])] = d
		}
	}
	areas := map[string]string{}
	for key, d := range all {
		if list, isUnit := strings.CutPrefix(key, "units/"); isUnit {
			for _, a := range asList(d["areas"]) {
				areas[fmt.Sprint(a["id"])] = list + " " + fmt.Sprint(a["path"])
				delete(a, "id")
			}
		}
	}
	for _, d := range all {
		for _, of := range []any{d, d["target"]} {
			if o, is := of.(map[string]any); is && o["area_id"] != nil {
				o["area_id"] = areas[fmt.Sprint(o["area_id"])]
			}
		}
	}
	return all
}

func asList(v any) (out []map[string]any) {
	items, _ := v.([]any)
	for _, i := range items {
		out = append(out, i.(map[string]any))
	}
	return out
}

// TestTheInstitutionIsThere makes the same twice: everything is equal, nothing was entered late, documents, topics and figures agree, every state is
// there, every demo user has something to do, and the scenario is walked in it.
func TestTheInstitutionIsThere(t *testing.T) {
	base := time.Now().UTC().Truncate(time.Second)
	w := made(t, base, share)
	all := documents(t, w)
	if d := cmp.Diff(all, documents(t, made(t, base, share))); d != "" {
		t.Errorf("made twice (-one +other):\n%.4000s", d)
	}
	states := map[string]bool{}
	for key, d := range all {
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "late_entr") {
			t.Errorf("%s has a late entry: %s", key, text)
		}
		list, _, _ := strings.Cut(key, "/")
		states[fmt.Sprint(list, " ", d["state"])] = true
		if hold, paused := d["hold"].(map[string]any); paused {
			states[fmt.Sprint("paused ", hold["reason"])] = true
		}
		punctual(t, key, d, base)
	}
	for _, state := range []string{"requested", "approved", "declined", "assigned", "in_progress", "on_hold", "completed", "accepted", "returned", "cancelled"} {
		if !states["work-orders "+state] {
			t.Errorf("no order is %s", state)
		}
	}
	for _, reason := range []string{"awaiting_parts", "awaiting_authorization", "awaiting_contractor", "awaiting_access", "in_clinical_use", "no_power_or_water", "unsafe_conditions", "weather", "other"} {
		if !states["paused "+reason] {
			t.Errorf("no order is paused for %s: %v", reason, slices.Sorted(maps.Keys(states)))
		}
	}
	for _, state := range []string{"draft", "dispatched", "arrived", "confirmed", "cancelled"} {
		if !states["deliveries "+state] {
			t.Errorf("no delivery is %s", state)
		}
	}
	toldAtOnce(t, w, all)
	waits(t, w, base)
	spent(t, w)
	for _, name := range []string{"engineer-sonora", "planner", "contractor-b", "director-DFIST000155"} {
		if u := institution.Person(name); all["people/"+u.Subject]["name"] != u.Given+" "+u.Family {
			t.Errorf("the directory says of %s: %v", name, all["people/"+u.Subject])
		}
	}
	if err := audit.Run(t.Context(), audit.Config{Client: w.Client, Bus: w.Bus, Out: io.Discard}); err != nil {
		t.Errorf("audit: %v", err)
	}
	if err := scenario.Run(t.Context(), scenario.Config{Client: w.Client, Out: io.Discard, Contractor: devissuer.DemoContractorA}); err != nil {
		t.Errorf("scenario: %v", err)
	}
	// From now on it is now.
	d := w.Want(t, "admin", "POST", "/v1/units", map[string]any{"id": "NUEVA-1", "name": "Nueva", "state_code": "26"})
	if at, err := time.Parse(time.RFC3339, fmt.Sprint(d["registered_at"])); err != nil || at.Before(base) {
		t.Errorf("a unit is registered at %v after a start at %s", d["registered_at"], base)
	}
}

// punctual wants what happened to be recorded at that instant, nothing to be of the future, and no step of a document to be before the one that it
// follows from.
func punctual(t *testing.T, key string, d map[string]any, base time.Time) {
	t.Helper()
	if occurred, recorded := instant(d["occurred_at"]), instant(d["recorded_at"]); !occurred.Equal(recorded) {
		t.Errorf("%s happened at %s and was recorded at %s", key, occurred, recorded)
	}
	for name, v := range d {
		if at := instant(v); at.After(base) && !strings.HasPrefix(name, "scheduled") {
			t.Errorf("%s: %s is %s, after the start", key, name, at)
		}
	}
	var last time.Time
	for _, name := range []string{"requested_at", "created_at", "acknowledged_at", "dispatched_at", "arrived_at", "started_at", "restored_at", "completed_at", "confirmed_at", "accepted_at"} {
		at := instant(d[name])
		if d[name] != nil && at.Before(last) {
			t.Errorf("%s: %s is %s, before %s", key, name, at, last)
		}
		last = later(last, at)
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// toldAtOnce wants every event of what happens to have been recorded when it happened, also where one service followed another.
func toldAtOnce(t *testing.T, w *localtest.World, all map[string]map[string]any) {
	t.Helper()
	told := 0
	for key := range all {
		list, _, _ := strings.Cut(key, "/")
		if list == "people" || list == "stock" {
			continue
		}
		items, err := client.List[struct {
			Type   string
			At     time.Time
			Change struct {
				OccurredAt time.Time `json:"occurred_at"`
			}
		}](t.Context(), w.Client, "auditor", "/v1/"+key+"/history", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range items {
			if !e.Change.OccurredAt.IsZero() {
				told++
				if !e.At.Equal(e.Change.OccurredAt) {
					t.Errorf("%s: %s happened at %s and was recorded at %s", key, e.Type, e.Change.OccurredAt, e.At)
				}
			}
		}
	}
	if told < 200 {
		t.Errorf("%d events say when they happened", told)
	}
}

// instant is a time in a document, the zero one where it is none.
func instant(v any) time.Time {
	text, _ := v.(string)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return at
}

// waits wants something to wait for every demo user on the day of the start.
func waits(t *testing.T, w *localtest.World, base time.Time) {
	t.Helper()
	today := func(d map[string]any) bool {
		at := instant(d["scheduled_start"]).In(time.FixedZone("México", -6*60*60))
		return at.Format(time.DateOnly) == base.In(at.Location()).Format(time.DateOnly)
	}
	whatever := func(map[string]any) bool { return true }
	for _, c := range []struct {
		user, list string
		query      url.Values
		admits     func(map[string]any) bool
		least      int
	}{
		{"director-santa-rosalia", "deliveries", url.Values{"state": {"arrived"}}, whatever, 1},
		{"director-santa-rosalia", "work-orders", url.Values{"state": {"completed"}}, whatever, 2},
		{"director-vizcaino", "deliveries", url.Values{"state": {"arrived"}}, whatever, 1},
		{"director-vizcaino", "work-orders", url.Values{"state": {"completed"}}, whatever, 1},
		{"director-guerrero-negro", "deliveries", url.Values{"state": {"arrived"}}, whatever, 1},
		{"director-guerrero-negro", "work-orders", url.Values{"state": {"completed"}}, whatever, 1},
		{"requester-santa-rosalia", "work-orders", nil, whatever, 5},
		{"engineer-bcs", "work-orders", url.Values{"state": {"requested"}}, whatever, 3},
		{"engineer-sonora", "work-orders", url.Values{"state": {"requested"}}, whatever, 2},
		{"office-bcs", "deliveries", url.Values{"state": {"draft"}}, whatever, 2},
		{"office-sonora", "deliveries", url.Values{"state": {"draft"}}, whatever, 2},
		{"contracts", "work-orders", url.Values{"state": {"approved"}}, func(d map[string]any) bool { return d["estimate"] != nil }, 2},
		{"contractor-a", "work-orders", url.Values{"state": {"assigned"}}, today, 3},
		{"contractor-b", "work-orders", url.Values{"state": {"assigned"}}, today, 2},
		{"technician", "work-orders", url.Values{"state": {"assigned"}}, today, 2},
		{"planner", "work-orders", nil, whatever, 30},
		{"planner-sonora", "assets", nil, whatever, 30},
		{"auditor", "contracts", nil, whatever, 2},
		{"admin", "appointments", nil, whatever, 3},
	} {
		items, err := client.List[map[string]any](t.Context(), w.Client, c.user, "/v1/"+c.list, c.query)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(slices.DeleteFunc(items, func(d map[string]any) bool { return !c.admits(d) })); n < c.least {
			t.Errorf("%s finds %d %s of %v, at least %d expected", c.user, n, c.list, c.query, c.least)
		}
	}
}

// spent wants both contracts to be partly spent.
func spent(t *testing.T, w *localtest.World) {
	t.Helper()
	contracts, err := client.List[map[string]any](t.Context(), w.Client, "contracts", "/v1/contracts", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range contracts {
		sums := map[string]float64{}
		for _, b := range asList(w.Want(t, "auditor", "GET", fmt.Sprint("/v1/contracts/", c["id"], "/budgets"), nil)["items"]) {
			for _, name := range []string{"committed", "accrued", "available"} {
				sums[name] += b[name].(map[string]any)["amount_cents"].(float64)
			}
		}
		if sums["committed"] <= 0 || sums["accrued"] <= 0 || sums["available"] <= 0 {
			t.Errorf("of %s is %v", c["number"], sums)
		}
	}
}
