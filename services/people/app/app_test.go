package app_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
	"github.com/bitacora-salud/bitacora/services/people/app"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.M(m)) }

const me = "/v1/people/me"

// The people of the tests, with what their tokens say of them.
var (
	director   = servicetest.Named(servicetest.Director, "Lucía Arce", "Directora", "")
	stranger   = servicetest.Named(servicetest.Stranger, "Raúl Meza", "Director", "")
	requester  = servicetest.Named(servicetest.Requester, "Inés Cota", "Enfermera", "")
	engineer   = servicetest.Named(servicetest.Engineer, "Paula Osuna", "Ingeniera biomédica", "paula@example.org")
	farEast    = servicetest.Named(servicetest.FarEast, "Iván Yocupicio", "Ingeniero biomédico", "")
	admin      = servicetest.Named(servicetest.Admin, "Sara Lim", "", "")
	planner    = servicetest.Named(servicetest.Planner, "Noé Paz", "Planeación", "")
	technician = servicetest.Named(servicetest.Technician, "Beto Ruiz", "Técnico", "")
	contractor = servicetest.Named(servicetest.As("s-contractor", "contractor@contractor:c-1"), "Rita Sanz", "Supervisora", "")
	everybody  = []string{director, stranger, requester, engineer, farEast, admin, planner, technician, contractor}
)

func subject(token string) string { return strings.Fields(token)[0] }

// without is an answer less what may be done with it, now or in another state.
func without(d servicetest.Document) servicetest.Document {
	delete(d, "actions")
	delete(d, "not_now")
	delete(d, "not_now_because")
	return d
}

func path(token string) string { return "/v1/people/" + subject(token) }

// start runs the directory with two units of one office, and everybody was there once.
func start(t *testing.T) (*servicetest.World, *servicetest.Service) {
	t.Helper()
	w, s := servicetest.Run(t, app.New)
	for _, id := range []string{"BSIST000014", "BSIST000026"} {
		w.Publish(t, event.Units, "unit.registered", 1, servicetest.Unit(id, nil))
	}
	s.Heard()
	for _, token := range everybody {
		s.Want(200, token, "GET", me, nil)
	}
	return w, s
}

func TestWhoOneIsIsWhatTheTokenSays(t *testing.T) {
	_, s := start(t)
	want := servicetest.Document{"id": "s-engineer", "name": "Paula Osuna", "post": "Ingeniera biomédica", "office": "baja-california-sur",
		"grants": []any{"biomedical_engineer@office:baja-california-sur"}}
	if d := cmp.Diff(want, without(s.Want(200, engineer, "GET", me, nil))); d != "" {
		t.Errorf("(-want +got) %s", d)
	}
	got := s.Want(200, director, "GET", me, nil)
	if got["unit_id"] != "BSIST000014" || got["office"] != "baja-california-sur" {
		t.Errorf("a unit's office follows: %v", got)
	}
	moved := servicetest.Named(servicetest.As("s-director", "unit_director@unit:BSIST000026", "planner@nation"), "Lucía Arce de Paz", "Planeación", "")
	got = s.Want(200, moved, "GET", me, nil)
	if got["name"] != "Lucía Arce de Paz" || got["unit_id"] != nil || len(got.List("grants")) != 2 {
		t.Errorf("the next token says otherwise: %v", got)
	}
	if ids := s.IDs(planner, "/v1/people?role=unit_director&unit_id=BSIST000014"); len(ids) != 0 {
		t.Errorf("directs the unit no more: %v", ids)
	}
	s.Refused(403, "role-not-allowed", "s-nobody", "GET", me, nil)
}

func TestATokenThatSaysNothingNewWritesNothing(t *testing.T) {
	_, s := start(t)
	version := s.Call(admin, "GET", path(director), nil).Header.Get("ETag")
	for range 3 {
		s.Want(200, director, "GET", me, nil)
	}
	if now := s.Call(admin, "GET", path(director), nil).Header.Get("ETag"); now != version {
		t.Errorf("version %s became %s", version, now)
	}
}

func TestWhatOneSaysOfOneselfIsKeptAndItsAddressConfirmedByTheProviderAlone(t *testing.T) {
	_, s := start(t)
	own := map[string]any{"telephone": " 615 152\u00a00021 ext. 14", "email": "Paula@Example.org", "language": "es"}
	got := s.Want(200, engineer, "PUT", me, own, "Idempotency-Key", "k")
	if got["telephone"] != "615 152 0021 ext. 14" || got["email_confirmed"] != true || got["language"] != "es" {
		t.Errorf("%v", got)
	}
	if a := s.Call(engineer, "PUT", me, own, "Idempotency-Key", "k"); a.Status != 200 || a.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("a repeat: %d %v", a.Status, a.Header)
	}
	s.Refused(422, "idempotency-key-reused", engineer, "PUT", me, map[string]any{}, "Idempotency-Key", "k")
	s.Refused(412, "stale-version", engineer, "PUT", me, own, "If-Match", `"77"`)
	got = s.Want(200, engineer, "PUT", me, map[string]any{"email": "otra@example.org"})
	if got["email"] != "otra@example.org" || got["email_confirmed"] != nil || got["telephone"] != nil {
		t.Errorf("another address is not confirmed, what is left out is emptied: %v", got)
	}
	for _, who := range []string{planner, servicetest.As("s-new", "auditor@nation")} { // who write nothing else
		s.Want(200, who, "PUT", me, map[string]any{"language": "en"})
	}
	s.Refused(412, "stale-version", servicetest.As("s-newer", "auditor@nation"), "PUT", me, own, "If-Match", `"1"`)
}

func TestNobodySaysTheirOwnNamePostOrPlace(t *testing.T) {
	_, s := start(t)
	for _, field := range []string{"name", "post", "unit_id", "office", "grants", "email_confirmed", "erased", "id", "told", "holds"} {
		s.Refused(422, "validation-failed", director, "PUT", me, map[string]any{field: "x"})
	}
	s.Refused(403, "role-not-allowed", director, "PATCH", path(director), map[string]any{"name": "x"}, "If-Match", "*")
}

func TestWhoSeesWhatOfWhom(t *testing.T) {
	_, s := start(t)
	for _, token := range everybody {
		s.Want(200, token, "PUT", me, map[string]any{"telephone": "612 000 0000", "email": subject(token) + "@secreto.example"})
	}
	const none, post, name, telephone = "nothing", "post", "name", "telephone"
	sees := func(viewer, of string) string {
		a := s.Call(viewer, "GET", path(of), nil)
		listed := s.Items(viewer, "/v1/people?ids="+subject(of))
		if (a.Status == 200) != (len(listed) == 1) {
			t.Fatalf("%s reads %s: %d; lists: %v", viewer, of, a.Status, listed)
		}
		if strings.Contains(string(a.Body), "secreto") && viewer != of {
			t.Errorf("%s sees the address of %s: %s", viewer, of, a.Body)
		}
		switch {
		case a.Status == 404:
			return none
		case a.Status != 200:
			t.Fatalf("%s reads %s: %d %s", viewer, of, a.Status, a.Body)
		case a.Document["telephone"] != nil:
			return telephone
		case a.Document["name"] != nil:
			return name
		}
		for field := range without(a.Document) {
			if !slices.Contains([]string{"id", "post", "unit_id", "office"}, field) {
				t.Errorf("%s sees %s of %s", viewer, field, of)
			}
		}
		return post
	}
	rows := map[string][]string{ // of everybody, in that order
		director:   {telephone, none, telephone, telephone, none, name, name, none, none},
		stranger:   {none, telephone, none, telephone, none, name, name, none, none},
		requester:  {telephone, none, telephone, telephone, none, name, name, none, none},
		engineer:   {telephone, telephone, telephone, telephone, none, name, name, none, none},
		farEast:    {none, none, none, none, telephone, name, name, none, none},
		admin:      {name, name, name, name, name, telephone, name, name, name},
		planner:    {name, name, name, name, name, name, telephone, name, name},
		technician: {post, post, post, post, post, post, post, telephone, none},
		contractor: {post, post, post, post, post, post, post, none, telephone},
	}
	for viewer, want := range rows {
		got := make([]string, len(everybody))
		for i, of := range everybody {
			got[i] = sees(viewer, of)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got) %s", viewer, d)
		}
	}
}

func TestThePeopleOfAPageAreNamedInOneRequestAndNobodyIsProbedFor(t *testing.T) {
	_, s := start(t)
	ids := make([]string, 98)
	for i := range ids {
		ids[i] = fmt.Sprint("nobody-", i)
	}
	all := "/v1/people?ids=" + strings.Join(append(ids, "s-director", "s-engineer"), ",")
	if got := s.IDs(requester, all); !slices.Equal(got, []string{"s-director", "s-engineer"}) {
		t.Errorf("%v", got)
	}
	there, ghost := s.Call(requester, "GET", "/v1/people?ids=s-stranger", nil), s.Call(requester, "GET", "/v1/people?ids=s-ghost", nil)
	if string(there.Body) != string(ghost.Body) {
		t.Errorf("%s is told from %s", there.Body, ghost.Body)
	}
	s.Refused(422, "validation-failed", requester, "GET", all+",one-more", nil)
	s.Refused(422, "filter-empty", requester, "GET", "/v1/people?ids=", nil)
	s.Refused(422, "validation-failed", requester, "GET", "/v1/people?name=Luc%C3%ADa", nil)
	if got := s.IDs(contractor, "/v1/people"); !slices.Equal(got, []string{"s-contractor"}) {
		t.Errorf("who is not staff lists nobody but themselves: %v", got)
	}
}

func TestPeopleAreFoundByRoleAndPlace(t *testing.T) {
	_, s := start(t)
	s.Want(200, admin, "PATCH", path(technician), map[string]any{"office": "baja-california-sur", "post": "Técnico de la oficina"}, "If-Match", "*")
	for _, tc := range []struct {
		viewer, query string
		want          []string
	}{
		{engineer, "role=unit_director&unit_id=BSIST000014", []string{"s-director"}},
		{engineer, "role=unit_director&office=baja-california-sur", []string{"s-director", "s-stranger"}},
		{engineer, "role=unit_director&role=requester&unit_id=BSIST000014", []string{"s-director", "s-requester"}},
		{engineer, "role=technician&office=baja-california-sur", []string{"s-technician"}},
		{director, "role=technician&office=baja-california-sur", []string{"s-technician"}},
		{director, "role=unit_director&office=baja-california-sur", []string{"s-director"}},
		{director, "role=biomedical_engineer", []string{"s-engineer"}},
		{director, "unit_id=BSIST000014", []string{"s-director", "s-requester"}},
		{planner, "role=biomedical_engineer", []string{"s-engineer", "s-far"}},
		{farEast, "role=unit_director", []string{}},
		{contractor, "role=biomedical_engineer", []string{}},
	} {
		if d := cmp.Diff(tc.want, s.IDs(tc.viewer, "/v1/people?"+tc.query)); d != "" {
			t.Errorf("%s by %s (-want +got) %s", tc.query, tc.viewer, d)
		}
	}
	s.Refused(422, "validation-failed", engineer, "GET", "/v1/people?role=emperor", nil)
}

func TestWhoIsAtAUnitIsFoundWhereTheUnitIsNow(t *testing.T) {
	w, s := start(t)
	s.Want(200, servicetest.As("s-early", "requester@unit:BSIST000038"), "GET", me, nil)
	w.Publish(t, event.Units, "unit.registered", 1, servicetest.Unit("BSIST000038", nil))
	w.Publish(t, event.Units, "unit.changed", 2, servicetest.Unit("BSIST000014", map[string]any{"office": "sonora", "state_code": "26"}))
	s.Heard()
	if ids := s.IDs(farEast, "/v1/people?office=sonora"); !slices.Equal(ids, []string{"s-director", "s-far", "s-requester"}) {
		t.Errorf("%v", ids)
	}
	if ids := s.IDs(engineer, "/v1/people"); !slices.Equal(ids, []string{"s-admin", "s-early", "s-engineer", "s-planner", "s-stranger"}) {
		t.Errorf("%v", ids)
	}
}

func TestAnAdministratorsWordStandsBeforeTheProviders(t *testing.T) {
	_, s := start(t)
	office := servicetest.As("s-bcs", "admin@office:baja-california-sur")
	s.Refused(428, "if-match-required", admin, "PATCH", path(director), map[string]any{"name": "x"})
	got := s.Want(200, office, "PATCH", path(director), map[string]any{"name": "Lucía  Arce\u202e <b>Díaz</b>", "post": "Encargada"}, "If-Match", `"1"`)
	if got["name"] != "Lucía Arce <b>Díaz</b>" || got.At("stated.post") != "Encargada" || got["seen_on"] == nil {
		t.Errorf("%v", got)
	}
	s.Refused(412, "stale-version", admin, "PATCH", path(director), map[string]any{"name": "x"}, "If-Match", `"1"`)
	if got = s.Want(200, director, "GET", me, nil); got["post"] != "Encargada" {
		t.Errorf("the next token changed it: %v", got)
	}
	got = s.Want(200, admin, "PATCH", path(director), map[string]any{"name": nil, "unit_id": "BSIST000026"}, "If-Match", "*")
	if got["name"] != "Lucía Arce" || got["unit_id"] != "BSIST000026" {
		t.Errorf("what is emptied is the provider's again: %v", got)
	}
	s.Refused(422, "unit-or-office", admin, "PATCH", path(director), map[string]any{"office": "sonora"}, "If-Match", "*")
	s.Refused(422, "office-unknown", admin, "PATCH", path(planner), map[string]any{"office": "atlantis"}, "If-Match", "*")
	s.Refused(422, "reference-unknown", admin, "PATCH", path(planner), map[string]any{"unit_id": "BSIST999999"}, "If-Match", "*")
	s.Refused(404, "not-found", office, "PATCH", path(farEast), map[string]any{"name": "x"}, "If-Match", "*")
	s.Refused(404, "not-found", office, "PATCH", path(planner), map[string]any{"name": "x"}, "If-Match", "*")
	s.Refused(404, "not-found", office, "POST", path(farEast)+"/erase", nil)
	s.Refused(403, "role-not-allowed", director, "POST", path(director)+"/erase", nil)
}

func TestBadInputIsRefusedAndNotRepeated(t *testing.T) {
	_, s := start(t)
	for rule, bodies := range map[string][]map[string]any{
		"telephone-malformed": {{"telephone": "<b>6121234567</b>"}, {"telephone": "12"}, {"telephone": "llámame al 6121234567"}, {"telephone": "6121234567 6121234567 6"}},
		"email-malformed":     {{"email": "Secreto <a@example.org>"}, {"email": "secreto"}, {"email": "a@b@c"}, {"email": "a b@example.org"}, {"email": "<script>@example.org"}},
		"validation-failed":   {{"language": "xx"}, {"telephone": strings.Repeat("1", 41)}, {"telephone": 6121234567}},
	} {
		for _, body := range bodies {
			a := s.Refused(422, rule, director, "PUT", me, body)
			for _, value := range body {
				if strings.Contains(string(a.Body), fmt.Sprint(value)) {
					t.Errorf("the refusal repeats what was sent: %s", a.Body)
				}
			}
		}
	}
	got := s.Want(200, director, "PUT", me, map[string]any{"telephone": "\u202e+52 (612) 123.45-67\u200b\x07"})
	if got["telephone"] != "+52 (612) 123.45-67" {
		t.Errorf("%q", got["telephone"])
	}
	s.Refused(400, "body-malformed", director, "PUT", me, `{"telephone": "\u0000"}`)
	s.Refused(413, "body-too-large", director, "PUT", me, strings.Repeat(" ", 2<<20))
}

func TestTwoAtOnceMakeOnePersonAndLoseNothing(t *testing.T) {
	w := servicetest.Open(t)
	store := servicetest.SQLite(t)
	a, b := w.Start(t, app.New, store), w.Start(t, app.New, store)
	var wg sync.WaitGroup
	for i := range 16 {
		s := []*servicetest.Service{a, b}[i%2]
		wg.Go(func() {
			if got := s.Call(director, "GET", me, nil); got.Status != 200 {
				t.Errorf("%d %s", got.Status, got.Body)
			}
			if got := s.Call(director, "PUT", me, map[string]any{"telephone": "6121234567"}); got.Status != 200 {
				t.Errorf("%d %s", got.Status, got.Body)
			}
		})
	}
	wg.Wait()
	for name, field := range map[string]string{"one": "name", "two": "post"} {
		wg.Go(func() {
			if got := b.Call(admin, "PATCH", path(director), map[string]any{field: name}, "If-Match", "*"); got.Status != 200 {
				t.Errorf("%d %s", got.Status, got.Body)
			}
		})
	}
	wg.Wait()
	if got := a.Want(200, director, "GET", me, nil); got["name"] != "one" || got["post"] != "two" || got["telephone"] != "6121234567" {
		t.Errorf("%v", got)
	}
}

func TestNothingOfAPersonIsOnATopicOrInAHistory(t *testing.T) {
	_, s := start(t)
	s.Want(200, director, "PUT", me, map[string]any{"telephone": "6121234567"})
	s.Want(200, admin, "PATCH", path(director), map[string]any{"name": "Otra"}, "If-Match", "*")
	for _, spec := range s.Store.Specs() {
		if spec.Topic() != "" {
			t.Errorf("%s has a topic", spec.Name)
		}
	}
	ctx := caller.AsSystem(t.Context(), "test")
	if n, err := s.Republish(ctx); n != 0 || err != nil {
		t.Errorf("%d documents were published: %v", n, err)
	}
	page, err := s.Relay.History(ctx, "people", "s-director", 10, nil)
	if err != nil || len(page.Docs) != 0 {
		t.Errorf("a history: %v, %v", page, err)
	}
	s.Refused(404, "no-such-path", admin, "GET", path(director)+"/history", nil)
}

func TestSeenOnIsTheDayOfTheNewestToken(t *testing.T) {
	w, driver := servicetest.Servers(t)
	late := time.Date(2026, 8, 8, 23, 0, 0, 0, time.UTC)
	var day atomic.Pointer[time.Time] // the service's own goroutines read it too
	day.Store(&late)
	w.Now = func() time.Time { return *day.Load() }
	s := w.Start(t, app.New, driver)
	s.Want(200, director, "GET", me, nil)
	next := late.Add(2 * time.Hour)
	day.Store(&next)
	s.Want(200, director, "GET", me, nil)
	if got := s.Want(200, admin, "GET", path(director), nil); got["seen_on"] != "2026-08-09" {
		t.Errorf("%v", got)
	}
	if got := s.Want(200, planner, "GET", path(director), nil); got["seen_on"] != nil {
		t.Errorf("who is no administrator sees it: %v", got)
	}
}
