package local_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
	console "github.com/bitacora-salud/bitacora/services/console/app"
)

func TestWhichDemonstrationIsConfigured(t *testing.T) {
	for text, want := range map[string]local.Demo{"off": local.DemoOff, "false": local.DemoOff, "0": local.DemoOff, "small": local.DemoSmall, "full": local.DemoFull, "true": local.DemoFull, "1": local.DemoFull} {
		var d local.Demo
		if err := d.UnmarshalText([]byte(text)); err != nil || d != want {
			t.Errorf("%s: %q, %v", text, d, err)
		}
	}
	var d local.Demo
	if err := d.UnmarshalText([]byte("large")); err == nil || !strings.Contains(err.Error(), "off, small or full") {
		t.Errorf("large: %v", err)
	}
}

// full serves a folder in which the full demonstration is to be made.
func full(t *testing.T, dir string) installation {
	t.Helper()
	cfg := localtest.Settings(dir)
	cfg.Demo = local.DemoFull
	return localtest.Open(t, cfg)
}

// past is when the demonstration of these tests happens.
var past = time.Date(2025, 3, 4, 5, 6, 7, 0, time.UTC)

// making registers a unit as who makes the demonstration does, at that time, which is its own: the clock stands at the end of its hours.
func making(t *testing.T, i installation, at time.Time, id string) {
	t.Helper()
	s := i.Stage()
	s.Move(at.Add(3 * time.Hour))
	tokens := func(name string) (string, error) {
		return s.Token(devissuer.User{Name: name, Subject: name, Grants: []string{"admin@nation"}})
	}
	c := client.New(client.Config{Base: func(string) string { return "http://bitacora" }, Tokens: tokens, HTTP: &http.Client{Transport: console.InProcess(s.Handler)}})
	var u struct {
		At time.Time `json:"registered_at"`
	}
	if _, err := c.Done(event.WithCause(t.Context(), event.At(at)), client.Request{User: "admin", Method: http.MethodPost, Path: "/v1/units", Body: object{"id": id, "name": id, "state_code": "03"}}, &u); err != nil {
		t.Fatal(err)
	}
	if !u.At.Equal(at) {
		t.Errorf("registered at %s, made at %s", u.At, at)
	}
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func units(t *testing.T, i installation) int {
	t.Helper()
	items, _ := i.Want(t, "auditor", http.MethodGet, "/v1/units", nil)["items"].([]any)
	return len(items)
}

// TestTheFullDemonstrationIsMadeByAMovedClock, while nobody else is served; then the clock is the real one.
func TestTheFullDemonstrationIsMadeByAMovedClock(t *testing.T) {
	dir := t.TempDir()
	i := full(t, dir)
	register := object{"id": "OTRA", "name": "Otra", "state_code": "03"}
	err := i.LoadDemo(func() error {
		making(t, i, past, "DEMO-1")
		for path, want := range map[string]int{"/v1/units": 503, "/readyz": 503, "/healthz": 200, "/asset/docs": 200} {
			if a := i.Ask(t, "admin", http.MethodGet, path, nil); a.Status != want {
				t.Errorf("%s while it is made: %s, want %d", path, a, want)
			}
		}
		i.Stage().Progress(3, 7)
		for path, want := range map[string]string{"/": "2", "/nacion?cifra=ordenes": "2", "/entrar": "2", "/nada": "2"} {
			a := i.Ask(t, "", http.MethodGet, path, nil)
			if a.Status != http.StatusServiceUnavailable || a.Header.Get("Refresh") != want || !strings.Contains(string(a.Body), "Se está cargando la demostración") || !strings.Contains(string(a.Body), "Va en 42 %") {
				t.Errorf("the page %s while it is made: %s, %s\n%.600s", path, a, a.Header.Get("Refresh"), a.Body)
			}
		}
		if a := i.Ask(t, "", http.MethodPost, "/entrar", object{}); a.Header.Get("Refresh") != "2; url=/" {
			t.Errorf("a form while it is made: %s, %s", a, a.Header.Get("Refresh"))
		}
		if a := i.Ask(t, "admin", http.MethodPost, "/v1/units", register); a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
			t.Errorf("a write while it is made: %s", a)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if a := i.Ask(t, "", http.MethodGet, "/", nil); a.Status != http.StatusOK || a.Header.Get("Refresh") != "" {
		t.Errorf("the first page afterwards: %s", a)
	}
	at, err := time.Parse(time.RFC3339, i.Want(t, "admin", http.MethodPost, "/v1/units", register)["registered_at"].(string))
	if err != nil || time.Since(at) > time.Minute || units(t, i) != 2 {
		t.Errorf("afterwards: registered at %s, %v, %d units", at, err, units(t, i))
	}
	i.Close(t)
	i = full(t, dir)
	defer i.Close(t)
	if err := i.LoadDemo(func() error { t.Error("made twice"); return nil }); err != nil || units(t, i) != 2 {
		t.Errorf("at the next start: %v, %d units", err, units(t, i))
	}
}

// TestAMakingThatWasCutOffLeavesNothing: the next start begins from nothing, whichever demonstration it is to load, and whether or not its own
// removal is cut off too.
func TestAMakingThatWasCutOffLeavesNothing(t *testing.T) {
	broken := errors.New("cut off")
	cut := func(t *testing.T) (dir string) {
		dir = t.TempDir()
		i := full(t, dir)
		if err := i.LoadDemo(func() error { making(t, i, past, "DEMO-1"); return broken }); !errors.Is(err, broken) {
			t.Fatal(err)
		}
		i.Close(t)
		return dir
	}
	t.Run("and is made at the next", func(t *testing.T) {
		dir := cut(t)
		if err := os.Remove(filepath.Join(dir, "asset.db")); err != nil { // as the removal does, which was cut off
			t.Fatal(err)
		}
		i := full(t, dir)
		defer i.Close(t)
		if err := i.LoadDemo(func() error { making(t, i, past, "DEMO-2"); return nil }); err != nil || units(t, i) != 1 {
			t.Errorf("%v, %d units", err, units(t, i))
		}
	})
	t.Run("and none is made", func(t *testing.T) {
		dir := cut(t)
		for range 2 {
			i := start(t, dir)
			if n := units(t, i); n != 0 {
				t.Errorf("%d units", n)
			}
			i.Close(t)
		}
	})
}

// TestAmongDocumentsNoFullDemonstrationIsMade: the clock does not go back among what somebody wrote, nor is anything of theirs taken away, also where
// an earlier release, which knows nothing of it, has served the folder in which a making was cut off.
func TestAmongDocumentsNoFullDemonstrationIsMade(t *testing.T) {
	dir := t.TempDir()
	i := start(t, dir)
	i.Want(t, "admin", http.MethodPost, "/v1/units", object{"id": "MIA", "name": "Mía", "state_code": "03"})
	i.Close(t)
	for _, left := range []string{"", `{"installation":1,"generation":1}`, "{"} {
		if left != "" {
			write(t, dir, "demo.loading", left)
		}
		i = full(t, dir)
		if err := i.LoadDemo(func() error { t.Error("made among documents"); return nil }); err != nil || units(t, i) != 1 {
			t.Errorf("%q: %v, %d units", left, err, units(t, i))
		}
		i.Close(t)
	}
}
