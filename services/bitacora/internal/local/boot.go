package local

import (
	"context"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
)

// Derived data, which is the broker's log and the stores that own no documents, is not synced to the disk while it is served. What it holds is sound
// as long as the machine runs that wrote it, also after a kill; after a power cut it may hold anything. So its marks of whose it is also say under
// which run of the machine it was written, and a start that finds another one, or cannot tell, makes it again from the documents. A stop in good order
// syncs it and says so in the folder's marks: then any run will do.

// bootFile names this run of the machine. Containers on one machine have the same; where there is no such file, every stop that is not in good order
// counts as a power cut.
var bootFile = "/proc/sys/kernel/random/boot_id"

// bootOf is this run of the machine, as far as the file system of a folder is concerned: a copy of a disk is none that the run has written to. It
// is never 0, and another one at each call where the run cannot be known.
func bootOf(dir string) uint32 {
	id, err := os.ReadFile(bootFile)
	device, known := deviceOf(dir)
	if err != nil || strings.TrimSpace(string(id)) == "" || !known {
		return rand.Uint32() | 1
	}
	return crc32.ChecksumIEEE(fmt.Appendf(id, "%d", device)) | 1
}

// trusted is the run of the machine that derived data must be of to be used: that of the last start where that ended in good order, 0 where the last
// start was an earlier release's, which synced everything and marked it with no run; else the present one.
func (m marks) trusted(now uint32) uint32 {
	if m.Clean || m.Boot == 0 {
		return m.Boot
	}
	return now
}

// markSynced gives the copies of derived stores, which are synced, the mark of an installation that syncs everything.
func markSynced(ctx context.Context, m marks, dir string) error {
	for _, f := range find(dir, m.Boot) {
		if f.owns || m.Boot == 0 || f.foreign(m.Installation) {
			continue // what is foreign is made again after the restore
		}
		if err := sqlitedoc.Stamp(ctx, StorePath(dir, f.part), sqlitedoc.Mark{Owner: f.mark.Owner ^ m.Boot, Generation: f.mark.Generation}); err != nil {
			return err
		}
	}
	return nil
}

// syncDerived brings to the disk what was not synced while it was served.
func syncDerived(dataDir string) error {
	for _, p := range Parts() {
		if !owns(p.Name) {
			if err := sqlitedoc.Sync(StorePath(dataDir, p.Name)); err != nil {
				return err
			}
		}
	}
	return filepath.WalkDir(filepath.Join(dataDir, brokerDir), func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return sqlitedoc.Sync(path)
	})
}
