package app_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/people/app"
)

func TestWhoWasErasedIsErasedForEverybodyAtOnceAndNoTokenBringsThemBack(t *testing.T) {
	_, s := start(t)
	own := map[string]any{"telephone": "6121234567", "email": "a@example.org", "language": "es"}
	s.Want(200, director, "PUT", me, own, "Idempotency-Key", "k")
	gone := servicetest.Document{"id": "s-director", "name": "Persona eliminada", "erased": true}
	if d := cmp.Diff(gone, without(s.Want(200, admin, "POST", path(director)+"/erase", nil, "Idempotency-Key", "e"))); d != "" {
		t.Errorf("(-want +got) %s", d)
	}
	if a := s.Call(admin, "POST", path(director)+"/erase", nil, "Idempotency-Key", "e"); a.Status != 200 || a.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("a repeat: %d %v", a.Status, a.Header)
	}
	for _, token := range everybody {
		if token == director {
			continue
		}
		if d := cmp.Diff(gone, without(s.Want(200, token, "GET", path(director), nil))); d != "" {
			t.Errorf("%s (-want +got) %s", token, d)
		}
		if d := cmp.Diff([]any{map[string]any(gone)}, s.Items(token, "/v1/people?ids=s-director")); d != "" {
			t.Errorf("%s (-want +got) %s", token, d)
		}
	}
	if ids := s.IDs(engineer, "/v1/people?role=unit_director&unit_id=BSIST000014"); len(ids) != 0 {
		t.Errorf("is chosen still: %v", ids)
	}
	got := s.Want(200, director, "GET", me, nil)
	if got["name"] != "Persona eliminada" || len(got.List("grants")) != 1 {
		t.Errorf("one's own grants are the token's: %v", got)
	}
	s.Refused(409, "person-erased", director, "PUT", me, own, "Idempotency-Key", "k")
	s.Refused(409, "person-erased", admin, "POST", path(director)+"/erase", nil)
	s.Refused(409, "person-erased", admin, "PATCH", path(director), map[string]any{"name": "x"}, "If-Match", "*")
	if d := cmp.Diff(gone, without(s.Want(200, admin, "GET", path(director), nil))); d != "" {
		t.Errorf("(-want +got) %s", d)
	}
	s.Want(200, admin, "POST", path(director)+"/readmit", nil)
	s.Refused(409, "person-not-erased", admin, "POST", path(director)+"/readmit", nil)
	if got := s.Want(200, director, "GET", me, nil); got["name"] != "Lucía Arce" || got["telephone"] != nil || got["erased"] != nil {
		t.Errorf("what was erased is gone: %v", got)
	}
}

func TestNothingOfWhoWasErasedStaysInTheFiles(t *testing.T) {
	w := servicetest.Open(t)
	dir := t.TempDir()
	store, err := sqlitedoc.Open(t.Context(), sqlitedoc.Config{Path: filepath.Join(dir, "people.db"), Shreds: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	s := w.Start(t, app.New, store)
	words := []string{"Nombre", "Puesto", "5550", "correo", "Dicho", "viejo"}
	who := func(i int) string {
		return servicetest.Named(servicetest.As(fmt.Sprint("s-", i), "requester@unit:BSIST000014"), fmt.Sprint("Nombre-", i, "-fin"), fmt.Sprint("Puesto-", i, "-fin"), "")
	}
	found := func() (n int) {
		for _, suffix := range []string{"", "-wal"} {
			b, err := os.ReadFile(filepath.Join(dir, "people.db"+suffix))
			if err != nil {
				t.Fatal(err)
			}
			for _, word := range words {
				n += bytes.Count(b, []byte(word))
			}
		}
		return n
	}
	const people = 60 // several pages of everything
	for i := range people {
		s.Want(200, who(i), "PUT", me, map[string]any{"telephone": fmt.Sprintf("5550%06d", i), "email": fmt.Sprintf("viejo%d@example.org", i)}, "Idempotency-Key", "k")
		s.Want(200, who(i), "PUT", me, map[string]any{"telephone": fmt.Sprintf("5550%06d", i), "email": fmt.Sprintf("correo%d@example.org", i)})
		s.Want(200, admin, "PATCH", path(who(i)), map[string]any{"name": fmt.Sprint("Dicho-", strings.Repeat("largo", i%30))}, "If-Match", "*")
	}
	if n := found(); n < people*len(words)/2 {
		t.Fatalf("found only %d", n)
	}
	for i := range people {
		s.Want(200, admin, "POST", path(who((i*37)%people))+"/erase", nil)
	}
	servicetest.Eventually(t, "nothing is left in the files", func() bool { return found() == 0 })
}
