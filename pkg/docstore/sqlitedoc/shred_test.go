package sqlitedoc

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// TestWhatIsScrubbedIsNowhereInTheFiles: what was overwritten or deleted in a store that shreds is zeros in the file, and the log is empty, also while
// others read. A store that does not shred keeps it in pages that it will use again: the check sees what there is to see.
func TestWhatIsScrubbedIsNowhereInTheFiles(t *testing.T) {
	for _, shreds := range []bool{true, false} {
		path := filepath.Join(t.TempDir(), "store.db")
		d, err := Open(t.Context(), Config{Path: path, Shreds: shreds})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close(context.WithoutCancel(t.Context())) })
		specs := []docstore.Spec{{Name: "people", Indexes: []docstore.Index{{Fields: []string{"name"}}, {Array: "labels"}}}}
		if err := d.Migrate(t.Context(), specs); err != nil {
			t.Fatal(err)
		}
		const documents = 300
		write := func(kind docstore.WriteKind, version int64, body func(i int) string) {
			t.Helper()
			var writes []docstore.Write
			for i := range documents {
				writes = append(writes, docstore.Write{Kind: kind, Collection: "people", ID: fmt.Sprint("p", i), Expect: version - 1, Version: version, Body: []byte(body(i))})
			}
			if err := d.Apply(t.Context(), writes); err != nil {
				t.Fatal(err)
			}
		}
		write(docstore.Insert, 1, func(i int) string {
			return fmt.Sprintf(`{"name":"secreto%d","labels":["secreto%d"],"note":"%s","_scope":["nation","unit:A"]}`, i, i, strings.Repeat("secreto ", i%700))
		})
		write(docstore.Put, 2, func(int) string { return `{"_scope":["nation"]}` })
		if err := d.Scrub(t.Context()); err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, suffix := range []string{"", "-wal"} {
			b, err := os.ReadFile(path + suffix)
			if err != nil {
				t.Fatal(err)
			}
			n += bytes.Count(b, []byte("secreto"))
		}
		if shreds != (n == 0) {
			t.Errorf("a store that shreds (%v) holds it %d times", shreds, n)
		}
		if docs, err := d.Load(t.Context(), "people", []string{"p7"}); err != nil || len(docs) != 1 || docs[0].Version != 2 {
			t.Errorf("%v, %v", docs, err)
		}
	}
}
