package equipment

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/eventtest"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

func bed() Facts { return Facts{NameES: "Cama", Category: "furniture", Tracking: "tagged"} }

func TestATypeIsAddedAndChangedByTheSameRules(t *testing.T) {
	for _, c := range []struct {
		name string
		key  string
		edit func(*Facts)
		rule string
	}{
		{"as it was", "bed", func(*Facts) {}, ""},
		{"all of it", "bed", func(f *Facts) {
			*f = Facts{NameES: "Grúa", NameEN: "Hoist", Category: "medical_equipment", Tracking: "serialised"}
		}, ""},
		{"with a synonym of 161 letters", "bed", func(f *Facts) { f.Synonyms = []string{strings.Repeat("x", 161)} }, "synonym-too-long"},
		{"without a name", "bed", func(f *Facts) { f.NameES = "" }, "name-missing"},
		{"of no category", "bed", func(f *Facts) { f.Category = "toys" }, "value-unknown"},
		{"kept track of by nobody", "bed", func(f *Facts) { f.Tracking = "" }, "value-unknown"},
		{"key of one letter", "b", func(*Facts) {}, "type-key-shape"},
		{"key in capitals", "Bed", func(*Facts) {}, "type-key-shape"},
	} {
		ctx, types := context.Background(), &eventtest.Memory[Type]{}
		do := Commands{Types: types, Now: func(context.Context) event.Time { return event.Time{} }}
		want := bed()
		c.edit(&want)
		if f := fault.As(do.Create(ctx, "t", Create{Key: c.key, Facts: want})); (f == nil) != (c.rule == "") || f != nil && f.Rule != c.rule {
			t.Errorf("added %s: %v", c.name, f)
		}
		if c.key != "bed" {
			continue
		}
		types = eventtest.Of("t", Type{ID: "t", Key: "bed", Facts: bed()})
		do.Types = types
		f := fault.As(do.Change(ctx, "t", func(f *Facts) error { c.edit(f); return nil }))
		if (f == nil) != (c.rule == "") || f != nil && f.Rule != c.rule || c.rule != "" && types.Docs["t"].NameES != "Cama" {
			t.Errorf("changed to %s: %v, %+v", c.name, f, types.Docs["t"])
		}
		if raised := len(types.Raised) == 1; raised != (c.rule == "" && want.NameEN != "") {
			t.Errorf("changed to %s: %d events", c.name, len(types.Raised))
		}
	}
}

// TestASynonymIsKeptOnce: in the spelling that came first, and none that is the type's name already.
func TestASynonymIsKeptOnce(t *testing.T) {
	ctx, types := context.Background(), &eventtest.Memory[Type]{}
	facts := bed()
	facts.Synonyms = []string{" Cama  de hospital", "CAMA-DE HOSPITAL", "cama", "", "Cama clínica"}
	if err := (Commands{Types: types, Now: func(context.Context) event.Time { return event.Time{} }}).Create(ctx, "t", Create{Key: "bed", Facts: facts}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"bed", "Cama", "", "Cama de hospital", "Cama clínica"}, types.Docs["t"].Names()); diff != "" {
		t.Error(diff)
	}
}
