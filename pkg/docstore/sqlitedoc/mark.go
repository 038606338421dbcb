package sqlitedoc

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// Mark tells stores apart: whose a file is, and of when. It lies in two fields of the file's header that SQLite leaves to its users, so that it
// can be read without opening the store, and thus without what a log beside it would do to the file.
type Mark struct {
	// Owner is whose the store is; 0 is nobody's: a store of before there were marks.
	Owner uint32
	// Generation counts the starts that wrote to the store.
	Generation uint32
}

// The fields' places in SQLite's header, and what that begins with.
const (
	headerBytes     = 100
	userVersionAt   = 60 // the generation
	applicationIDAt = 68 // the owner
	magic           = "SQLite format 3\x00"
	stampPragmas    = "PRAGMA application_id = %d; PRAGMA user_version = %d"
	logSuffix       = "-wal"
)

// ReadMark is the mark of a store's file, and whether there is one. A file that is no store is an error; an empty one is as good as none.
func ReadMark(path string) (mark Mark, exists bool, err error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return mark, false, nil
	}
	if err != nil {
		return mark, false, err
	}
	defer func() { _ = f.Close() }()
	header := make([]byte, headerBytes)
	n, err := io.ReadFull(f, header)
	switch {
	case n == 0 && errors.Is(err, io.EOF):
		return mark, false, nil
	case err != nil, string(header[:len(magic)]) != magic:
		return mark, true, fmt.Errorf("%s is not a store: it does not begin like one", path)
	}
	return Mark{Owner: binary.BigEndian.Uint32(header[applicationIDAt:]), Generation: binary.BigEndian.Uint32(header[userVersionAt:])}, true, nil
}

// LoggedMark is the mark that the store would have once it is opened, with what lies in a log beside the file. Nothing is written.
func LoggedMark(ctx context.Context, path string) (mark Mark, err error) {
	db, err := sql.Open("sqlite", readOnly(path))
	if err != nil {
		return mark, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var owner, generation int32
	err = errors.Join(db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&owner), db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&generation))
	return Mark{Owner: uint32(owner), Generation: uint32(generation)}, err //nolint:gosec // the bits as they are
}

// stamp writes the mark into the file itself, so that a copy of the file that is older or newer is told from this one whatever log lies beside it.
func (d *Driver) stamp(ctx context.Context, w *session, mark Mark) error {
	if _, err := w.conn.ExecContext(ctx, fmt.Sprintf(stampPragmas, int32(mark.Owner), int32(mark.Generation))); err != nil { //nolint:gosec // the bits as they are
		return err
	}
	// The file is not looked at: to close it again would release the locks that SQLite holds on it for the whole process.
	var busy, pages, moved int
	if err := w.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved); err != nil {
		return err
	}
	if busy != 0 {
		return fmt.Errorf("%w: another process reads the store, a backup perhaps: try again when that has ended", docstore.ErrUnavailable)
	}
	return nil
}

// Stamp gives a store that nobody serves a mark; Mark{} makes it nobody's.
func Stamp(ctx context.Context, path string, mark Mark) error {
	d, err := Open(ctx, Config{Path: path, Readers: 1, Mark: &mark})
	if err != nil {
		return err
	}
	return d.Close(ctx)
}

// held are the store's files as they were opened. A file that is removed or replaced afterwards is still written to, and what is written is
// gone with the process: it must not be acknowledged.
type held struct{ path, log os.FileInfo }

func hold(path string) (h held, err error) {
	if h.path, err = os.Stat(path); err != nil {
		return h, err
	}
	if h.log, err = os.Stat(path + logSuffix); errors.Is(err, os.ErrNotExist) {
		return held{path: h.path}, nil
	}
	return h, err
}

// holdAnew takes the log beside the file for the store's own, where the file is the one that was opened. Whoever closes the last connection
// takes the log away, its content being in the file, and the next one makes another.
func (d *Driver) holdAnew() error {
	now, err := hold(d.path)
	if was := d.held.Load(); err == nil && os.SameFile(was.path, now.path) {
		d.held.Store(&now)
	}
	return err
}

// inPlace says whether the store's files are those that were opened, and the log at least as long as it was left. Files that once were not stay
// missed: another file may have their number in the file system.
func (d *Driver) inPlace() error {
	least := d.logLeast.Load()
	now, err := hold(d.path)
	held := d.held.Load()
	same := func(was, now os.FileInfo) bool { return was == nil || now != nil && os.SameFile(was, now) }
	switch {
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return unavailable(err)
	case err != nil, !same(held.path, now.path), !same(held.log, now.log):
		return d.spoil(errors.New("it, or the log beside it, was removed or replaced while it is in use"))
	case least != nil && now.log != nil && now.log.Size() < *least && d.logLeast.Load() == least: // it is not the writer that cuts it now
		return d.spoil(errors.New("the log beside it was cut while it is in use"))
	}
	return nil
}

// logKept is the size of the log's file that SQLite cuts it to when it begins it anew and it is larger.
const logKept = 64 << 20

// noteLog remembers how long the log has become. Only the writer asks for it, and only the writer has SQLite cut the log (cutting).
func (d *Driver) noteLog() {
	if info, err := os.Stat(d.path + logSuffix); err == nil {
		least := min(info.Size(), logKept)
		if was := d.logLeast.Load(); was == nil || *was != least {
			d.logLeast.Store(&least)
		}
	}
}

// cutting says that the log is about to be cut by SQLite.
func (d *Driver) cutting() { d.logLeast.Store(nil) }

// notice remembers that SQLite found a file damaged: cut, overwritten, or without the log that its last commits are in.
func (d *Driver) notice(err error) {
	switch c := code(err); {
	case c&0xff == sqlite3.SQLITE_CORRUPT, c&0xff == sqlite3.SQLITE_NOTADB, c == sqlite3.SQLITE_IOERR_SHORT_READ:
		_ = d.spoil(err) // the caller has its error
	}
}

// spoil remembers the first reason why the store cannot be relied on any more, and is the error that says so and what can be done.
func (d *Driver) spoil(why error) error {
	err := fmt.Errorf("%w: %s: %w: nothing more is written. Stop bitacora and start it again: the start says what is missing or damaged, makes anew what can be made from the rest (status.db), and asks for a backup of what cannot",
		docstore.ErrUnavailable, d.path, why)
	d.spoilt.CompareAndSwap(nil, &err)
	return *d.spoilt.Load()
}

// sound says whether the store can be relied on: its files are in place, and nothing that was read was damaged. One that cannot be takes no
// writes, whatever part of the file they would go to.
func (d *Driver) sound() error {
	if spoilt := d.spoilt.Load(); spoilt != nil {
		return *spoilt
	}
	return d.inPlace()
}
