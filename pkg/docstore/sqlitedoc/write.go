package sqlitedoc

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// change is a write made ready by its caller: the side rows are worked out before the writer is asked.
type change struct {
	docstore.Write
	c    *collection
	rows []sideRows
	sum  int64
	// entries are the outbox entries, encoded.
	entries []string
}

func (d *Driver) ready(w docstore.Write) (*change, error) {
	c, err := d.collection(w.Collection)
	if err != nil {
		return nil, err
	}
	ch := &change{Write: w, c: c}
	if w.Kind == docstore.Verify || w.Kind == docstore.Remove {
		return ch, nil
	}
	if len(w.Body) > docstore.MaxDocument {
		return nil, fmt.Errorf("write %s/%s: %w", w.Collection, w.ID, docstore.ErrTooLarge)
	}
	if ch.rows, ch.sum, err = c.rowsOf(w.Body); err != nil {
		return nil, fmt.Errorf("%s/%s: %w", w.Collection, w.ID, err)
	}
	for _, e := range w.Outbox {
		b, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("encode event %s: %w", e.ID, err)
		}
		ch.entries = append(ch.entries, string(b))
	}
	return ch, nil
}

// relaxed says that writes need not be on the disk when they are done. Those that raise events always are, before the relay sees them: nothing is
// published that a power cut could take back.
func relaxed(ctx context.Context, writes []docstore.Write) bool {
	return docstore.IsRelaxed(ctx) && !slices.ContainsFunc(writes, func(w docstore.Write) bool { return len(w.Outbox) > 0 })
}

// Apply carries out all writes in one savepoint of a shared transaction.
func (d *Driver) Apply(ctx context.Context, writes []docstore.Write) error {
	changes := make([]*change, len(writes))
	for i, w := range writes {
		var err error
		if changes[i], err = d.ready(w); err != nil {
			return err
		}
	}
	return d.submit(ctx, &op{size: len(writes), relaxed: relaxed(ctx, writes), do: func(w *writer) error { return w.all(changes) }})
}

// ApplyMany carries out each write for itself, in one shared transaction.
func (d *Driver) ApplyMany(ctx context.Context, writes []docstore.Write) (errs []error) {
	errs = make([]error, len(writes))
	changes := make([]*change, len(writes))
	for i, w := range writes {
		changes[i], errs[i] = d.ready(w)
	}
	outcome := make([]error, len(writes)) // the writer's own: a caller that gives up does not wait for it
	err := d.submit(ctx, &op{size: len(writes), relaxed: relaxed(ctx, writes), do: func(w *writer) error {
		for i, ch := range changes {
			if ch == nil {
				continue
			}
			if outcome[i] = w.one(ch); outcome[i] != nil && isBroken(outcome[i]) {
				return outcome[i]
			}
		}
		return nil
	}})
	none := true
	for i := range errs {
		if errs[i] == nil {
			if errs[i] = err; err == nil {
				errs[i] = outcome[i]
			}
		}
		none = none && errs[i] == nil
	}
	if none {
		return nil
	}
	return errs
}

// all is several writes or none. A single one needs no savepoint, nor do documents that are only looked at before it: its first statement
// carries the condition and all that can be wrong with the data, and what fails after it fails the batch.
func (w *writer) all(changes []*change) error {
	for len(changes) > 1 && changes[0].Kind == docstore.Verify {
		if err := w.one(changes[0]); err != nil {
			return err
		}
		changes = changes[1:]
	}
	if len(changes) == 1 {
		return w.one(changes[0])
	}
	if _, err := w.exec(background, "SAVEPOINT op"); err != nil {
		return errBroken{err}
	}
	for _, ch := range changes {
		if err := w.one(ch); err != nil {
			if _, undo := w.exec(background, "ROLLBACK TO op"); undo != nil {
				return errBroken{undo}
			}
			if _, undo := w.exec(background, "RELEASE op"); undo != nil {
				return errBroken{undo}
			}
			return err
		}
	}
	if _, err := w.exec(background, "RELEASE op"); err != nil {
		return errBroken{err}
	}
	return nil
}

func (w *writer) one(ch *change) (err error) {
	switch ch.Kind {
	case docstore.Insert:
		err = w.insert(ch)
	case docstore.Update:
		err = w.update(ch)
	case docstore.Put:
		err = w.put(ch)
	case docstore.Verify:
		version := int64(-1)
		err := w.each(background, func(r *sql.Rows) error { return r.Scan(&version) }, "SELECT version FROM "+ch.c.table+" WHERE id = ?", ch.ID)
		if err == nil && version != ch.Expect {
			err = docstore.ErrStale
		}
		return err
	case docstore.Remove:
		return w.remove(ch)
	default:
		return fmt.Errorf("write of kind %d", ch.Kind)
	}
	if err != nil {
		return err
	}
	for i, entry := range ch.entries {
		e := ch.Outbox[i]
		if _, err := w.exec(background, "INSERT OR IGNORE INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?)",
			ch.Collection, ch.ID, e.Version, i, e.ID, e.At.String(), entry); err != nil {
			return errBroken{err}
		}
	}
	return nil
}

func (w *writer) insert(ch *change) error {
	_, err := w.exec(background, "INSERT INTO "+ch.c.table+" (id, version, body, sides) VALUES (?, ?, ?, ?)", ch.ID, ch.Version, string(ch.Body), ch.sum)
	if err != nil {
		return w.taken(ch, err)
	}
	return w.addSides(ch.c, ch.ID, ch.rows)
}

// update first tries what nearly always holds: the document has the version, was not mended, and its side rows stay as they are.
func (w *writer) update(ch *change) error {
	n, err := w.exec(background, "UPDATE "+ch.c.table+" SET version = ?1, body = ?2, mended = ?6 WHERE id = ?3 AND version = ?4 AND mended = 0 AND sides = ?5",
		ch.Version, string(ch.Body), ch.ID, ch.Expect, ch.sum, ch.Version == ch.Expect)
	if err != nil {
		return w.taken(ch, err)
	}
	if n == 1 {
		return nil
	}
	row, err := w.row(ch)
	if err != nil {
		return err
	}
	if row == nil || row.version != ch.Expect {
		return docstore.ErrStale
	}
	if row.mended {
		// Somebody mended the document after it was read: only the difference is this write's.
		if ch.Body, err = patch(row.body, ch.Set, ch.Unset); err != nil {
			return err
		}
		if ch.rows, ch.sum, err = ch.c.rowsOf(ch.Body); err != nil {
			return err
		}
	}
	return w.replace(ch, row)
}

func (w *writer) put(ch *change) error {
	n, err := w.exec(background, "UPDATE "+ch.c.table+" SET version = ?1, body = ?2, mended = 0 WHERE id = ?3 AND version < ?1 AND sides = ?4",
		ch.Version, string(ch.Body), ch.ID, ch.sum)
	if err != nil {
		return w.taken(ch, err)
	}
	if n == 1 {
		return nil
	}
	row, err := w.row(ch)
	switch {
	case err != nil:
		return err
	case row == nil:
		return w.insert(ch)
	case row.version >= ch.Version:
		return docstore.ErrStale
	}
	return w.replace(ch, row)
}

func (w *writer) remove(ch *change) error {
	row, err := w.row(ch)
	if err != nil || row == nil || row.version != ch.Expect {
		return err
	}
	rows, _, err := ch.c.rowsOf(row.body)
	if err != nil {
		return err
	}
	if _, err := w.exec(background, "DELETE FROM "+ch.c.table+" WHERE id = ?", ch.ID); err != nil {
		return errBroken{err}
	}
	return w.dropSides(ch.c, ch.ID, rows)
}

// stored is the present row of a document.
type stored struct {
	version int64
	mended  bool
	body    []byte
}

func (w *writer) row(ch *change) (*stored, error) {
	var out *stored
	err := w.each(background, func(r *sql.Rows) error {
		out = &stored{}
		return r.Scan(&out.version, &out.mended, &out.body)
	}, "SELECT version, mended, body FROM "+ch.c.table+" WHERE id = ?", ch.ID)
	return out, err
}

// replace writes the whole outcome over old and brings the side rows up to date.
func (w *writer) replace(ch *change, old *stored) error {
	was, _, err := ch.c.rowsOf(old.body)
	if err != nil {
		return err
	}
	_, err = w.exec(background, "UPDATE "+ch.c.table+" SET version = ?, body = ?, mended = ?, sides = ? WHERE id = ?",
		ch.Version, string(ch.Body), ch.Kind == docstore.Update && ch.Version == ch.Expect, ch.sum, ch.ID)
	if err != nil {
		return w.taken(ch, err)
	}
	if err := w.dropSides(ch.c, ch.ID, was); err != nil {
		return err
	}
	return w.addSides(ch.c, ch.ID, ch.rows)
}

func patch(body []byte, set map[string]json.RawMessage, unset []string) ([]byte, error) {
	var f map[string]json.RawMessage
	if err := json.Unmarshal(body, &f); err != nil {
		return nil, fmt.Errorf("decode a stored document: %w", err)
	}
	for _, name := range unset {
		delete(f, name)
	}
	for name, v := range set {
		f[name] = v
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(f)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

// taken turns a broken unique index into *ErrExists. Where an insert breaks several, the id is the one that counts: it says that
// the document is there already.
func (w *writer) taken(ch *change, err error) error {
	if code(err)&0xff != sqlite3.SQLITE_CONSTRAINT {
		return err
	}
	if ch.Kind != docstore.Update {
		row, loadErr := w.row(ch)
		if loadErr != nil {
			return loadErr
		}
		if row != nil && ch.Kind == docstore.Insert {
			return &docstore.ErrExists{Key: "_id"}
		}
	}
	for index, name := range ch.c.uniques {
		if strings.Contains(err.Error(), "index '"+strings.ReplaceAll(index, "'", "''")+"'") || strings.Contains(err.Error(), "index '"+index+"'") {
			return &docstore.ErrExists{Key: name}
		}
	}
	return err
}
