package sqlitedoc

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

func opened(t *testing.T, cfg Config) *Driver {
	t.Helper()
	d, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_ = d.Close(ctx) // it may be closed already
	})
	return d
}

// A mark is in the file itself, not only in the log beside it; whoever opens the store without one leaves it.
func TestMarkIsInTheFileItself(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	if _, exists, err := ReadMark(path); exists || err != nil {
		t.Errorf("of no file: %v %v", exists, err)
	}
	for _, mark := range []Mark{{Owner: 0xfedcba98, Generation: 1}, {Owner: 0xfedcba98, Generation: 2}} {
		d := opened(t, Config{Path: path, Mark: &mark})
		if got, exists, err := ReadMark(path); got != mark || !exists || err != nil {
			t.Errorf("while it is open: %+v %v %v, want %+v", got, exists, err, mark)
		}
		if err := d.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := opened(t, Config{Path: path}).Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, _, err := ReadMark(path); got != mark || err != nil {
			t.Errorf("after it was opened without one: %+v %v, want %+v", got, err, mark)
		}
	}
	if err := os.WriteFile(path, []byte("something else that is longer than a header of a hundred bytes, which is what SQLite's files begin with, all of them"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ReadMark(path); err == nil {
		t.Error("a file that is no store has a mark")
	}
}

// Files that are removed or replaced under a store in use are noticed by the next write, which is not acknowledged, and by whoever asks whether
// all is well.
func TestRemovedOrReplacedFilesTakeNoWrites(t *testing.T) {
	specs := []docstore.Spec{{Name: "things"}}
	write := func(d *Driver, id string) error {
		return d.Apply(t.Context(), []docstore.Write{{Kind: docstore.Insert, Collection: "things", ID: id, Version: 1, Body: []byte(`{"a":1}`)}})
	}
	for name, harm := range map[string]func(path string) error{
		"the file removed": os.Remove,
		"the log removed":  func(path string) error { return os.Remove(path + logSuffix) },
		"the folder moved away": func(path string) error {
			return os.Rename(filepath.Dir(path), filepath.Dir(path)+".away")
		},
		"the file replaced by a copy": func(path string) error {
			b, err := os.ReadFile(path)
			return errors.Join(err, os.Remove(path), os.WriteFile(path, b, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "folder", "store.db")
			d := opened(t, Config{Path: path})
			if err := d.Migrate(t.Context(), specs); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(write(d, "one"), d.Check(t.Context(), specs)); err != nil {
				t.Fatal(err)
			}
			if err := harm(path); err != nil {
				t.Fatal(err)
			}
			if err := write(d, "two"); !errors.Is(err, docstore.ErrUnavailable) {
				t.Errorf("a write is answered %v", err)
			}
			if err := d.Check(t.Context(), specs); err == nil {
				t.Error("whoever asks is told that all is well")
			}
		})
	}
}
