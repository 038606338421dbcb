// Package sqlitedoc keeps documents in one SQLite file: the store of local mode and of small installations.
//
// Every collection is a table of JSON documents with expression indexes. What one document has several of, scopes and elements of
// indexed arrays, lies in side tables, and events to publish lie in the table of the outbox; all of it is written in the
// transaction that writes the document. One goroutine writes and lets concurrent callers share a commit; readers never wait for it.
package sqlitedoc

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// Config says where the store is.
type Config struct {
	// Path is the file; it and its folder are made when they do not exist.
	Path string
	// Logger may be nil.
	Logger *slog.Logger
	// Readers bounds concurrent reads; 0 means four, or two for each processor when that is more.
	Readers int
	// Queue bounds the writes that wait for the writer; 0 means 1024. A caller waits for a place until its context ends.
	Queue int
	// Mark, when set, is written into the file before anything else.
	Mark *Mark
	// Derived says that all of the store can be made again from elsewhere. Then nothing is synced to the disk: a killed process loses nothing, but
	// after a power cut the file may be damaged or mix several instants, and must not be used. Close does not sync either; Sync does.
	Derived bool
	// Shreds says that what is overwritten or deleted becomes zeros in the file, at the cost of writing each page that it was on. Once Scrub has
	// emptied the log too, it is nowhere in the store's files. For stores of personal data.
	Shreds bool
}

// Driver implements docstore.Driver.
type Driver struct {
	db      *sql.DB
	path    string
	derived bool
	log     *slog.Logger
	readers chan *session
	queue   chan *op
	closing chan struct{}
	stopped chan struct{}
	// closed says that the file is closed, and closeErr what that met; atEnd is what was wrong with it before.
	closed          chan struct{}
	closeErr, atEnd error
	once            sync.Once
	// logLimit is the size in bytes past which the write-ahead log is cut by force.
	logLimit int64
	held     atomic.Pointer[held]
	// logLeast is the size in bytes that the log must at least have; nil while nothing is known.
	logLeast atomic.Pointer[int64]
	// relaxed says that nothing is synced for the time being: see Relax.
	relaxed atomic.Bool
	// spoilt is why the store cannot be relied on any more: see sound.
	spoilt atomic.Pointer[error]

	mu          sync.RWMutex
	collections map[string]*collection
}

var _ docstore.Driver = (*Driver)(nil)

// Open opens the store and starts its writer, which Close stops.
func Open(ctx context.Context, cfg Config) (*Driver, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Readers == 0 {
		cfg.Readers = max(4, 2*runtime.GOMAXPROCS(0))
	}
	if cfg.Queue == 0 {
		cfg.Queue = 1024
	}
	if err := os.MkdirAll(filepath.Dir(cfg.Path), 0o700); err != nil {
		return nil, fmt.Errorf("folder of the store: %w", err)
	}
	if err := private(cfg.Path); err != nil {
		return nil, fmt.Errorf("open %s: %w", cfg.Path, err)
	}
	level := synced
	if cfg.Derived {
		level = neverSynced
	}
	var more []string
	if cfg.Shreds {
		more = append(more, "secure_delete(ON)")
	}
	db, err := sql.Open("sqlite", dsn(cfg.Path, level, more...))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", cfg.Path, err)
	}
	db.SetMaxOpenConns(cfg.Readers + 1)
	db.SetMaxIdleConns(0) // what is open belongs to the writer or a reader; a session given back is to be closed
	d := &Driver{db: db, path: cfg.Path, derived: cfg.Derived, log: cfg.Logger, readers: make(chan *session, cfg.Readers), queue: make(chan *op, cfg.Queue),
		closing: make(chan struct{}), stopped: make(chan struct{}), closed: make(chan struct{}), logLimit: 128 << 20, collections: map[string]*collection{}}
	w, err := d.newSession(ctx, writerCache)
	if err == nil {
		_, err = w.conn.ExecContext(ctx, outboxSchema)
	}
	if err == nil && cfg.Mark != nil {
		err = d.stamp(ctx, w, *cfg.Mark)
	}
	if err == nil {
		var h held
		h, err = hold(cfg.Path)
		d.held.Store(&h)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", cfg.Path, err), db.Close())
	}
	for range cfg.Readers {
		d.readers <- nil
	}
	go d.write(&writer{session: w, driver: d})
	return d, nil
}

// Relax has no write be synced until it is called with false, which brings to the disk what was written meanwhile. It is for filling a store that
// nobody is served from, and that is made again after a power cut; what a power cut leaves of it is sound, and may lack the newest.
func (d *Driver) Relax(on bool) error {
	if d.relaxed.Swap(on) == on || on {
		return nil
	}
	return Sync(d.path + "-wal")
}

// private makes the file of a new store readable by its owner only; SQLite makes the files beside it like it. One that is there is not
// opened: to close it again would release the locks that SQLite holds on it for the whole process.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// dsn sets what every connection needs. Small pages, since what a write costs is the pages it touches in indexes and side tables:
// with 2 KB one writes half as much to the log as with the usual 4 KB.
func dsn(path, level string, more ...string) string {
	q := url.Values{"_pragma": {"page_size(2048)", "busy_timeout(5000)", "journal_mode(WAL)", "synchronous(" + level + ")", "temp_store(MEMORY)",
		"wal_autocheckpoint(8000)", fmt.Sprintf("journal_size_limit(%d)", logKept), "trusted_schema(OFF)"}}
	q["_pragma"] = append(q["_pragma"], more...)
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// What SQLite syncs with a write-ahead log, by its own names: the log at every commit, before anybody sees what was committed; the log and the file
// when the log is written back, so that a power cut takes the last commits and never one without all behind it; nothing.
const (
	synced      = "FULL"
	unsynced    = "NORMAL"
	neverSynced = "OFF"
)

// Close lets the writes that wait be carried out, then closes the file. Later calls are refused; a Close that was given up can be repeated,
// and waits for no more than the first. Its error says, too, that not everything acknowledged may be in the file: files were removed while it
// was open, or SQLite found damage.
func (d *Driver) Close(ctx context.Context) error {
	d.once.Do(func() {
		close(d.closing)
		go func() {
			<-d.stopped
			for range cap(d.readers) {
				s := <-d.readers
				s.close()
			}
			d.closeErr = errors.Join(d.atEnd, d.db.Close())
			close(d.closed)
		}()
	})
	select {
	case <-d.closed:
		return d.closeErr
	case <-ctx.Done():
		return fmt.Errorf("close the store: its writer or a reader is still busy: %w", ctx.Err())
	}
}

// session is one connection with the statements prepared on it; it is used by one goroutine at a time.
type session struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

// newSession opens a connection that keeps at most so many bytes of pages.
func (d *Driver) newSession(ctx context.Context, cache int) (*session, error) {
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return nil, failed(err)
	}
	if _, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA cache_size = -%d", cache>>10)); err != nil {
		return nil, errors.Join(failed(err), conn.Close())
	}
	return &session{conn, map[string]*sql.Stmt{}}, nil
}

// SQLite keeps pages for each connection by itself, and outside of what Go's collector knows of. With 16 MB for each, four stores of a process held
// 320 MB on two processors once everything had been read, and 2 GB on sixteen. So the readers of a store share what one had; what they do
// not keep, the system's own cache does.
const (
	writerCache  = 16 << 20
	readersCache = 16 << 20
	leastCache   = 1 << 20
)

func readerCache(readers int) int { return max(readersCache/readers, leastCache) }

// maxStatements bounds the statements of a session; the shapes of queries follow from the declared indexes, so that it is never
// reached but by a mistake.
const maxStatements = 1000

func (s *session) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if st := s.stmts[query]; st != nil {
		return st, nil
	}
	if len(s.stmts) >= maxStatements {
		for _, st := range s.stmts {
			_ = st.Close() // only frees memory
		}
		clear(s.stmts)
	}
	st, err := s.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, failed(fmt.Errorf("prepare %s: %w", query, err))
	}
	s.stmts[query] = st
	return st, nil
}

// begun is the context under which a statement runs: it is looked at before, and not watched meanwhile. No statement takes long, a
// chunk of a page at most; to watch takes two goroutines for each, and on a busy machine waiting for them took longer than the
// statement (measured).
func begun(ctx context.Context) (context.Context, error) {
	if ctx.Err() != nil {
		return nil, unavailable(ctx.Err())
	}
	return context.WithoutCancel(ctx), nil
}

func (s *session) exec(ctx context.Context, query string, args ...any) (affected int64, err error) {
	ctx, err = begun(ctx)
	if err != nil {
		return 0, err
	}
	st, err := s.stmt(ctx, query)
	if err != nil {
		return 0, err
	}
	res, err := st.ExecContext(ctx, args...)
	if err != nil {
		return 0, failed(err)
	}
	return res.RowsAffected()
}

// errEnough ends each early.
var errEnough = errors.New("enough")

// each calls scan for every row, until it returns errEnough.
func (s *session) each(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	ctx, err := begun(ctx)
	if err != nil {
		return err
	}
	st, err := s.stmt(ctx, query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return failed(err)
	}
	defer rows.Close()
	for rows.Next() {
		switch err := scan(rows); {
		case errors.Is(err, errEnough):
			return nil
		case err != nil:
			return failed(err)
		}
	}
	return failed(rows.Err())
}

func (s *session) close() {
	if s == nil {
		return
	}
	for _, st := range s.stmts {
		_ = st.Close() // the connection goes away with it
	}
	_ = s.conn.Close()
}

// read runs work on a reader, in one snapshot when it asks more than once. After an error the connection is thrown away: an
// interrupted one is not worth mending.
func (d *Driver) read(ctx context.Context, snapshot bool, work func(*session) error) (err error) {
	var s *session
	select {
	case <-d.closing:
		return errClosed
	default:
	}
	select {
	case s = <-d.readers:
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
	defer func() {
		if err != nil {
			d.notice(err)
			s.close()
			s = nil
		}
		d.readers <- s
	}()
	if s == nil {
		if s, err = d.newSession(ctx, readerCache(cap(d.readers))); err != nil {
			return err
		}
	}
	if !snapshot {
		return work(s)
	}
	if _, err := s.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	if err := work(s); err != nil {
		return err
	}
	_, err = s.exec(ctx, "COMMIT")
	return err
}

var errClosed = fmt.Errorf("%w: the store is closed", docstore.ErrUnavailable)

func unavailable(err error) error { return fmt.Errorf("%w: %w", docstore.ErrUnavailable, err) }

// code is SQLite's extended result code of err, 0 when it is not one of its errors.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// full is docstore.ErrNoSpace with SQLite's error behind it, whose own words end in "not an error".
type full struct{ cause error }

func (full) Error() string     { return docstore.ErrNoSpace.Error() + ": the disk of the store is full" }
func (f full) Unwrap() []error { return []error{docstore.ErrNoSpace, f.cause} }

// failed marks what another try may mend: all but what is wrong with the statement or the data.
func failed(err error) error {
	if err == nil || errors.Is(err, docstore.ErrUnavailable) {
		return err
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, sql.ErrConnDone) {
		return unavailable(err)
	}
	if code(err)&0xff == sqlite3.SQLITE_FULL {
		return full{err}
	}
	switch code(err) & 0xff {
	case 0, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_RANGE:
		return err
	}
	return unavailable(err)
}
