package describe_test

import (
	"bytes"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/describe"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/scenario"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// compiled are the generated schemas by event type, read as a reader would who has the folder: what they refer to is found beside them.
func compiled(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	files, err := describe.Files()
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	const base = "file:///api/"
	for name, content := range eventFiles(files) {
		parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(base+name, parsed); err != nil {
			t.Fatal(err)
		}
	}
	out := map[string]*jsonschema.Schema{}
	publishing, err := describe.Publishing()
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range publishing {
		for _, d := range spec.Events.Definitions() {
			if out[d.Type()], err = c.Compile(base + describe.SchemaFile(d)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return out
}

func eventFiles(files map[string][]byte) map[string][]byte {
	out := maps.Clone(files)
	maps.DeleteFunc(out, func(name string, _ []byte) bool { return !strings.HasPrefix(name, "events/") })
	return out
}

// TestRealEventsFitTheirSchemas runs the demonstration and the scenario, and holds every record that came of it against the schema of its
// type. What is private is in none of them.
func TestRealEventsFitTheirSchemas(t *testing.T) {
	w := localtest.Start(t, t.TempDir())
	if err := demo.Load(t.Context(), w.URL, w.Tokens); err != nil {
		t.Fatal(err)
	}
	if err := scenario.Run(t.Context(), scenario.Config{Client: w.Client, Contractor: devissuer.DemoContractorA, Out: t.Output()}); err != nil {
		t.Fatal(err)
	}
	known, seen := compiled(t), map[string]int{}
	all := consume.NewReplay(w.Bus, "test.everything", event.TopicNames())
	_, err := all.ToEnd(t.Context(), func(r event.Record) error {
		e, err := event.Decode(r)
		if err != nil {
			return err
		}
		seen[e.Type]++
		if strings.HasSuffix(e.Type, ".snapshot.v1") {
			return nil
		}
		schema := known[e.Type]
		if schema == nil {
			t.Fatalf("%s is published and has no schema", e.Type)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(r.Value))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v\n%s", e.Type, err, r.Value)
		}
		if bytes.Contains(r.Value, []byte(`"complaint"`)) {
			t.Errorf("%s carries the complaint: %s", e.Type, r.Value)
		}
		return nil
	})
	if err := errors.Join(err, all.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"asset.registered", "asset.functioning_changed", "stock_item.received", "delivery.confirmed", "work_order.accepted", "work_order.held", "contract_budget.committed", "unit.registered"} {
		if seen["mx.bitacora."+want+".v1"] == 0 {
			t.Errorf("the scenario raises %s, but none was seen", want)
		}
	}
}
