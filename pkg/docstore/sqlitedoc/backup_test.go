package sqlitedoc

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// TestBackupIsOneInstant copies two stores while a writer puts number n into the first and then into the second: no copy may show a
// number in the second that the first does not have, and the first is at most one ahead.
func TestBackupIsOneInstant(t *testing.T) {
	dir := t.TempDir()
	spec := []docstore.Spec{{Name: "things"}}
	var stores [2]*Driver
	var copies []Copy
	for i, name := range []string{"first", "second"} {
		path := filepath.Join(dir, name+".db")
		d, err := Open(t.Context(), Config{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := d.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
		if err := d.Migrate(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		stores[i] = d
		copies = append(copies, Copy{From: path})
	}
	stop, first := make(chan struct{}), make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for n := int64(1); ; n++ {
			for _, d := range stores {
				w := docstore.Write{Kind: docstore.Put, Collection: "things", ID: "a", Version: n, Body: []byte(`{"_scope":["nation"]}`)}
				if err := d.Apply(t.Context(), []docstore.Write{w}); err != nil {
					t.Error(err)
					return
				}
			}
			if n == 1 {
				close(first)
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	<-first
	last := int64(0)
	for round := range 20 {
		sub := filepath.Join(dir, "copy", time.Duration(round).String())
		if err := os.MkdirAll(sub, 0o700); err != nil {
			t.Fatal(err)
		}
		for i := range copies {
			copies[i].To = filepath.Join(sub, filepath.Base(copies[i].From))
		}
		if err := Backup(t.Context(), copies); err != nil {
			t.Fatal(err)
		}
		a, b := version(t, copies[0].To), version(t, copies[1].To)
		if a != b && a != b+1 || a < last {
			t.Errorf("round %d: the copies show %d and %d after %d", round, a, b, last)
		}
		last = a
	}
	close(stop)
	writer.Wait()
}

func version(t *testing.T, path string) (n int64) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), `SELECT version FROM "things" WHERE id = 'a'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestBackupRefuses(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "there.db")
	d, err := Open(t.Context(), Config{Path: there})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]Copy{
		"exists":       {From: there, To: there},
		"no such file": {From: filepath.Join(dir, "none.db"), To: filepath.Join(dir, "copy.db")},
	} {
		if err := Backup(t.Context(), []Copy{c}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestExamine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	d, err := Open(t.Context(), Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(t.Context(), []docstore.Spec{{Name: "things"}}); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := Examine(t.Context(), path); err != nil {
		t.Errorf("a sound store: %v", err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 2048; i < len(content); i++ {
		content[i] ^= 0x55
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Examine(t.Context(), path); err == nil {
		t.Error("a spoilt store was found to be sound")
	}
}
