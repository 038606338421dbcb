package event_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/eventtest"
)

type facts struct {
	Name string   `json:"name"`
	Note *string  `json:"note,omitempty"`
	Tags []string `json:"tags,omitempty"`
}

type thing struct {
	ID string `json:"id"`
	facts
	Seen string `json:"seen,omitempty"`
}

var errNoName = errors.New("no name")

var things = event.NewSet(event.Units, "thing")

var described = event.Described[thing, facts]{
	In: func(t *thing) *facts { return &t.facts },
	Valid: func(t *thing, was facts) error {
		if t.Name == "" {
			return errNoName
		}
		t.Seen = was.Name + ">" + t.Name
		return nil
	},
	Created: event.Define[facts](things, "thing.created", ""), Changed: event.Define[facts](things, "thing.changed", ""),
}

func TestDescriptiveFieldsAreCreatedAndChangedByOneRule(t *testing.T) {
	ctx, c := t.Context(), &eventtest.Memory[thing]{}
	if err := described.Create(ctx, c, "a", &thing{ID: "a"}); !errors.Is(err, errNoName) || len(c.Docs) > 0 {
		t.Errorf("created without a name: %v", err)
	}
	if err := described.Create(ctx, c, "a", &thing{ID: "a", facts: facts{Name: "x"}}); err != nil || c.Docs["a"].Seen != ">x" {
		t.Errorf("created as %+v, %v", c.Docs["a"], err)
	}
	refused := errors.New("refused")
	for want, edit := range map[error]func(*facts) error{
		errNoName: func(f *facts) error { f.Name = ""; return nil },
		refused:   func(f *facts) error { f.Name = "z"; return refused },
	} {
		if err := described.Change(ctx, c, "a", edit); !errors.Is(err, want) || c.Docs["a"].Name != "x" {
			t.Errorf("%v: %v, %+v", want, err, c.Docs["a"])
		}
	}
	if err := described.Change(ctx, c, "a", func(f *facts) error { f.Name = "y"; return nil }); err != nil || c.Docs["a"].Seen != "x>y" || c.Docs["a"].Name != "y" {
		t.Errorf("changed to %+v, %v", c.Docs["a"], err)
	}
	if len(c.Raised) != 2 || c.Raised[0].Type != described.Created.Type() || c.Raised[1].Type != described.Changed.Type() || c.Raised[1].Change.(facts).Name != "y" {
		t.Errorf("raised %+v", c.Raised)
	}
}

func TestAnEditNamesTheFieldsThatDifferAndRaisesNothingWhereNoneDoes(t *testing.T) {
	note := "n"
	for _, c := range []struct {
		to   facts
		want []string
	}{
		{facts{Name: "x", Tags: []string{"a"}}, nil},
		{facts{Name: "x", Note: &note, Tags: []string{"a"}}, []string{"note"}},
		{facts{Name: "y", Tags: []string{"b"}}, []string{"name", "tags"}},
	} {
		var names []string
		change := event.Edit(described.In, func(f *facts) error { *f = c.to; return nil }, func(*thing, facts) error { return nil },
			func(_ facts, differ []string) event.Event { names = differ; return event.Event{} })
		events, err := change(&thing{facts: facts{Name: "x", Tags: []string{"a"}}})
		if err != nil || !slices.Equal(names, c.want) || len(events) != min(1, len(c.want)) {
			t.Errorf("%+v: %v, %d events, %v", c.to, names, len(events), err)
		}
	}
}
