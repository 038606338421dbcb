package service_test

import (
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

// TestRepeatsAreForgotten: a running service forgets the commands whose day is over, and only those.
func TestRepeatsAreForgotten(t *testing.T) {
	w := servicetest.Open(t)
	driver := servicetest.SQLite(t)
	ctx := caller.AsSystem(t.Context(), "test")
	store := docstore.NewStore(driver, docstore.Options{})
	if err := store.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	put := func(id, at string) {
		body := `{"subject":"s","key":"k","hash":"h","version":1,"at":"` + at + `","_scope":["nation"]}`
		if err := driver.Apply(ctx, []docstore.Write{{Kind: docstore.Insert, Collection: "command_repeats", ID: id, Version: 1, Body: []byte(body)}}); err != nil {
			t.Fatal(err)
		}
	}
	put("old", "2025-08-08T16:00:00.000Z")
	put("new", store.Now().String())
	w.Start(t, toy, driver)
	kept := func() int {
		docs, err := driver.Load(ctx, "command_repeats", []string{"old", "new"})
		if err != nil {
			t.Fatal(err)
		}
		return len(docs)
	}
	servicetest.Eventually(t, "the old one is forgotten", func() bool { return kept() == 1 })
}
