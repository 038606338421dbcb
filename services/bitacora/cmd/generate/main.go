// Command generate writes api/ from the code; `generate refusals`, before it, the tables of rules that the services describe themselves with. It refuses to change an event's schema in a way that its readers could not bear: such an
// event needs a new version.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/describe"
)

func main() {
	do := func() error { return generate("api") }
	if len(os.Args) > 1 && os.Args[1] == "refusals" {
		do = refusals
	}
	if err := do(); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// refusals writes the Go files that say by which rules each concept refuses. What this program is compiled with must be what it describes,
// so that this is a run of its own.
func refusals() error {
	files, err := describe.Refusals(".")
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := write(filepath.FromSlash(name), content); err != nil {
			return err
		}
	}
	return nil
}

func generate(dir string) error {
	found, err := describe.Refusals(".")
	if err != nil {
		return err
	}
	stale, err := describe.Stale(".", found)
	if err != nil {
		return err
	}
	if len(stale) > 0 {
		return fmt.Errorf("%s: not what the sources say, run `generate refusals` first", strings.Join(stale, ", "))
	}
	files, err := describe.Files()
	if err != nil {
		return err
	}
	if err := bearable(dir, files); err != nil {
		return err
	}
	for name, content := range files {
		if err := write(filepath.Join(dir, name), content); err != nil {
			return err
		}
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(dir, path) // path is below dir
		generated := strings.HasPrefix(name, "openapi/") || strings.HasPrefix(name, "events/")
		if _, ok := files[filepath.ToSlash(name)]; !ok && generated {
			return fmt.Errorf("%s describes what the code has no more; an event type that readers know is never dropped. If nobody was ever sent it, delete the file", path)
		}
		return nil
	})
}

func write(path string, content []byte) error {
	old, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
	case err != nil:
		return err
	case bytes.Equal(old, content):
		return nil
	}
	return os.WriteFile(path, content, 0o644)
}

// bearable says whether readers of the events' schemas in dir can read by those that are to be there.
func bearable(dir string, files map[string][]byte) error {
	names, err := filepath.Glob(filepath.Join(dir, "events", "*.schema.json"))
	if err != nil {
		return err
	}
	before, after := map[string][]byte{}, maps.Clone(files)
	maps.DeleteFunc(after, func(name string, _ []byte) bool { return !strings.HasPrefix(name, "events/") })
	for _, name := range names {
		if before["events/"+filepath.Base(name)], err = os.ReadFile(name); err != nil {
			return err
		}
	}
	broken, err := describe.Incompatible(before, after)
	if err == nil && len(broken) > 0 {
		err = fmt.Errorf("the events' schemas change in a way that readers cannot bear; define a new version of the event:\n  %s", strings.Join(broken, "\n  "))
	}
	return err
}
