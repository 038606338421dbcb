package local_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/event/relay"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

func backup(t *testing.T, dir, to string) *local.Manifest {
	t.Helper()
	m, err := local.Backup(t.Context(), dir, to, "test", time.Now(), localtest.Logger(t))
	if err != nil {
		t.Fatalf("back up: %v", err)
	}
	return m
}

// answers are what an auditor is told of everything.
func answers(t *testing.T, i installation) string {
	t.Helper()
	var all []string
	for _, path := range []string{"/v1/status/units/BSIST000014", "/v1/status/offices/baja-california-sur", "/v1/status/states/03", "/v1/status/nation", "/v1/assets", "/v1/stock", "/v1/work-orders", "/v1/deliveries"} {
		body := i.Want(t, "auditor", "GET", path, nil)
		delete(body, "as_of")
		encoded, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(encoded))
	}
	return strings.Join(all, "\n")
}

// TestBackupAndRestore backs a served folder up, writes on, restores the backup elsewhere: there is what was there at the backup, and it
// goes on from there.
func TestBackupAndRestore(t *testing.T) {
	dir, keep := t.TempDir(), t.TempDir()
	i := start(t, dir)
	bed := object{"unit_id": "BSIST000014", "type_id": santaRosalia(t, i), "functioning": "working"}
	before := answers(t, i)
	kept := filepath.Join(keep, "monday")
	m := backup(t, dir, kept)
	if _, err := local.Backup(t.Context(), dir, kept, "test", time.Now(), localtest.Logger(t)); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("a second backup to the same folder: %v", err)
	}
	if counts, err := local.Survey(t.Context(), dir, localtest.Logger(t)); err != nil {
		t.Error(err)
	} else if diff := cmp.Diff(documents(m.Counts), documents(counts)); diff != "" {
		t.Errorf("what is served and what was backed up (-backup +served):\n%s", diff)
	}
	i.Want(t, "engineer-bcs", "POST", "/v1/assets", bed)
	i.Close(t)

	into := filepath.Join(keep, "restored")
	if _, err := local.Restore(t.Context(), kept, into, time.Now()); err != nil {
		t.Fatalf("restore: %v", err)
	}
	if counts, err := local.Survey(t.Context(), into, localtest.Logger(t)); err != nil {
		t.Error(err)
	} else if diff := cmp.Diff(m.Counts, counts); diff != "" {
		t.Errorf("what was restored (-backup +restored):\n%s", diff)
	}
	if _, err := local.Restore(t.Context(), kept, into, time.Now()); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a restore over a store: %v", err)
	}
	again := localtest.Start(t, into)
	servicetest.Eventually(t, "the answers are those of the backup", func() bool { return answers(t, again) == before })
	again.Want(t, "engineer-bcs", "POST", "/v1/assets", bed)
	servicetest.Eventually(t, "what is written afterwards is counted", func() bool {
		return beds(t, again) == 3
	})
	for _, s := range again.Services {
		_, topics, err := relay.Survey(t.Context(), s.Store, again.Bus)
		if err != nil {
			t.Fatal(err)
		}
		for _, topic := range topics {
			if !topic.Agrees() || topic.Missing > 0 {
				t.Errorf("the new topics do not agree with the documents: %+v", topic)
			}
		}
	}
}

// documents are the numbers of documents in the collections that a running service leaves alone.
func documents(c local.Counts) map[string]int64 {
	out := map[string]int64{}
	for name, counts := range c {
		for _, n := range counts {
			if name != "status" {
				out[name+"/"+n.Collection] = n.Documents
			}
		}
	}
	return out
}

// TestTopicsAheadAreNoticed puts an older store under topics that are ahead of it.
func TestTopicsAheadAreNoticed(t *testing.T) {
	dir, keep := t.TempDir(), filepath.Join(t.TempDir(), "older")
	i := start(t, dir)
	plant := santaRosalia(t, i)
	backup(t, dir, keep)
	for range 3 {
		i.Want(t, "engineer-bcs", "POST", "/v1/assets", object{"unit_id": "BSIST000014", "type_id": plant, "functioning": "working"})
	}
	i.Close(t)
	for _, p := range local.Parts() {
		path := local.StorePath(dir, p.Name)
		content, err := os.ReadFile(local.StorePath(keep, p.Name))
		if err := errors.Join(err, os.Remove(path), os.WriteFile(path, content, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	i = localtest.Start(t, dir)
	servicetest.Eventually(t, "three assets are found that the store does not know", func() bool {
		_, topics, err := relay.Survey(t.Context(), i.Services[0].Store, i.Bus)
		if err != nil {
			t.Fatal(err)
		}
		for _, topic := range topics {
			if topic.Topic == "bitacora.assets" {
				return topic.Unknown == 3 && !topic.Agrees()
			}
		}
		return false
	})
}

// oneUnit is a folder that was served, and holds a unit.
func oneUnit(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	i := start(t, dir)
	i.Want(t, "admin", "POST", "/v1/units", object{"clues": "BSIST000014", "name": "Santa Rosalía"})
	i.Close(t)
	return dir
}

// TestRestoreCutOff begins with every folder that a cut-off restore can leave behind.
func TestRestoreCutOff(t *testing.T) {
	dir, keep := oneUnit(t), filepath.Join(t.TempDir(), "kept")
	m := backup(t, dir, keep)
	into := t.TempDir()
	// Backups may lie on the same volume.
	beside := filepath.Join(into, "backups", "A")
	if err := os.CopyFS(beside, os.DirFS(keep)); err != nil {
		t.Fatal(err)
	}
	keep = beside
	for _, name := range []string{"restore.unfinished", "asset.db", "status.db", "README"} {
		write(t, into, name, "half")
	}
	if _, err := local.Start(t.Context(), localtest.Settings(into), "test", localtest.Logger(t)); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("half a folder was served: %v", err)
	}
	if _, err := local.Backup(t.Context(), into, filepath.Join(t.TempDir(), "half"), "test", time.Now(), localtest.Logger(t)); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("half a folder was backed up: %v", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := local.Restore(cancelled, keep, into, time.Now()); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled restore: %v", err)
	}
	if _, err := local.Restore(t.Context(), keep, into, time.Now()); err != nil {
		t.Fatalf("the restore again: %v", err)
	}
	counts, err := local.Survey(t.Context(), into, localtest.Logger(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m.Counts, counts); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"README", filepath.Join("backups", "A", "backup.json")} {
		if _, err := os.Stat(filepath.Join(into, name)); err != nil {
			t.Errorf("what is no part of an installation was taken away: %v", err)
		}
	}
	for _, inside := range []string{into, filepath.Join(into, "broker", "A")} {
		if _, err := local.Backup(t.Context(), into, inside, "test", time.Now(), localtest.Logger(t)); err == nil {
			t.Errorf("backed up into %s", inside)
		}
	}
}

// TestSpoiltBackupIsRefused changes each file of a backup in turn.
func TestSpoiltBackupIsRefused(t *testing.T) {
	dir, keep := oneUnit(t), filepath.Join(t.TempDir(), "kept")
	for name := range backup(t, dir, keep).Files {
		whole, err := os.ReadFile(filepath.Join(keep, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		spoilt := append([]byte(nil), whole...)
		spoilt[len(spoilt)/2] ^= 1
		write(t, keep, name, string(spoilt))
		if _, err := local.Restore(t.Context(), keep, filepath.Join(t.TempDir(), "into"), time.Now()); err == nil {
			t.Errorf("a backup with another %s was restored", name)
		}
		write(t, keep, name, string(whole))
	}
	if _, err := local.Restore(t.Context(), dir, t.TempDir(), time.Now()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a data folder was taken for a backup: %v", err)
	}
}

// TestBackupCutOff leaves what a kill leaves; the next backup clears it away.
func TestBackupCutOff(t *testing.T) {
	dir, keep := oneUnit(t), filepath.Join(t.TempDir(), "kept")
	if err := errors.Join(os.MkdirAll(keep+".part", 0o700), os.WriteFile(filepath.Join(keep+".part", "asset.db"), []byte("half"), 0o600)); err != nil {
		t.Fatal(err)
	}
	m := backup(t, dir, keep)
	if _, err := os.Stat(keep + ".part"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the part is still there: %v", err)
	}
	var units int64
	for _, c := range m.Counts["asset"] {
		if c.Collection == "units" {
			units = c.Documents
		}
	}
	if units != 1 {
		t.Errorf("%d units were backed up: %+v", units, m.Counts["asset"])
	}
}
