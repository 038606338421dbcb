package sqlitedoc

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// TestALogThatLacksWhatWasCommittedIsFound, by the index that a killed process leaves beside it: every frame of the log counts, and what is as it
// was left, or has no index, is not complained of.
func TestALogThatLacksWhatWasCommittedIsFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	d := opened(t, Config{Path: path})
	if err := d.Migrate(t.Context(), []docstore.Spec{{Name: "things"}}); err != nil {
		t.Fatal(err)
	}
	for n := range 20 {
		if err := d.Apply(t.Context(), []docstore.Write{{Kind: docstore.Insert, Collection: "things", ID: fmt.Sprint(n), Version: 1, Body: []byte(`{"a":1}`)}}); err != nil {
			t.Fatal(err)
		}
	}
	log, err := os.ReadFile(path + logSuffix)
	if err != nil || len(log) < 10*(frameHeader+4096) {
		t.Fatalf("a log of %d bytes: %v", len(log), err)
	}
	for name, c := range map[string]struct {
		harm func(path string) error
		lost bool
	}{
		"nothing":                  {func(string) error { return nil }, false},
		"the log removed":          {func(path string) error { return os.Remove(path + logSuffix) }, true},
		"the log emptied":          {func(path string) error { return os.Truncate(path+logSuffix, 0) }, true},
		"the last frame cut":       {func(path string) error { return os.Truncate(path+logSuffix, int64(len(log)-1)) }, true},
		"a bit of a page turned":   {func(path string) error { return turn(path+logSuffix, len(log)/2) }, true},
		"a bit of its head turned": {func(path string) error { return turn(path+logSuffix, 17) }, true},
		"no index":                 {func(path string) error { return errors.Join(os.Remove(path+logSuffix), os.Remove(path+indexSuffix)) }, false},
		"half an index": {func(path string) error {
			return errors.Join(os.Remove(path+logSuffix), os.Truncate(path+indexSuffix, 60))
		}, false},
		"a damaged index": {func(path string) error { return errors.Join(os.Remove(path+logSuffix), turn(path+indexSuffix, 16)) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			left := filepath.Join(t.TempDir(), "store.db") // as a kill leaves it
			for _, suffix := range []string{"", logSuffix, indexSuffix} {
				b, err := os.ReadFile(path + suffix)
				if err == nil {
					err = os.WriteFile(left+suffix, b, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := c.harm(left); err != nil {
				t.Fatal(err)
			}
			if err := CheckLog(left); (err != nil) != c.lost {
				t.Error(err)
			}
		})
	}
	if err := errors.Join(d.Close(t.Context()), CheckLog(path)); err != nil {
		t.Errorf("closed in good order: %v", err)
	}
}

func turn(path string, at int) error {
	b, err := os.ReadFile(path)
	if err == nil {
		b[at] ^= 1
		err = os.WriteFile(path, b, 0o600)
	}
	return err
}
