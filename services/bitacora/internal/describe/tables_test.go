package describe_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/describe"
)

// Who may run what, and what a word is called, changes in a file that is reviewed, or not at all.
func TestTheReviewedTablesAreWhatTheOperationsAndVocabulariesSay(t *testing.T) {
	files, err := describe.Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"permissions.md", "labels.md"} {
		is, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "api", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(is, files[name]) {
			t.Errorf("api/%s is not what the code says: run `make generate`, and look at what it changes", name)
		}
	}
}
