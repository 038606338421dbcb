package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/run"
)

const (
	manifestName = "backup.json"
	// unfinished marks a data folder into which a restore has begun and not ended: it is not served.
	unfinished = "restore.unfinished"
	demoMark   = "demo.loaded"
	issuerDir  = "issuer"
	brokerDir  = "broker"
	// lockName is the file by which run.LockFolder holds a folder.
	lockName = "lock"
)

// Manifest is what a backup says of itself.
type Manifest struct {
	Format  int        `json:"format"`
	Version string     `json:"version"`
	At      event.Time `json:"at"`
	// Files are all files, by their names with slashes.
	Files map[string]File `json:"files"`
	// Counts are what the copies hold.
	Counts Counts `json:"counts"`
}

// File is one file of a backup.
type File struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// manifestFormat is the format of backups that this release writes and reads.
const manifestFormat = 1

// Backup copies what a data folder holds into a new folder, while it is being served or not: all stores as they were at one instant, and
// the demo issuer's keys. The broker's log is not copied: after a restore it is made again from the documents. The folder `to` appears
// when it is whole and examined; whatever cuts a backup off, a kill too, leaves only `to`.part, which the next one clears away.
func Backup(ctx context.Context, dataDir, to, version string, now time.Time, log *slog.Logger) (m *Manifest, err error) {
	if err := absent(to); err != nil {
		return nil, err
	}
	if err := finished(dataDir); err != nil {
		return nil, err
	}
	if err := apart(to, dataDir); err != nil {
		return nil, err
	}
	part := filepath.Clean(to) + ".part"
	lock, err := run.LockFolder(part, "backup", now)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	if err := errors.Join(clearOwn(part), os.RemoveAll(filepath.Join(part, manifestName))); err != nil {
		return nil, err
	}
	m = &Manifest{Format: manifestFormat, Version: version, At: event.At(now), Files: map[string]File{}}
	// The mark of the demonstration before the stores: in the copy it says no more than they hold.
	if err := m.copySmall(dataDir, part); err != nil {
		return nil, err
	}
	var copies []sqlitedoc.Copy
	for _, p := range Parts() {
		copies = append(copies, sqlitedoc.Copy{From: StorePath(dataDir, p.Name), To: StorePath(part, p.Name)})
	}
	if err := sqlitedoc.Backup(ctx, copies); err != nil {
		return nil, err
	}
	if err := markSynced(ctx, readMarks(dataDir), part); err != nil {
		return nil, err
	}
	if m.Counts, err = Survey(ctx, part, log); err != nil {
		return nil, err
	}
	for _, p := range Parts() {
		name := filepath.Base(StorePath(part, p.Name))
		if m.Files[name], err = digest(filepath.Join(part, name), io.Discard); err != nil {
			return nil, err
		}
	}
	if err := m.write(part); err != nil {
		return nil, err
	}
	if err := os.Rename(part, to); err != nil {
		return nil, err
	}
	return m, errors.Join(os.Remove(filepath.Join(to, lockName)), sqlitedoc.Sync(to), sqlitedoc.Sync(filepath.Dir(to)))
}

// Restore puts a backup's content into a data folder that holds nothing of an installation; what else is there, backups too, it leaves
// alone. One that was cut off is begun again by the next; until one has ended the folder is not served. The first start afterwards
// publishes everything to a new broker.
func Restore(ctx context.Context, from, dataDir string, now time.Time) (m *Manifest, err error) {
	m, err = readManifest(from)
	if err != nil {
		return nil, err
	}
	if err := apart(from, dataDir); err != nil {
		return nil, err
	}
	lock, err := run.LockFolder(dataDir, "restore", now)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	mark := filepath.Join(dataDir, unfinished)
	if err := finished(dataDir); err == nil {
		if held := holds(dataDir); held != "" {
			return nil, fmt.Errorf("%s is not empty: it holds %s; move it away first", dataDir, held)
		}
		if err := errors.Join(os.WriteFile(mark, []byte(from+"\n"), 0o600), sqlitedoc.Sync(mark), sqlitedoc.Sync(dataDir)); err != nil {
			return nil, err
		}
	} else if err := clearOwn(dataDir); err != nil {
		return nil, err
	}
	for name, want := range m.Files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		got, err := copyFile(filepath.Join(from, filepath.FromSlash(name)), filepath.Join(dataDir, filepath.FromSlash(name)))
		if err != nil {
			return nil, err
		}
		if got != want {
			return nil, fmt.Errorf("%s in %s is not what was backed up: %d bytes of digest %s, not %d of %s", name, from, got.Bytes, got.SHA256, want.Bytes, want.SHA256)
		}
	}
	for _, p := range Parts() {
		if m.Files[filepath.Base(StorePath("", p.Name))].Bytes == 0 {
			continue // an earlier release's
		}
		if err := sqlitedoc.Examine(ctx, StorePath(dataDir, p.Name)); err != nil {
			return nil, err
		}
	}
	return m, errors.Join(sqlitedoc.Sync(dataDir), os.Remove(mark), sqlitedoc.Sync(dataDir))
}

// finished refuses a folder into which a restore was cut off.
func finished(dataDir string) error {
	if _, err := os.Stat(filepath.Join(dataDir, unfinished)); err == nil {
		return fmt.Errorf("a restore into %s was cut off: run it again", dataDir)
	}
	return nil
}

// own are the names of what an installation keeps in its data folder, and a restore puts there.
func own() []string {
	names := append([]string{brokerDir, issuerDir, demoMark, demoStage, marksName}, consoleOwn()...)
	for _, p := range Parts() {
		store := filepath.Base(StorePath("", p.Name))
		names = append(names, store, store+"-wal", store+"-shm")
	}
	return names
}

// holds names something in a data folder that a restore would put there, or "".
func holds(dataDir string) string {
	for _, name := range own() {
		if _, err := os.Lstat(filepath.Join(dataDir, name)); err == nil {
			return name
		}
	}
	return ""
}

// clearOwn takes what a restore or a backup puts into a folder, and nothing else, out of one that this process holds the lock of.
func clearOwn(dir string) (err error) {
	for _, name := range own() {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, name)))
	}
	return err
}

// apart refuses a backup that is the data folder itself, or lies where the data folder's own things do.
func apart(backup, dataDir string) error {
	inner, err := relative(dataDir, backup)
	if err != nil {
		return err
	}
	if first, _, _ := strings.Cut(filepath.ToSlash(inner), "/"); first == "." || slices.Contains(own(), first) {
		return fmt.Errorf("%s is part of the data folder %s: a backup is kept apart from it", backup, dataDir)
	}
	return nil
}

func relative(from, to string) (string, error) {
	from, err := filepath.Abs(from)
	if err != nil {
		return "", err
	}
	if to, err = filepath.Abs(to); err != nil {
		return "", err
	}
	return filepath.Rel(from, to)
}

func absent(path string) error {
	switch _, err := os.Lstat(path); {
	case err == nil:
		return fmt.Errorf("%s exists; a backup never writes over anything", path)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return err
	}
}

// copySmall copies what is not a store.
func (m *Manifest) copySmall(dataDir, to string) error {
	for _, root := range []string{demoMark, issuerDir} {
		err := filepath.WalkDir(filepath.Join(dataDir, root), func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			name, err := filepath.Rel(dataDir, path)
			if err == nil {
				m.Files[filepath.ToSlash(name)], err = copyFile(path, filepath.Join(to, name))
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("copy %s: %w", root, err)
		}
	}
	return nil
}

func (m *Manifest) write(dir string) error {
	content, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	name := filepath.Join(dir, manifestName)
	return errors.Join(os.WriteFile(name, append(content, '\n'), 0o600), sqlitedoc.Sync(name), sqlitedoc.Sync(dir))
}

func readManifest(dir string) (*Manifest, error) {
	content, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return nil, fmt.Errorf("%s is no backup: %w", dir, err)
	}
	m := &Manifest{}
	if err := json.Unmarshal(content, m); err != nil {
		return nil, fmt.Errorf("%s: %w", manifestName, err)
	}
	if m.Format != manifestFormat {
		return nil, fmt.Errorf("the backup is of format %d, this release reads %d", m.Format, manifestFormat)
	}
	for _, p := range Parts() {
		if name := filepath.Base(StorePath(dir, p.Name)); m.Files[name].Bytes == 0 && !p.Later {
			return nil, fmt.Errorf("the backup lacks %s", name)
		}
	}
	for name := range m.Files {
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return nil, fmt.Errorf("the backup names a file outside of it: %q", name)
		}
	}
	return m, nil
}

// copyFile copies a file that must not exist yet, to the disk, and answers what it copied.
func copyFile(from, to string) (f File, err error) {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return f, err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return f, err
	}
	f, err = digest(from, out)
	return f, errors.Join(err, out.Sync(), out.Close())
}

// digest reads a file, writes it to w and answers its size and digest.
func digest(path string, w io.Writer) (File, error) {
	in, err := os.Open(path)
	if err != nil {
		return File{}, err
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(h, w), in)
	return File{n, hex.EncodeToString(h.Sum(nil))}, errors.Join(err, in.Close())
}
