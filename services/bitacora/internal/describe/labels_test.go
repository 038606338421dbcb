package describe_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/describe"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
)

// Whoever shows what the services answer finds the words for it there: a vocabulary that no field names is named by rest.Server.Uses.
func TestEveryVocabularyIsServedByTheServiceThatUsesIt(t *testing.T) {
	served := map[string][]string{}
	for _, p := range local.Parts() {
		s, err := describe.Build(p)
		if err != nil {
			t.Fatal(err)
		}
		for name, words := range s.Rest.Labels() {
			served[name] = append(served[name], p.Name)
			var values []string
			for _, w := range words {
				if values = append(values, w.Value); w.Spanish == "" || w.English == "" {
					t.Errorf("%s: %s of %s has no label", p.Name, w.Value, name)
				}
			}
			if !slices.Equal(values, mx.Values(name)) {
				t.Errorf("%s: %s is %v", p.Name, name, values)
			}
		}
	}
	for _, name := range mx.Vocabularies() {
		// What the single binary's door and the console's own screens say is in no service's answers.
		own := name == "service" || strings.HasPrefix(name, "console_") || strings.HasPrefix(name, "screen_")
		if len(served[name]) == 0 && !own {
			t.Errorf("no service serves %s", name)
		}
	}
	if !slices.Equal(served["order_state"], []string{"workorder"}) || !slices.Contains(served["custody"], "asset") {
		t.Errorf("of others' words: %v, %v", served["order_state"], served["custody"])
	}
}
