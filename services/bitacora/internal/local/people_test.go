package local_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/damage"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

// without makes of what a folder remembers what a release leaves that knows no directory.
func without(dir string) error {
	name := filepath.Join(dir, "installation.json")
	raw, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var marks map[string]any
	if err := json.Unmarshal(raw, &marks); err != nil {
		return err
	}
	marks["stores"] = slices.DeleteFunc(marks["stores"].([]any), func(s any) bool { return s == "people" })
	raw, err = json.Marshal(marks)
	return errors.Join(err, os.WriteFile(name, raw, 0o600))
}

// TestAFolderOfAReleaseWithoutTheDirectoryGetsOne: an installation that is upgraded starts as before. So does one whose folder was adopted, and one
// that is restored from a backup of that release.
func TestAFolderOfAReleaseWithoutTheDirectoryGetsOne(t *testing.T) {
	dir, kept, restored := t.TempDir(), filepath.Join(t.TempDir(), "kept"), filepath.Join(t.TempDir(), "restored")
	known := func(dir string) {
		t.Helper()
		i := start(t, dir)
		if got := i.Want(t, "planner", "GET", "/v1/people/me", nil); got["grants"] == nil {
			t.Errorf("%v", got)
		}
		i.Close(t)
	}
	known(dir)
	gone := damage.All(damage.Removed("people.db"), without)
	if err := gone(dir); err != nil {
		t.Fatal(err)
	}
	known(dir)
	if err := errors.Join(gone(dir), local.Adopt(t.Context(), dir)); err != nil {
		t.Fatal(err)
	}
	known(dir)

	backup(t, dir, kept)
	manifest := filepath.Join(kept, "backup.json")
	raw, err := os.ReadFile(manifest)
	var m local.Manifest
	if err = errors.Join(err, json.Unmarshal(raw, &m), os.Remove(filepath.Join(kept, "people.db"))); err != nil {
		t.Fatal(err)
	}
	delete(m.Files, "people.db")
	raw, err = json.Marshal(m)
	if err = errors.Join(err, os.WriteFile(manifest, raw, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := local.Restore(t.Context(), kept, restored, time.Now()); err != nil {
		t.Fatal(err)
	}
	known(restored)
}

// TestTheDirectoryIsKeptOverAReleaseThatDoesNotKnowIt: after a rollback its store is of an earlier time than the others, and right. Once this release
// has served it, it is one of the stores that must be there.
func TestTheDirectoryIsKeptOverAReleaseThatDoesNotKnowIt(t *testing.T) {
	dir := t.TempDir()
	i := start(t, dir)
	i.Want(t, "planner", "PUT", "/v1/people/me", object{"telephone": "55 1234 5678"})
	i.Close(t)
	path := local.StorePath(dir, "people")
	aside, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // as the release before starts on it
		if err := damage.All(damage.Removed("people.db"), without)(dir); err != nil {
			t.Fatal(err)
		}
		start(t, dir).Close(t)
	}
	if err := errors.Join(os.WriteFile(path, aside, 0o600), without(dir)); err != nil {
		t.Fatal(err)
	}
	again := localtest.Open(t, localtest.Settings(dir))
	if got := again.Want(t, "planner", "GET", "/v1/people/me", nil); got["telephone"] != "55 1234 5678" {
		t.Errorf("%v", got)
	}
	again.Close(t)
	if err := damage.Removed("people.db")(dir); err != nil {
		t.Fatal(err)
	}
	if said := refusal(t, dir); !strings.Contains(said, "people.db is missing") {
		t.Error(said)
	}
}
