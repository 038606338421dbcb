package sqlitedoc

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
)

// background is what the writer works under: once taken, an operation is carried out, so that one caller's deadline cannot harm the
// others of its batch.
var background = context.Background()

// op is an operation in the queue. size is the number of its writes; relaxed that it need not be on the disk when it is done.
type op struct {
	do      func(*writer) error
	size    int
	relaxed bool
	// after, when set, is done once the batch is committed, outside of any transaction; its error is the operation's.
	after func(*writer) error
	// taken is set by whoever comes first: the writer that begins it, or the caller that gives up.
	taken atomic.Bool
	err   error
	done  chan struct{}
}

// submit queues an operation and waits for its commit. Giving up before the writer has begun it cancels it; either way the caller
// gets ErrUnavailable.
func (d *Driver) submit(ctx context.Context, o *op) error {
	o.done = make(chan struct{})
	o.relaxed = o.relaxed || d.relaxed.Load()
	select {
	case <-d.closing:
		return errClosed
	default:
	}
	select {
	case d.queue <- o:
	case <-ctx.Done():
		return unavailable(ctx.Err())
	case <-d.closing:
		return errClosed
	}
	select {
	case <-o.done:
		return o.err
	case <-ctx.Done():
		o.taken.Store(true)
		return unavailable(ctx.Err())
	case <-d.stopped:
		select {
		case <-o.done:
			return o.err
		default:
			return errClosed
		}
	}
}

// writer is the one connection that writes.
type writer struct {
	*session
	driver  *Driver
	batches int
	// relaxed is how the connection commits now.
	relaxed bool
	// next is what was taken off the queue and could not join the batch of before.
	next *op
}

// errBroken marks an error after which the transaction is not what it should be: the whole batch fails.
type errBroken struct{ error }

func (e errBroken) Unwrap() error { return e.error }

// The bounds of a batch; past them its callers have waited long enough.
const (
	maxBatchOps    = 512
	maxBatchWrites = 4096
)

func (d *Driver) write(w *writer) {
	defer close(d.stopped)
	defer func() {
		d.atEnd = d.sound() // the last connection that is closed takes the log away
		w.close()
	}()
	for {
		if w.next == nil {
			select {
			case w.next = <-d.queue:
			case <-d.closing:
				select {
				case w.next = <-d.queue:
				default:
					return
				}
			}
		}
		w.batch(w.next)
	}
}

// batch carries out first and all that is waiting, in one transaction. A relaxed one has no place for what must be on the disk when it is
// answered: that comes next. A synced one takes everything along.
func (w *writer) batch(first *op) {
	var batch []*op
	w.next = nil
	err := w.begin(first.relaxed)
	// No operation may be taken off the queue once the batch has failed: nobody would answer its caller.
	for o, size := first, 0; o != nil && err == nil; {
		if o.taken.CompareAndSwap(false, true) {
			batch = append(batch, o)
			size += o.size
			if o.err = o.do(w); isBroken(o.err) {
				err = o.err
				break
			}
		}
		o = w.another(len(batch), size)
	}
	if err == nil {
		_, err = w.exec(background, "COMMIT")
		w.driver.noteLog()
	}
	if err != nil {
		w.driver.notice(err)
		w.rollback()
		w.driver.log.Error("a batch of writes failed", "operations", len(batch), "error", err)
		if len(batch) == 0 {
			batch = append(batch, first)
		}
	}
	for _, o := range batch {
		switch {
		case err != nil:
			o.err = unavailable(err)
		case o.after != nil:
			o.err = o.after(w)
		}
		close(o.done)
	}
	w.shrink()
}

// another is one more operation that waits, if the batch may have it.
func (w *writer) another(ops, size int) *op {
	if ops >= maxBatchOps || size >= maxBatchWrites {
		return nil
	}
	select {
	case o := <-w.driver.queue:
		if w.relaxed && !o.relaxed {
			w.next = o
			return nil
		}
		return o
	default:
		return nil
	}
}

// begin begins a transaction, relaxed or synced. SQLite changes that between transactions only, and when the statement is prepared.
func (w *writer) begin(relaxed bool) (err error) {
	if err := w.driver.sound(); err != nil {
		return err
	}
	if w.session == nil {
		if w.session, err = w.driver.newSession(background, writerCache); err != nil {
			return err
		}
		w.relaxed = false
		if err := w.driver.holdAnew(); err != nil {
			return err
		}
	}
	if w.relaxed != relaxed && !w.driver.derived {
		level := map[bool]string{true: unsynced, false: synced}[relaxed]
		if _, err := w.conn.ExecContext(background, "PRAGMA synchronous = "+level); err != nil {
			return err
		}
		w.relaxed = relaxed
	}
	_, err = w.exec(background, "BEGIN IMMEDIATE")
	return err
}

// rollback leaves the transaction; SQLite may have done so itself. A connection that cannot even do that is thrown away, and with it, where
// it is the only one, the log: the next connection's is then the store's own. A log that somebody else took away stays missed.
func (w *writer) rollback() {
	if w.session == nil {
		return
	}
	if _, err := w.exec(background, "ROLLBACK"); err != nil {
		if w.driver.inPlace() == nil {
			w.driver.held.Store(&held{path: w.driver.held.Load().path})
		}
		w.driver.cutting()
		w.close()
		w.session = nil
	}
}

// The log is normally written back at every 8000th page (16 MB) by the commit that reaches it, which does not wait for readers. When
// readers follow each other so closely that it never gets back to the log's beginning, waiting for them once does it.
const logLookout = 4

func (w *writer) shrink() {
	if w.batches++; w.batches%logLookout != 0 || w.session == nil {
		return
	}
	info, err := os.Stat(w.driver.path + "-wal")
	if err != nil || info.Size() < w.driver.logLimit {
		return
	}
	w.driver.cutting()
	if _, err := w.exec(background, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		w.driver.log.Warn("the write-ahead log could not be cut", "bytes", info.Size(), "error", err)
	}
}

// Scrub implements docstore.Driver: it writes the log back and cuts it to nothing, for which it waits until nobody reads what the log held before.
// What the file itself kept of it became zeros if the store shreds.
func (d *Driver) Scrub(ctx context.Context) error {
	return d.submit(ctx, &op{size: 1, do: func(*writer) error { return nil }, after: func(w *writer) error {
		var busy, pages, written int
		w.driver.cutting()
		err := w.conn.QueryRowContext(background, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &written)
		if err == nil && busy != 0 {
			err = unavailable(errors.New("the log is being read"))
		}
		return failed(err)
	}})
}
