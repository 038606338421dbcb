package screens_test

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

const console = "../../../console/internal"

// sources calls f for each file of the console's screens.
func sources(t *testing.T, dir string, f func(path, text string)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_templ.go") || strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".templ") {
			return err
		}
		b, err := os.ReadFile(path)
		f(path, string(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

var (
	family = regexp.MustCompile(`(\w+)\s*=\s*(?:ui\.)?Words\(mx\.Define\("(\w+)"`)
	said   = regexp.MustCompile(`\b(\w+)\.(Say|Count)\("(\w+)"([),])`)
	named  = regexp.MustCompile(`(?:Label|Badge|Options|Known|Vocabulary)\("(\w+)"|Vocabulary: "(\w+)"|vocabulary: "(\w+)"`)
)

// TestEveryWordThatAScreenSaysIsThere reads the screens' source: a key that is missing would break the page that says it.
func TestEveryWordThatAScreenSaysIsThere(t *testing.T) {
	families := map[string]map[string]string{}
	sources(t, console, func(path, text string) {
		for _, m := range family.FindAllStringSubmatch(text, -1) {
			dir := filepath.Dir(path)
			if families[dir] == nil {
				families[dir] = map[string]string{}
			}
			families[dir][m[1]] = m[2]
		}
	})
	n := 0
	sources(t, console, func(path, text string) {
		for _, m := range said.FindAllStringSubmatch(text, -1) {
			vocabulary := families[filepath.Dir(path)][m[1]]
			if vocabulary == "" || m[4] == "" {
				continue
			}
			n++
			if m[2] == "Say" && !mx.Valid(vocabulary, m[3]) || m[2] == "Count" && (!mx.Valid(vocabulary, m[3]+"_one") || !mx.Valid(vocabulary, m[3]+"_many")) {
				t.Errorf("%s says %q, which %s lacks", path, m[3], vocabulary)
			}
		}
	})
	if n < 300 {
		t.Errorf("only %d sentences were found", n)
	}
}

// TestVocabulariesComeFromTheServices: a console of its own knows no vocabulary but those that GET /<service>/labels tells.
func TestVocabulariesComeFromTheServices(t *testing.T) {
	w := newWorld(t)
	served := map[string]bool{}
	for _, service := range []string{"asset", "workorder", "delivery", "status", "people"} {
		a := w.Ask(t, "", http.MethodGet, "/"+service+"/labels", nil)
		var all map[string]json.RawMessage
		if err := json.Unmarshal(a.Body, &all); err != nil {
			t.Fatal(err)
		}
		for name := range all {
			served[name] = true
		}
	}
	own := map[string]bool{"verification": true, "history_event": true, "role": true, "region": true}
	sources(t, console+"/screen", func(path, text string) {
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			if name := m[1] + m[2] + m[3]; name != "" && !served[name] && !own[name] {
				t.Errorf("%s uses the vocabulary %q, which no service tells", path, name)
			}
		}
	})
}
