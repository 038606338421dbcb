package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
)

// Adopt takes a data folder's stores for what there is: whatever is not in them is given up. The next start makes the broker's log and the stores
// that own nothing again, and publishes all documents.
func Adopt(ctx context.Context, dataDir string) error {
	if err := finished(dataDir); err != nil {
		return err
	}
	var missing []string
	was, stores := readMarks(dataDir), find(dataDir, 0)
	for _, f := range stores {
		if of := f.another(stores); of != "" {
			return fmt.Errorf("%s.db is the store of %s: %s", f.part, of, replace)
		}
		switch {
		case !f.owns:
			if err := setAside(dataDir, f.part); err != nil {
				return err
			}
		case f.broken != nil:
			return fmt.Errorf("%w: %s", f.broken, replace)
		case !f.exists && partOf(f.part).Later && !slices.Contains(was.Stores, f.part):
			// an earlier release's folder: the next start makes it
		case !f.exists:
			missing = append(missing, f.part+".db")
		default:
			if err := sqlitedoc.Examine(ctx, StorePath(dataDir, f.part)); err != nil {
				return fmt.Errorf("%w: %s", err, replace)
			}
			if err := sqlitedoc.Stamp(ctx, StorePath(dataDir, f.part), sqlitedoc.Mark{}); err != nil {
				return err
			}
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s holds no %s: documents cannot be made from nothing", dataDir, strings.Join(missing, ", "))
	}
	return errors.Join(os.RemoveAll(filepath.Join(dataDir, brokerDir)), os.RemoveAll(filepath.Join(dataDir, marksName)))
}
