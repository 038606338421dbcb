package sqlitedoc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

func insertPlan(d *Driver, ctx context.Context, id string) error { //nolint:revive // the driver is what the test is about
	return d.Apply(ctx, []docstore.Write{{Kind: docstore.Insert, Collection: "plans", ID: id, Version: 1,
		Body: []byte(`{"at":"2025","_scope":["nation","unit:u1"],"text":"0123456789012345678901234567890123456789"}`)}})
}

// waiting waits until n operations are in the queue.
func waiting(d *Driver, n int) {
	for len(d.queue) < n {
		<-time.After(time.Millisecond)
	}
}

// onWriter runs work on the writer's connection outside any transaction.
func onWriter(t *testing.T, d *Driver, work func(*writer) error) {
	t.Helper()
	err := d.submit(t.Context(), &op{size: 1, do: func(w *writer) error {
		if _, err := w.exec(background, "COMMIT"); err != nil {
			return err
		}
		err := work(w)
		if _, begin := w.exec(background, "BEGIN IMMEDIATE"); begin != nil {
			return begin
		}
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDiskFull: a full disk refuses writes as unavailable, keeps what was acknowledged, answers reads, and once there is room again
// writes go on.
func TestDiskFull(t *testing.T) {
	d, _ := openPlans(t)
	limit := func(pages int) {
		onWriter(t, d, func(w *writer) error {
			_, err := w.conn.ExecContext(background, fmt.Sprintf("PRAGMA max_page_count = %d", pages))
			return err
		})
	}
	limit(200)
	var acked []string
	var full error
	for i := 0; full == nil && i < 100_000; i++ {
		id := fmt.Sprintf("%08d", i)
		if full = insertPlan(d, t.Context(), id); full == nil {
			acked = append(acked, id)
		}
	}
	if !errors.Is(full, docstore.ErrUnavailable) || !errors.Is(full, docstore.ErrNoSpace) || strings.Contains(full.Error(), "not an error") {
		t.Fatalf("a full disk is %v", full)
	}
	docs, err := d.Load(t.Context(), "plans", acked)
	if err != nil || len(docs) != len(acked) || len(acked) == 0 {
		t.Fatalf("%d of %d acknowledged documents, %v", len(docs), len(acked), err)
	}
	limit(1 << 20)
	if err := insertPlan(d, t.Context(), "after"); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// TestPrivate: a store's folder and files, the log and a copy too, are their owner's only.
func TestPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	path := filepath.Join(dir, "plans.db")
	d, err := Open(t.Context(), Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := Backup(t.Context(), []Copy{{From: path, To: path + ".copy"}}); err != nil {
		t.Error(err)
	}
	for file, want := range map[string]os.FileMode{dir: 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600, path + ".copy": 0o600} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %v", file, info, err, want)
		}
	}
	if err := d.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestBrokenBatch: when a commit fails, every caller of the batch is told so, and none of its documents is there.
func TestBrokenBatch(t *testing.T) {
	d, _ := openPlans(t)
	held, release := make(chan struct{}), make(chan struct{})
	errs := make([]error, 20)
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = d.submit(t.Context(), &op{size: 1, do: func(*writer) error { close(held); <-release; return nil }})
	})
	<-held
	for i := range errs {
		wg.Go(func() { errs[i] = insertPlan(d, t.Context(), fmt.Sprintf("%08d", i)) })
	}
	waiting(d, len(errs))
	wg.Go(func() {
		_ = d.submit(t.Context(), &op{size: 1, do: func(*writer) error { return errBroken{errors.New("no space left")} }})
	})
	waiting(d, len(errs)+1)
	close(release)
	wg.Wait()
	var failed []string
	for i, err := range errs {
		if err != nil {
			if !errors.Is(err, docstore.ErrUnavailable) {
				t.Errorf("caller %d: %v", i, err)
			}
			failed = append(failed, fmt.Sprintf("%08d", i))
		}
	}
	docs, err := d.Load(t.Context(), "plans", failed)
	if err != nil || len(docs) != 0 {
		t.Errorf("%d documents of a failed batch, %v", len(docs), err)
	}
	if len(failed) == 0 {
		t.Error("the operation that failed was alone")
	}
}

// TestGivingUp: a caller that gives up before its turn is told that the outcome is unknown, and its write is not carried out.
func TestGivingUp(t *testing.T) {
	d, _ := openPlans(t)
	held, release, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- d.submit(t.Context(), &op{size: 1, do: func(*writer) error { close(held); <-release; return nil }})
	}()
	<-held
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if err := insertPlan(d, ctx, "late"); !errors.Is(err, docstore.ErrUnavailable) {
		t.Errorf("giving up: %v", err)
	}
	// Readers do not wait for a writer that is in the middle of a transaction.
	if _, err := d.Find(t.Context(), "plans", docstore.Query{Limit: 5}); err != nil {
		t.Errorf("a read beside a busy writer: %v", err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if docs, err := d.Load(t.Context(), "plans", []string{"late"}); err != nil || len(docs) != 0 {
		t.Errorf("a write that was given up: %v, %v", docs, err)
	}
}

// TestLogIsCut: readers that follow each other without a gap do not keep the write-ahead log growing.
func TestLogIsCut(t *testing.T) {
	d, _ := openPlans(t)
	d.logLimit = 4 << 20
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := d.Find(t.Context(), "plans", docstore.Query{Sort: "at", Limit: 200}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	var most int64
	for i := range 100 {
		fillPlans(t, d, i*50, i*50+50)
		if info, err := os.Stat(d.path + "-wal"); err == nil {
			most = max(most, info.Size())
		}
	}
	close(stop)
	wg.Wait()
	t.Logf("the log grew to %d KB", most>>10)
	if most < d.logLimit || most > d.logLimit+16<<20 { // what four batches write
		t.Errorf("the log grew to %d bytes", most)
	}
}

// TestClose: what waits is carried out, later calls are refused, a caller that never ends does not hold Close for ever.
func TestClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	d, err := Open(t.Context(), Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer goleak.VerifyNone(t)
	if err := d.Migrate(t.Context(), []docstore.Spec{planSpec()}); err != nil {
		t.Fatal(err)
	}
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	var last error
	wg.Go(func() {
		_ = d.submit(t.Context(), &op{size: 1, do: func(*writer) error { close(held); <-release; return nil }})
	})
	<-held
	wg.Go(func() { last = insertPlan(d, t.Context(), "waiting") })
	waiting(d, 1)
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := d.Close(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("close beside a busy writer: %v", err)
	}
	close(release)
	for range 2 { // closed is closed
		if err := d.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	if last != nil {
		t.Errorf("the write that waited: %v", last)
	}
	if err := insertPlan(d, t.Context(), "later"); !errors.Is(err, docstore.ErrUnavailable) {
		t.Errorf("a write after Close: %v", err)
	}
	if _, err := d.Load(t.Context(), "plans", []string{"x"}); !errors.Is(err, docstore.ErrUnavailable) {
		t.Errorf("a read after Close: %v", err)
	}
}

// A connection that is in no transaction any more is thrown away. Where no other is open SQLite takes the log away with it; the next one
// makes another, which is the store's own.
func TestAWriterThatBeganAnewGoesOn(t *testing.T) {
	d, _ := openPlans(t)
	for i := range 3 {
		err := d.submit(t.Context(), &op{size: 1, do: func(w *writer) error {
			if _, err := w.exec(background, "ROLLBACK"); err != nil {
				return err
			}
			return errBroken{errors.New("disk I/O error")}
		}})
		if err == nil {
			t.Fatal("a batch without its transaction was carried out")
		}
		if err := insertPlan(d, t.Context(), fmt.Sprint(i)); err != nil {
			t.Fatalf("afterwards: %v", err)
		}
		if err := d.inPlace(); err != nil {
			t.Error(err)
		}
	}
}

// TestWhatIsTakenAwayStaysMissed: a log that is removed under an open store is missed until the store is opened again, whatever connections fail
// and begin anew meanwhile; nothing is acknowledged, and closing says so.
func TestWhatIsTakenAwayStaysMissed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plans.db")
	d := opened(t, Config{Path: path})
	if err := d.Migrate(t.Context(), []docstore.Spec{planSpec()}); err != nil {
		t.Fatal(err)
	}
	broken := d.submit(t.Context(), &op{size: 1, do: func(w *writer) error {
		_, err := w.exec(background, "ROLLBACK") // so that it cannot be rolled back by the batch
		return errBroken{errors.Join(errors.New("taken away"), err, os.Remove(path+logSuffix))}
	}})
	if broken == nil {
		t.Fatal("a batch without a connection is committed")
	}
	for range 3 {
		if err := insertPlan(d, t.Context(), "lost"); !errors.Is(err, docstore.ErrUnavailable) {
			t.Errorf("a write without a log: %v", err)
		}
		_, _ = d.Load(t.Context(), "plans", []string{"lost"}) // makes another log
	}
	if err := d.Check(t.Context(), []docstore.Spec{planSpec()}); err == nil {
		t.Error("it is ready")
	}
	if err := d.Close(t.Context()); err == nil || !strings.Contains(err.Error(), "removed or replaced") {
		t.Errorf("closed: %v", err)
	}
}

// TestDamageThatIsReadEndsWrites: once SQLite has found a damaged page, nothing is written beside it, and the store is not ready.
func TestDamageThatIsReadEndsWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plans.db")
	d := opened(t, Config{Path: path})
	if err := d.Migrate(t.Context(), []docstore.Spec{planSpec()}); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for i := range 200 {
		ids = append(ids, fmt.Sprintf("%08d", i))
		if err := insertPlan(d, t.Context(), ids[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err == nil {
		clear(raw[len(raw)/3:])
		err = os.WriteFile(path, raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if d, err = Open(t.Context(), Config{Path: path}); err != nil {
		t.Fatal(err)
	}
	d.register(collections([]docstore.Spec{planSpec()}))
	if _, err := d.Load(t.Context(), "plans", ids); !errors.Is(err, docstore.ErrUnavailable) {
		t.Fatalf("damaged documents are read: %v", err)
	}
	if err := insertPlan(d, t.Context(), "beside"); !errors.Is(err, docstore.ErrUnavailable) || !strings.Contains(err.Error(), "malformed") {
		t.Errorf("a write beside damage: %v", err)
	}
	if err := d.Check(t.Context(), []docstore.Spec{planSpec()}); err == nil || !strings.Contains(err.Error(), "start it again") {
		t.Errorf("ready: %v", err)
	}
	if err := d.Close(t.Context()); err == nil {
		t.Error("it is closed as if it were sound")
	}
}

// TestALogThatIsCutWhileItIsInUseIsMissed: what is cut, be it by a byte, was acknowledged; nothing more is, and closing says so. SQLite's own cuts,
// here those that Scrub asks for, are none.
func TestALogThatIsCutWhileItIsInUseIsMissed(t *testing.T) {
	for name, left := range map[string]func(size int64) int64{"to nothing": func(int64) int64 { return 0 }, "by a byte": func(size int64) int64 { return size - 1 }} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "plans.db")
			d := opened(t, Config{Path: path})
			if err := d.Migrate(t.Context(), []docstore.Spec{planSpec()}); err != nil {
				t.Fatal(err)
			}
			for n := range 3 {
				if err := errors.Join(insertPlan(d, t.Context(), fmt.Sprint("kept", n)), d.Scrub(t.Context()), insertPlan(d, t.Context(), fmt.Sprint("logged", n)), d.inPlace()); err != nil {
					t.Fatal(err)
				}
			}
			log, err := os.Stat(path + logSuffix)
			if err == nil {
				err = os.Truncate(path+logSuffix, left(log.Size()))
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Check(t.Context(), nil); !errors.Is(err, docstore.ErrUnavailable) {
				t.Errorf("readiness: %v", err)
			}
			if err := insertPlan(d, t.Context(), "lost"); !errors.Is(err, docstore.ErrUnavailable) {
				t.Errorf("a write after the cut: %v", err)
			}
			if err := d.Close(t.Context()); err == nil {
				t.Error("closing says nothing")
			}
		})
	}
}
