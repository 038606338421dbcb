package local_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/damage"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

// copied is a copy of a folder.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// closedFolder is a copy of a folder after another start and a stop in good order.
func closedFolder(t *testing.T, dir string) string {
	t.Helper()
	to := copied(t, dir)
	start(t, to).Close(t)
	return to
}

// harmed is a copy of a folder to which something was done.
func harmed(t *testing.T, from string, do damage.Harm) (dir string) {
	t.Helper()
	dir = copied(t, from)
	if err := do(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// unmark makes a folder's stores and its broker what an earlier release left.
func unmark(dir string) (err error) {
	for _, p := range local.Parts() {
		err = errors.Join(err, sqlitedoc.Stamp(context.Background(), local.StorePath(dir, p.Name), sqlitedoc.Mark{}))
	}
	return err
}

// refusal is what a start on a folder says; it must refuse, and refuse again.
func refusal(t *testing.T, dir string) (said string) {
	t.Helper()
	for range 2 {
		before := damage.Owners(dir)
		i, err := local.Start(t.Context(), localtest.Settings(dir), "test", slog.New(slog.DiscardHandler))
		if err == nil {
			t.Fatalf("it is served, and stopped: %v", i.Stop(context.WithoutCancel(t.Context())))
		}
		if said = err.Error(); strings.Contains(said, "nothing was written") && !slices.Equal(before, damage.Owners(dir)) {
			t.Error("the stores were changed")
		}
	}
	return said
}

func beds(t *testing.T, i installation) float64 {
	t.Helper()
	return figure(i.Want(t, "planner", "GET", "/v1/status/nation", nil), "assets.total")
}

// lived is what tests harm: a folder after its first start, an older copy of it, and the same folder as a kill leaves it after the third.
type lived struct{ first, killed string }

func live(t *testing.T) lived {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	i := start(t, dir)
	plant := santaRosalia(t, i)
	i.Close(t)
	l := lived{first: copied(t, dir)}
	start(t, dir).Close(t)
	v := spawn(t, dir)
	for n := range 20 {
		if _, err := register(v.Client, "/v1/assets", fmt.Sprint("w", n), object{"unit_id": "BSIST000014", "type_id": plant}); err != nil {
			t.Fatal(err)
		}
	}
	servicetest.Eventually(t, "the figures have them", func() bool {
		var nation object
		return v.Get(t.Context(), "planner", "/v1/status/nation", &nation) == nil && figure(nation, "assets.total") == 22
	})
	v.kill(t)
	l.killed = dir
	return l
}

// TestStoresThatDoNotFitTogether: files of another time, of another installation, cut, damaged or missing are found at the start, before
// anything is written to them. What can be made again from what is there is made again; for the rest the start says what can be done.
func TestStoresThatDoNotFitTogether(t *testing.T) {
	l := live(t)
	other := filepath.Join(t.TempDir(), "other")
	i := start(t, other)
	i.Want(t, "admin", "POST", "/v1/units", object{"clues": "BSIST000026", "name": "Otra"})
	i.Close(t)
	put := func(from string, names ...string) damage.Harm {
		return func(dir string) error { return damage.Put(from, dir, names...) }
	}
	halve := func(path string) error { return damage.Cut(path, 0.5, 0) }
	scribbled := func(name string, at float64, n int) damage.Harm {
		return damage.At(name, func(path string) error { return damage.Scribble(path, at, n) })
	}
	for name, tt := range map[string]struct {
		from  string
		harm  damage.Harm
		wants []string
	}{
		"an older file under a newer log":    {l.killed, put(l.first, "asset.db"), []string{"asset.db is of another time", "bitacora adopt"}},
		"an older file, closed in order":     {closedFolder(t, l.killed), put(l.first, "workorder.db"), []string{"workorder.db is of another time"}},
		"the file of another installation":   {l.killed, put(other, "asset.db"), []string{"asset.db is of another installation"}},
		"two services' files exchanged":      {closedFolder(t, l.killed), func(dir string) error { return damage.Exchange(dir, "asset.db", "delivery.db") }, []string{"asset.db is of another installation, or of another service", "delivery.db is of"}},
		"a file missing":                     {closedFolder(t, l.killed), damage.Removed("delivery.db"), []string{"delivery.db is missing", "bitacora restore"}},
		"something else in a file's place":   {closedFolder(t, l.killed), scribbled("asset.db", 0, 4096), []string{"asset.db is not a store"}},
		"a damaged file under its log":       {l.killed, scribbled("asset.db", 0.15, 160_000), []string{"asset.db is damaged"}},
		"a log deleted":                      {l.killed, damage.Removed("asset.db-wal"), []string{"asset.db has lost what was written to it", "0 are left"}},
		"a log and its index deleted":        {l.killed, damage.Removed("asset.db-wal", "asset.db-shm"), []string{"asset.db has lost what was written to it", "was published"}},
		"a log cut in the middle":            {l.killed, damage.At("asset.db-wal", halve), []string{"asset.db has lost what was written to it"}},
		"a log of another store":             {l.killed, damage.At("asset.db-wal", func(path string) error { return damage.Copy(filepath.Join(l.killed, "workorder.db-wal"), path) }), []string{"asset.db"}},
		"a log deleted with the broker":      {l.killed, damage.Removed("workorder.db-wal", "broker"), []string{"workorder.db has lost what was written to it", "bitacora adopt"}},
		"log, index and broker deleted":      {l.killed, damage.Removed("asset.db-wal", "asset.db-shm", "broker"), []string{"asset.db has lost what was written to it", "bitacora adopt"}},
		"a file damaged, closed in order":    {closedFolder(t, l.killed), scribbled("delivery.db", 0.1, 200_000), []string{"delivery.db is damaged", "bitacora restore"}},
		"a file missing in an older release": {closedFolder(t, l.killed), damage.Removed("installation.json", "asset.db"), []string{"asset.db is missing"}},
		"a folder where a file belongs":      {l.killed, damage.At("installation.json", func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) }), []string{"installation.json is a folder", "remove it"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := harmed(t, tt.from, tt.harm)
			said := refusal(t, dir)
			for _, part := range tt.wants {
				if !strings.Contains(said, part) {
					t.Errorf("%q is not in: %s", part, said)
				}
			}
		})
	}
	for name, tt := range map[string]struct {
		from string
		harm damage.Harm
		want float64
	}{
		"nothing":                    {l.killed, damage.All(), 22},
		"the figures' store removed": {closedFolder(t, l.killed), damage.Removed("status.db"), 22},
		"the figures' store removed after a kill": {l.killed, damage.Removed("status.db", "status.db-wal"), 22},
		"the figures' log removed after a kill":   {l.killed, damage.Removed("status.db-wal"), 22},
		"the figures' log and index removed":      {l.killed, damage.Removed("status.db-wal", "status.db-shm"), 22},
		"the figures' log cut, its index removed": {l.killed, damage.All(damage.At("status.db-wal", halve), damage.Removed("status.db-shm")), 22},
		"the figures' log cut after a kill":       {l.killed, damage.At("status.db-wal", halve), 22},
		"the figures' log of another store":       {l.killed, damage.At("status.db-wal", func(path string) error { return damage.Copy(filepath.Join(l.killed, "delivery.db-wal"), path) }), 22},
		"the figures' store of another time":      {l.killed, put(l.first, "status.db"), 22},
		"the figures' store damaged":              {l.killed, scribbled("status.db", 0, 100_000), 22},
		"a folder of an earlier release":          {closedFolder(t, l.killed), damage.All(damage.Removed("installation.json"), unmark), 22},
		"an earlier release's without figures":    {closedFolder(t, l.killed), damage.All(damage.Removed("installation.json"), unmark, damage.Removed("status.db")), 22},
		"what the folder remembers lost":          {closedFolder(t, l.killed), damage.Removed("installation.json"), 22},
		"a broker of another time":                {l.killed, put(l.first, "broker"), 22},
		"a broker of another installation":        {l.killed, put(other, "broker"), 22},
		"all stores of an earlier time together":  {closedFolder(t, l.killed), put(l.first, "asset.db", "workorder.db", "delivery.db", "status.db", "people.db"), 2},
	} {
		t.Run(name+" is healed", func(t *testing.T) {
			dir := harmed(t, tt.from, tt.harm)
			for range 2 { // and stays so
				i := start(t, dir)
				servicetest.Eventually(t, "the figures are what they were", func() bool { return beds(t, i) == tt.want })
				i.Close(t)
			}
		})
	}
	t.Run("what is given up is given up", func(t *testing.T) {
		dir := harmed(t, l.killed, damage.Removed("asset.db-wal"))
		refusal(t, dir)
		if err := local.Adopt(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		i := localtest.Start(t, dir)
		servicetest.Eventually(t, "the figures are those of the documents", func() bool {
			items, _ := i.Want(t, "planner", "GET", "/v1/assets?limit=200", nil)["items"].([]any)
			return beds(t, i) == float64(len(items)) && len(items) < 22
		})
	})
}

// TestFilesRemovedWhileServing: what is removed or replaced under a running installation makes it unready, and what it cannot keep it does not
// acknowledge.
func TestFilesRemovedWhileServing(t *testing.T) {
	for name, part := range map[string]string{"broker": "broker's folder", "broker/partitions/bitacora.units-*": "broker's folder", "broker/partitions/bitacora.units-*/0.dat": "broker's folder", "asset.db": "asset.db",
		"workorder.db-wal": "workorder.db", "status.db-wal": "status.db"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			i := start(t, dir)
			defer func() { _ = i.Stop(context.WithoutCancel(t.Context())) }() // it may say that what is gone cannot be closed
			ready := func() *client.Answer { return i.Ask(t, "", http.MethodGet, "/readyz", nil) }
			i.Want(t, "admin", http.MethodPost, "/v1/units", object{"clues": "BSIST000026", "name": "Vizcaíno"})
			servicetest.Eventually(t, "its events are in the broker's log", func() bool {
				return i.Ask(t, "planner", http.MethodGet, "/v1/status/units/BSIST000026", nil).Status == http.StatusOK
			})
			servicetest.Eventually(t, "ready", func() bool { return ready().Status == http.StatusOK })
			if err := damage.Removed(name)(dir); err != nil {
				t.Fatal(err)
			}
			servicetest.Eventually(t, "unready, saying why", func() bool {
				a := ready()
				return a.Status == http.StatusServiceUnavailable && strings.Contains(string(a.Body), part)
			})
			a := i.Ask(t, "admin", http.MethodPost, "/v1/units", object{"clues": "BSIST000014", "name": "Santa Rosalía"})
			if lost := name == "asset.db"; (a.Status == http.StatusServiceUnavailable) != lost {
				t.Errorf("a write is answered %s", a)
			}
			if name != "status.db-wal" {
				return
			}
			if err := i.Stop(t.Context()); err == nil {
				t.Error("a stop says nothing of what could not be kept")
			}
			again := start(t, dir)
			defer again.Close(t)
			servicetest.Eventually(t, "what its store had not heard is counted", func() bool {
				return again.Ask(t, "planner", http.MethodGet, "/v1/status/units/BSIST000014", nil).Status == http.StatusOK
			})
			if _, err := os.Stat(filepath.Join(dir, "status.db.damaged")); err != nil {
				t.Errorf("the figures are not made again: %v", err)
			}
		})
	}
}

// TestWhatCannotBeWrittenIsSaidAtTheStart, before anything is: by name, with what can be done.
func TestWhatCannotBeWrittenIsSaidAtTheStart(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("the administrator writes everything; make attack tries it with that power taken away")
	}
	dir := t.TempDir()
	start(t, dir).Close(t)
	for _, name := range []string{"asset.db", "status.db", "installation.json", "broker", "lock", "."} {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err == nil {
			err = os.Chmod(path, info.Mode().Perm()&0o500)
		}
		if err != nil {
			t.Fatal(err)
		}
		if said := refusal(t, dir); !strings.Contains(said, "let the user that bitacora runs as read and write everything in "+dir) {
			t.Errorf("%s: %s", name, said)
		}
		if err := os.Chmod(path, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	start(t, dir).Close(t)
}
