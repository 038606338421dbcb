package devissuer_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
)

// identity is what a realm says of somebody who can get tokens.
type identity struct {
	ID, Called, Title, Secret string
	Grants                    []string
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile("../../../deploy/keycloak/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// TestRealmHoldsTheDemoUsers: the realm file repeats the one table of demo users, as people and as clients; they may not drift apart.
func TestRealmHoldsTheDemoUsers(t *testing.T) {
	var realm struct {
		Clients []struct{ ClientID, Name, Secret string }
		Users   []struct {
			ID, Username, FirstName, LastName, ServiceAccountClientID string
			Attributes                                                map[string][]string
			Credentials                                               []struct{ Value string }
		}
	}
	read(t, "realm.json", &realm)
	people, machines := map[string]identity{}, map[string]identity{}
	for _, c := range realm.Clients {
		if c.Secret != "" { // the other one is people's
			machines[c.ClientID] = identity{Title: c.Name, Secret: c.Secret}
		}
	}
	for _, u := range realm.Users {
		grants := u.Attributes[auth.DefaultGrantsClaim]
		if client := u.ServiceAccountClientID; client != "" {
			m := machines[client]
			m.Grants = grants
			machines[client] = m
			continue
		}
		people[u.Username] = identity{ID: u.ID, Called: u.FirstName + " " + u.LastName, Title: u.Attributes[auth.PostClaim][0], Secret: u.Credentials[0].Value, Grants: grants}
	}
	wantPeople, wantMachines := map[string]identity{}, map[string]identity{}
	for _, u := range devissuer.Users() {
		wantPeople[u.Name] = identity{u.Subject, u.Given + " " + u.Family, u.Title, "demo-" + u.Name, u.Grants}
		wantMachines["demo-"+u.Name] = identity{"", "", u.Title, "demo-" + u.Name, u.Grants}
	}
	if diff := cmp.Diff(wantPeople, people); diff != "" {
		t.Errorf("people (-table +realm.json):\n%s", diff)
	}
	if diff := cmp.Diff(wantMachines, machines); diff != "" {
		t.Errorf("clients (-table +realm.json):\n%s", diff)
	}

	var clients map[string]struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	read(t, "clients.json", &clients)
	for _, name := range slices.Sorted(maps.Keys(clients)) {
		if c, m := clients[name], machines[clients[name].ID]; c.ID != "demo-"+name || m.Secret == "" || c.Secret != m.Secret {
			t.Errorf("clients.json: %s is %s, which is not that client of realm.json", name, c.ID)
		}
	}
}
