package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
)

// writable looks whether everything in the folder can be written, before anything is: a file that somebody else put there, with cp or a restore of
// the machine, would be found out in the middle of a start.
func writable(dataDir string) error {
	for _, name := range own() {
		err := filepath.WalkDir(filepath.Join(dataDir, name), func(path string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil
			case err != nil:
				return err
			case d.IsDir() && (name == marksName || name == demoMark || name == demoStage):
				return fmt.Errorf("%s is a folder, where bitacora keeps a file of its own: remove it and start again", path)
			case d.IsDir():
				return entered(path)
			case !d.Type().IsRegular():
				return nil
			}
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				return err
			}
			return f.Close()
		})
		if err != nil {
			return unwritable(dataDir, err)
		}
	}
	return unwritable(dataDir, entered(dataDir))
}

// entered makes a file in a folder, and takes it away again.
func entered(dir string) error {
	f, err := os.CreateTemp(dir, ".writable-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// unwritable says what can be done where err is that something must not be written.
func unwritable(dataDir string, err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("%w: let the user that bitacora runs as read and write everything in %s (ls -l %s shows whose it is)", err, dataDir, dataDir)
	}
	return err
}

// unusable is why a store cannot be opened, with what can be done where it is damaged. One that was closed in good order is not looked through
// before it is opened.
func (i *Installation) unusable(ctx context.Context, part string, err error) error {
	damage := sqlitedoc.Glance(ctx, StorePath(i.cfg.DataDir, part))
	switch {
	case damage == nil:
		return fmt.Errorf("store of %s: %w", part, err)
	case owns(part):
		return fmt.Errorf("%w: %s", damage, replace)
	}
	return fmt.Errorf("%w: remove %s.db and what lies beside it under that name, and start again: it is made again from the topics", damage, part)
}
