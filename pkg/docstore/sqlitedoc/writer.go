package sqlitedoc

import (
	"context"
	"os"
	"sync/atomic"
)

// background is what the writer works under: once taken, an operation is carried out, so that one caller's deadline cannot harm the
// others of its batch.
var background = context.Background()

// op is an operation in the queue. size is the number of its writes.
type op struct {
	do   func(*writer) error
	size int
	// taken is set by whoever comes first: the writer that begins it, or the caller that gives up.
	taken atomic.Bool
	err   error
	done  chan struct{}
}

// submit queues an operation and waits for its commit. Giving up before the writer has begun it cancels it; either way the caller
// gets ErrUnavailable.
func (d *Driver) submit(ctx context.Context, o *op) error {
	o.done = make(chan struct{})
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
	defer func() { w.close() }()
	for {
		select {
		case o := <-d.queue:
			w.batch(o)
		case <-d.closing:
			for {
				select {
				case o := <-d.queue:
					w.batch(o)
				default:
					return
				}
			}
		}
	}
}

// batch carries out first and all that is waiting, in one transaction.
func (w *writer) batch(first *op) {
	var batch []*op
	err := w.begin()
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
		o = w.next(len(batch), size)
	}
	if err == nil {
		_, err = w.exec(background, "COMMIT")
	}
	if err != nil {
		w.rollback()
		w.driver.log.Error("a batch of writes failed", "operations", len(batch), "error", err)
		if len(batch) == 0 {
			batch = append(batch, first)
		}
	}
	for _, o := range batch {
		if err != nil {
			o.err = unavailable(err)
		}
		close(o.done)
	}
	w.shrink()
}

// next is another operation that waits, if the batch may have one more.
func (w *writer) next(ops, size int) *op {
	if ops >= maxBatchOps || size >= maxBatchWrites {
		return nil
	}
	select {
	case o := <-w.driver.queue:
		return o
	default:
		return nil
	}
}

func (w *writer) begin() (err error) {
	if err := w.driver.inPlace(); err != nil {
		return err
	}
	if w.session == nil {
		if w.session, err = w.driver.newSession(background, writerCache); err != nil {
			return err
		}
	}
	_, err = w.exec(background, "BEGIN IMMEDIATE")
	return err
}

// rollback leaves the transaction; SQLite may have done so itself. A connection that cannot even do that is thrown away.
func (w *writer) rollback() {
	if w.session == nil {
		return
	}
	if _, err := w.exec(background, "ROLLBACK"); err != nil {
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
	if _, err := w.exec(background, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		w.driver.log.Warn("the write-ahead log could not be cut", "bytes", info.Size(), "error", err)
	}
}
