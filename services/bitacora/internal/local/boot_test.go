package local_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/damage"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

// childBoot names, in a child's environment, the file that names the run of the machine.
const childBoot = "BITACORA_TEST_CHILD_BOOT"

// runOfMachine is a file that names a run of the machine.
func runOfMachine(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "boot_id")
	if err := os.WriteFile(path, []byte(name+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// onMachine has what is started from now on in the test believe that the machine runs as the file says.
func onMachine(t *testing.T, bootFile string) {
	t.Helper()
	local.SetBootFile(bootFile)
	t.Setenv(childBoot, bootFile)
	t.Cleanup(func() { local.SetBootFile(local.BootFile) })
}

// madeAgain says which derived data a start has set aside.
func madeAgain(t *testing.T, dir string) bool {
	t.Helper()
	var found []bool
	for _, name := range []string{"broker.damaged", "status.db.damaged"} {
		_, err := os.Stat(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		found = append(found, err == nil)
	}
	if found[0] != found[1] {
		t.Errorf("of the broker's log and the figures only one was made again: %v", found)
	}
	return found[0]
}

// zeros fills derived data as a power cut does that came before it was on the disk.
func zeros(dir string) error {
	fill := func(path string, size int64) error { return os.WriteFile(path, make([]byte, size), 0o600) }
	err := eachFile(filepath.Join(dir, "broker"), fill)
	for _, name := range []string{"status.db", "status.db-wal"} {
		if info, missing := os.Stat(filepath.Join(dir, name)); missing == nil {
			err = errors.Join(err, fill(filepath.Join(dir, name), info.Size()))
		}
	}
	return err
}

// replaceIndex leaves an index beside the assets' log that is not of that log.
func replaceIndex(dir string) error {
	other, err := os.ReadFile(filepath.Join(dir, "workorder.db-shm"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "asset.db-shm"), other, 0o600)
}

// ofEarlierRelease makes the marks of a folder those of a release that synced everything and knew no runs of the machine.
func ofEarlierRelease(dir string) error {
	edit := func(name string, change func(object)) error {
		path, marks := filepath.Join(dir, name), object{}
		raw, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(raw, &marks)
		}
		if change(marks); err == nil {
			raw, err = json.Marshal(marks)
		}
		return errors.Join(err, os.WriteFile(path, raw, 0o600))
	}
	var boot uint32
	err := edit("installation.json", func(m object) { boot = uint32(m["boot"].(float64)); delete(m, "boot") })
	err = errors.Join(err, edit(filepath.Join("broker", "bitacora.json"), func(l object) { l["owner"] = uint32(l["owner"].(float64)) ^ boot }))
	path := local.StorePath(dir, "status")
	mark, _, unread := sqlitedoc.ReadMark(path)
	mark.Owner ^= boot
	return errors.Join(err, unread, sqlitedoc.Stamp(context.Background(), path, mark))
}

// TestDerivedDataAfterAStop: what is not synced is used again after a kill and after a stop in good order, and made again, whatever the disk holds of
// it, after everything that may have been a power cut.
func TestDerivedDataAfterAStop(t *testing.T) {
	before, after := runOfMachine(t, "before"), runOfMachine(t, "after")
	onMachine(t, before)
	killed := live(t).killed
	closed := closedFolder(t, killed)
	nothing := damage.All()
	for name, tt := range map[string]struct {
		from, now string
		harm      damage.Harm
		again     bool
	}{
		"a kill":               {killed, before, nothing, false},
		"a stop in good order": {closed, before, nothing, false},
		"a stop in good order, then the machine's": {closed, after, nothing, false},
		"a power cut":                                    {killed, after, nothing, true},
		"a power cut that left zeros":                    {killed, after, zeros, true},
		"a power cut that left no figures' log":          {killed, after, damage.Removed("status.db-wal"), true},
		"a power cut that left the index of another log": {killed, after, replaceIndex, true},
		"a kill where the machine's run has no name":     {killed, runOfMachine(t, ""), nothing, true},
		"a kill where the machine's run is not known":    {killed, filepath.Join(t.TempDir(), "missing"), nothing, true},
		"a stop where the machine's run is not known":    {closed, filepath.Join(t.TempDir(), "missing"), nothing, false},
		"a kill while the folder's marks were written":   {killed, before, damage.At("installation.json.new", func(path string) error { return os.WriteFile(path, []byte(`{"installation":1,"clean":tr`), 0o600) }), false},
		"a kill of an earlier release":                   {killed, before, ofEarlierRelease, false},
		"a power cut of an earlier release":              {killed, after, ofEarlierRelease, false},
		"a stop in good order of an earlier release":     {closed, after, ofEarlierRelease, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := harmed(t, tt.from, damage.All(damage.Removed("broker.damaged", "status.db.damaged"), tt.harm))
			onMachine(t, tt.now)
			for range 2 { // and stays so
				i := start(t, dir)
				servicetest.Eventually(t, "the figures are what they were", func() bool { return beds(t, i) == 22 })
				i.Close(t)
				if got := madeAgain(t, dir); got != tt.again {
					t.Errorf("made again: %v", got)
				}
			}
		})
	}
}

// TestKilledWhileStartingAfterAPowerCut: a start that makes derived data again and is killed at any instant leaves nothing that the next one takes for
// whole, on the same run of the machine or on another.
func TestKilledWhileStartingAfterAPowerCut(t *testing.T) {
	onMachine(t, runOfMachine(t, "first"))
	dir := live(t).killed
	chance := rand.New(rand.NewPCG(10, 2)) //nolint:gosec // chosen moments, not secrets
	for n, run := range []string{"second", "second", "second", "third", "third", "fourth", "fourth", "fifth"} {
		onMachine(t, runOfMachine(t, run))
		if n%2 == 1 && run != "second" {
			if err := zeros(dir); err != nil {
				t.Fatal(err)
			}
		}
		v := launch(t, dir)
		instant := time.NewTimer(time.Duration(chance.IntN(250)) * time.Millisecond) // no event: the instant is what is drawn
		<-instant.C
		v.kill(t)
	}
	i := localtest.Start(t, dir)
	servicetest.Eventually(t, "the figures are what they were", func() bool { return beds(t, i) == 22 })
}

// TestBackupOfFiguresIsOfNoMachine: a copy is synced, so that any machine uses the figures in it.
func TestBackupOfFiguresIsOfNoMachine(t *testing.T) {
	onMachine(t, runOfMachine(t, "one"))
	dir := t.TempDir()
	i := localtest.Start(t, dir)
	santaRosalia(t, i)
	to, other := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "data")
	_, err := local.Backup(t.Context(), dir, to, "test", time.Now(), slog.New(slog.DiscardHandler))
	if err == nil {
		_, err = local.Restore(t.Context(), to, other, time.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	onMachine(t, runOfMachine(t, "another"))
	restored := localtest.Start(t, other)
	if _, err := os.Stat(filepath.Join(other, "status.db.damaged")); err == nil || beds(t, restored) != 2 {
		t.Errorf("the figures were not used: %v, %v", err, restored.Want(t, "planner", "GET", "/v1/status/nation", nil))
	}
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
