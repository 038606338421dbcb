package local_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
)

// What tests do to a folder.

// closedFolder is a copy of a folder after another start and a stop in good order.
func closedFolder(t *testing.T, dir string) string {
	t.Helper()
	to := copied(t, dir)
	start(t, to).Close(t)
	return to
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}

func removeAll(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

func swap(t *testing.T, dir, a, b string) {
	t.Helper()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(os.Rename(at(a), at("swapped")), os.Rename(at(b), at(a)), os.Rename(at("swapped"), at(b))); err != nil {
		t.Fatal(err)
	}
}

// overwrite fills a part of a file, as far as it goes, with rubbish.
func overwrite(t *testing.T, dir, name string, from, to int) {
	t.Helper()
	path := filepath.Join(dir, name)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	to = min(to, len(b))
	copy(b[from:to], bytes.Repeat([]byte("rubbish "), (to-from)/8+1))
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func halve(t *testing.T, dir, name string) {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, name))
	if err == nil {
		err = os.Truncate(filepath.Join(dir, name), info.Size()/2)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// replaceLog puts the log of one store beside another.
func replaceLog(t *testing.T, dir, from, beside, of string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(from, of+"-wal"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, beside+"-wal"), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func replaceAll(t *testing.T, dir, from string) {
	t.Helper()
	for _, p := range local.Parts() {
		replace(t, dir, from, p.Name+".db")
	}
}

// unmark makes a folder's stores and its broker what an earlier release left.
func unmark(t *testing.T, dir string) {
	t.Helper()
	for _, p := range local.Parts() {
		if err := sqlitedoc.Stamp(t.Context(), local.StorePath(dir, p.Name), sqlitedoc.Mark{}); err != nil {
			t.Fatal(err)
		}
	}
}
