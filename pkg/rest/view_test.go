package rest_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// actions are the operations that an answer offers.
func (a answer) actions(t testing.TB) []string {
	t.Helper()
	var d struct {
		Actions []string `json:"actions"`
	}
	if err := json.Unmarshal(a.body, &d); err != nil || d.Actions == nil {
		t.Fatalf("no actions (%v): %d %s", err, a.StatusCode, a.body)
	}
	return d.Actions
}

func TestADocumentIsAnsweredWithWhatItsReaderMayDoNow(t *testing.T) {
	y := newToy(t)
	draft := []string{"pump.change", "pump.rename", "pump.activate", "pump.move", "pump.refuse"}
	active := slices.DeleteFunc(slices.Clone(draft), func(op string) bool { return op == "pump.activate" })
	p, a := register(t, y, `{"unit_id":"A"}`)
	path := "/v1/pumps/" + p.ID
	get := func(who string) []string { return y.do(t, who, "GET", path, "").actions(t) }
	for name, c := range map[string]struct{ got, want []string }{
		"who may do all, by what he wrote":       {a.actions(t), draft},
		"who may do all":                         {get(director), draft},
		"who only reads":                         {get(planner), []string{}},
		"who reads it here, and writes there":    {get("two reader unit:A"), []string{}},
		"once it is switched on, by the writing": {y.do(t, director, "POST", path+"/activate", "").actions(t), active},
		"once it is switched on":                 {get(director), active},
		"of a change":                            {y.do(t, director, "PATCH", path, `{"brand":"x"}`, "If-Match", "*").actions(t), active},
		"who may change it and not read it":      {y.do(t, writer, "PATCH", path, `{"brand":"y"}`, "If-Match", "*").actions(t), active},
		"who has moved it out of his scope":      {y.do(t, director, "POST", path+"/move", "").actions(t), []string{}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTheTagOfAnAnswerIsThatOfWhatItsReaderSees(t *testing.T) {
	y := newToy(t)
	p, a := register(t, y, `{"unit_id":"A"}`)
	path, mine := "/v1/pumps/"+p.ID, a.Header.Get("ETag")
	theirs := y.do(t, planner, "GET", path, "")
	if theirs.version(t) != a.version(t) || theirs.Header.Get("ETag") == mine {
		t.Errorf("of one version: %s and %s", mine, theirs.Header.Get("ETag"))
	}
	if kept := y.do(t, planner, "GET", path, "", "If-None-Match", mine); kept.StatusCode != http.StatusOK || len(kept.actions(t)) > 0 {
		t.Errorf("what the browser kept of another user is shown: %d %s", kept.StatusCode, kept.body)
	}
	if a := y.do(t, director, "GET", path, "", "If-None-Match", mine); a.StatusCode != http.StatusNotModified || a.Header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
	// A colleague's tag names the version that both have seen.
	if a := y.do(t, director, "PATCH", path, `{"brand":"x"}`, "If-Match", theirs.Header.Get("ETag")); a.StatusCode != http.StatusOK || a.version(t) != "2" {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if a := y.do(t, director, "PATCH", path, `{"brand":"y"}`, "If-Match", mine); a.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}

func TestActionsAreInAnswersOfOneDocumentOnly(t *testing.T) {
	y := newToy(t)
	p, _ := register(t, y, `{"unit_id":"A"}`)
	if a := y.do(t, director, "GET", "/v1/pumps", ""); strings.Contains(string(a.body), "actions") {
		t.Errorf("listed: %s", a.body)
	}
	stored, err := y.driver.Load(t.Context(), "pumps", []string{p.ID})
	if err != nil || strings.Contains(string(stored[0].Body), "actions") {
		t.Errorf("stored: %s (%v)", stored[0].Body, err)
	}
	for _, body := range []string{`{"actions":[]}`, `{"brand":"x","actions":["pump.activate"]}`} {
		if p := y.do(t, director, "PATCH", "/v1/pumps/"+p.ID, body, "If-Match", "*").problem(t); p.Type != "validation-failed" {
			t.Errorf("sent: %+v", p)
		}
	}
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Required   []string
				Properties map[string]any
			}
		}
	}
	if err := json.Unmarshal(y.do(t, "", "GET", "/openapi.json", "").body, &doc); err != nil {
		t.Fatal(err)
	}
	var described []string
	for name, s := range doc.Components.Schemas {
		if s.Properties["actions"] != nil {
			described = append(described, name)
		}
		if slices.Contains(s.Required, "actions") {
			t.Errorf("%s always has them", name)
		}
	}
	if !slices.Equal(described, []string{"Rest_testPump"}) {
		t.Errorf("described of %v", described)
	}
}

func TestWhatTheTableOfMovesCannotAnswerFailsTheRead(t *testing.T) {
	y := newToy(t)
	a := y.do(t, director, "POST", "/v1/pumps", `{"unit_id":"A","inventory_tag":"UNSURE"}`, "Idempotency-Key", "k")
	if p := a.problem(t); p.Status != http.StatusServiceUnavailable {
		t.Errorf("the write, which its repeat finds done: %+v", p)
	}
	listed := y.do(t, planner, "GET", "/v1/pumps", "")
	var page struct{ Items []pump }
	if err := json.Unmarshal(listed.body, &page); err != nil || len(page.Items) != 1 {
		t.Fatalf("%s (%v)", listed.body, err)
	}
	p := page.Items[0]
	if a := y.do(t, planner, "GET", "/v1/pumps/"+p.ID, ""); a.StatusCode != http.StatusOK {
		t.Errorf("whoever may do nothing is not asked about: %d %s", a.StatusCode, a.body)
	}
	if p := y.do(t, director, "GET", "/v1/pumps/"+p.ID, "").problem(t); p.Status != http.StatusServiceUnavailable {
		t.Errorf("%+v", p)
	}
}

func TestLabelsAreServedToEveryoneAndAnsweredOnce(t *testing.T) {
	y := newToy(t)
	a := y.do(t, "", "GET", "/labels", "")
	var labels map[string][]map[string]string
	if err := json.Unmarshal(a.body, &labels); err != nil || a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v %s: %v", a.StatusCode, a.Header, a.body, err)
	}
	want := []map[string]string{{"value": "draft", "es": "Por completar", "en": "Draft"}, {"value": "active", "es": "Activo", "en": "Active"}, {"value": "retired", "es": "Dado de baja", "en": "Retired"}}
	if diff := cmp.Diff(want, labels["pump_lifecycle"]); diff != "" {
		t.Errorf("in the order of the vocabulary (-want +got):\n%s", diff)
	}
	if len(labels["role"]) == 0 || labels["care_level"] != nil {
		t.Errorf("the roles, and no vocabulary that no field has: %v", labels)
	}
	tag := a.Header.Get("ETag")
	for _, method := range []string{"GET", "HEAD"} {
		if a := y.do(t, "", method, "/labels", "", "If-None-Match", `"x", W/`+tag); a.StatusCode != http.StatusNotModified || a.Header.Get("ETag") != tag || len(a.body) > 0 {
			t.Errorf("%s: %d %v %s", method, a.StatusCode, a.Header, a.body)
		}
		if a := y.do(t, "", method, "/labels", "", "If-None-Match", `"x"`); a.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", method, a.StatusCode)
		}
	}
	if again := newToy(t); again.do(t, "", "GET", "/labels", "").Header.Get("ETag") != tag {
		t.Error("another replica answers another tag")
	}
	if a := y.do(t, director, "POST", "/labels", ""); a.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("%d", a.StatusCode)
	}
}
