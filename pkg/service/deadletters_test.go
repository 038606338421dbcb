package service_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

const (
	letters = "/toy/dead-letters"
	redrive = letters + "/redrive"
)

// refusing is a service whose consumer takes no unit until it is cured, and says why in words that quote it.
func refusing(cured *atomic.Bool) servicetest.New {
	return func(cfg service.Config, deps service.Deps) (*service.Service, error) {
		s, err := service.New("toy", "Toy", cfg, deps)
		if err != nil {
			return nil, err
		}
		docstore.Open[site](s.Store, docstore.Spec{Name: "areas", Aggregate: "area"}, nil)
		return s, s.Consume("units", []string{event.Units}, consume.React(func(_ context.Context, e event.Envelope) error {
			switch {
			case cured.Load():
				return nil
			case e.Subject == "WAITS":
				return consume.NotYet(docstore.Ref{Collection: "areas", ID: "a-1"})
			}
			return event.Permanent(fmt.Errorf("cannot take %s", e.State))
		}))
	}
}

// park has the service set aside one event of each cause, and n more that it refuses.
func park(t *testing.T, w *servicetest.World, s *servicetest.Service, n int) {
	t.Helper()
	for _, id := range []string{"WAITS", "REFUSED"} {
		w.Publish(t, event.Units, "unit.registered", 1, servicetest.Unit(id, map[string]any{"name": "Ana Secreta"}))
	}
	for i := range n {
		w.Publish(t, event.Units, "unit.registered", 1, servicetest.Unit(fmt.Sprintf("MORE%03d", i), nil))
	}
	if errs := w.Bus.Publish(t.Context(), []event.Record{{Topic: event.Units, Key: "Ana Secreta", Value: []byte("Ana Secreta")}}); errs != nil {
		t.Fatal(errs)
	}
	servicetest.Eventually(t, "all are set aside", func() bool { return len(s.Items(servicetest.Admin, letters+"?limit=200")) == n+3 })
}

func TestDeadLettersAreListedWithWhyAndWithoutWhatTheEventSays(t *testing.T) {
	w, s := servicetest.Run(t, refusing(&atomic.Bool{}))
	park(t, w, s, 0)
	a := s.Want(200, servicetest.Admin, "GET", letters, nil)
	if strings.Contains(fmt.Sprint(a), "Secreta") || strings.Contains(fmt.Sprint(a), "cannot take") {
		t.Errorf("it tells what the event says: %s", a)
	}
	seen := map[string]map[string]any{}
	for _, item := range s.Items(servicetest.Admin, letters) {
		l := item.(map[string]any)
		seen[fmt.Sprint(l["cause"])] = l
		for _, name := range []string{"id", "consumer", "topic", "first_at", "last_at", "next_at"} {
			if l[name] == nil || l[name] == "" {
				t.Errorf("%s is missing in %v", name, l)
			}
		}
		if l["attempts"] == 0.0 {
			t.Errorf("%v", l)
		}
	}
	if l := seen["reference_missing"]; l["key"] != "WAITS" || fmt.Sprint(l["waits_for"]) != "map[collection:areas id:a-1]" || l["consumer"] != "toy.units" {
		t.Errorf("%v", l)
	}
	if l := seen["not_taken"]; l["key"] != "REFUSED" || l["type"] != "mx.bitacora.unit.registered.v1" || l["waits_for"] != nil {
		t.Errorf("%v", l)
	}
	if l := seen["unreadable"]; l["key"] != nil || l["type"] != nil || l == nil {
		t.Errorf("%v", l)
	}
}

func TestDeadLettersComeByPagesAndByConsumer(t *testing.T) {
	w, s := servicetest.Run(t, refusing(&atomic.Bool{}))
	park(t, w, s, 4)
	ids, cursor := map[string]bool{}, ""
	for page := 0; ; page++ {
		a := s.Want(200, servicetest.Admin, "GET", letters+"?consumer=toy.units&limit=3"+cursor, nil)
		for _, item := range a.List("items") {
			ids[fmt.Sprint(item.(map[string]any)["id"])] = true
		}
		next, _ := a["next_cursor"].(string)
		if next == "" {
			break
		}
		cursor = "&cursor=" + next
		s.Want(422, servicetest.Admin, "GET", letters+"?limit=3"+cursor, nil) // of another listing
	}
	if len(ids) != 7 {
		t.Errorf("%v", ids)
	}
	if n := len(s.Items(servicetest.Admin, letters+"?consumer=toy.nobody")); n != 0 {
		t.Errorf("%d of a consumer that is not there", n)
	}
}

// What is delivered again succeeds once the consumer is cured; asked twice, or for what is gone, nothing more happens.
func TestADeadLetterIsDeliveredAgainByAnAdministratorsWord(t *testing.T) {
	var cured atomic.Bool
	w, s := servicetest.Run(t, refusing(&cured))
	park(t, w, s, 5)
	var id string
	for _, item := range s.Items(servicetest.Admin, letters+"?limit=200") {
		if l := item.(map[string]any); l["key"] == "REFUSED" {
			id = fmt.Sprint(l["id"])
		}
	}
	one := map[string]any{"id": id}
	for _, body := range []map[string]any{{}, {"id": id, "consumer": "toy.units"}, {"all": true}} {
		s.Want(422, servicetest.Admin, "POST", redrive, body)
	}
	s.Want(404, servicetest.Admin, "POST", redrive, map[string]any{"id": "toy.units/nothing"})
	cured.Store(true)
	for range 2 {
		s.Want(200, servicetest.Admin, "POST", redrive, one)
	}
	servicetest.Eventually(t, "it is taken", func() bool {
		l, err := s.Dead.Get(system(t), id)
		return err == nil && l.Status == consume.Cleared
	})
	if a := s.Want(200, servicetest.Admin, "POST", redrive, one); a["redriven"] != 0.0 {
		t.Errorf("what was taken is delivered again: %s", a)
	}
	if n, more, err := s.Dead.RedriveAll(system(t), "toy.units", 2); n != 2 || !more || err != nil {
		t.Errorf("at most two at once: %d %v %v", n, more, err)
	}
	s.Want(200, servicetest.Admin, "POST", redrive, map[string]any{"consumer": "toy.units"})
	servicetest.Eventually(t, "all are taken but what cannot be read", func() bool { return len(s.Items(servicetest.Admin, letters)) == 1 })
}

// Dead letters are the installation's: administrators of all of it see and move them, its auditors see them, nobody else does either.
func TestDeadLettersAreForAdministratorsOfTheNation(t *testing.T) {
	w, s := servicetest.Run(t, refusing(&atomic.Bool{}))
	park(t, w, s, 0)
	id := fmt.Sprint(s.Items(servicetest.Admin, letters)[0].(map[string]any)["id"])
	for _, who := range []string{servicetest.Director, servicetest.Requester, servicetest.Engineer, servicetest.Office, servicetest.Contracts, servicetest.Planner, servicetest.Technician} {
		s.Want(403, who, "GET", letters, nil)
		s.Want(403, who, "POST", redrive, map[string]any{"id": id})
	}
	s.Want(401, "", "GET", letters, nil)
	for who, want := range map[string]string{servicetest.Admin: "[dead_letter.redrive]", servicetest.Auditor: "[]", servicetest.As("s-both", "auditor@nation", "admin@office:sonora"): "[]"} {
		items := s.Items(who, letters)
		if len(items) != 3 || fmt.Sprint(items[0].(map[string]any)["actions"]) != want {
			t.Errorf("%s: %v", who, items)
		}
	}
	s.Want(403, servicetest.Auditor, "POST", redrive, map[string]any{"id": id})
	office := servicetest.As("s-bcs", "admin@office:baja-california-sur")
	if items := s.Items(office, letters); len(items) != 0 {
		t.Errorf("an office's administrator sees %v", items)
	}
	s.Want(404, office, "POST", redrive, map[string]any{"id": id})
	if a := s.Want(200, office, "POST", redrive, map[string]any{"consumer": "toy.units"}); a["redriven"] != 0.0 {
		t.Errorf("an office's administrator moves %s", a)
	}
	if _, err := s.Dead.Redrive(system(t), "nothing"); !errors.Is(err, docstore.ErrNotFound) {
		t.Error(err)
	}
}

func system(t *testing.T) context.Context { return caller.AsSystem(t.Context(), "test") }
