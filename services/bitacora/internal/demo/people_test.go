package demo_test

import (
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

// TestTheDemoUsersAreInTheDirectory with names and posts, their technician in his office; however often they come.
func TestTheDemoUsersAreInTheDirectory(t *testing.T) {
	w := localtest.Start(t, t.TempDir())
	for range 2 {
		if err := demo.People(t.Context(), w.URL, w.Tokens); err != nil {
			t.Fatal(err)
		}
	}
	people := map[string]map[string]any{}
	for _, p := range listed(t, w.Client, "/v1/people", nil) {
		people[p["id"].(string)] = p
	}
	for _, u := range devissuer.Users() {
		if p := people[u.Subject]; p["name"] != u.Given+" "+u.Family || p["post"] != u.Title {
			t.Errorf("%s is %v", u.Name, p)
		}
	}
	if p := people[devissuer.Subject("technician")]; p["office"] != "baja-california-sur" {
		t.Errorf("the technician is %v", p)
	}
}
