package describe_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
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
	defined, folders := 0, []string{"pkg/mx"}
	for _, p := range local.Parts() {
		folders = append(folders, "services/"+p.Name)
	}
	for _, folder := range folders {
		defined += definitions(t, filepath.Join("..", "..", "..", "..", folder), func(name string) {
			if len(served[name]) == 0 {
				t.Errorf("no service serves %s, of %s", name, folder)
			}
		})
	}
	if defined < 40 {
		t.Errorf("only %d vocabularies were found", defined)
	}
	if !slices.Equal(served["order_state"], []string{"workorder"}) || !slices.Contains(served["custody"], "asset") {
		t.Errorf("of others' words: %v, %v", served["order_state"], served["custody"])
	}
}

var definition = regexp.MustCompile(`[^\w]Define\("([a-z0-9_]+)"`)

// definitions calls each with the vocabularies that the folder's packages define, and counts them.
func definitions(t *testing.T, folder string, each func(name string)) (n int) {
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, found := range definition.FindAllSubmatch(source, -1) {
			n++
			each(string(found[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
