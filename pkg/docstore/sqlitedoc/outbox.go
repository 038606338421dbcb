package sqlitedoc

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// PendingOf returns those of refs with a non-empty outbox.
func (d *Driver) PendingOf(ctx context.Context, refs []docstore.Ref) (out []docstore.Pending, err error) {
	err = d.read(ctx, true, func(s *session) error {
		out, err = d.pending(ctx, s, refs)
		return err
	})
	return out, err
}

// PendingBefore finds documents by the age of their oldest entry.
func (d *Driver) PendingBefore(ctx context.Context, collections []string, at time.Time, limit int) (out []docstore.Pending, err error) {
	if len(collections) == 0 || limit < 1 {
		return nil, nil
	}
	before := event.Time{Time: at}.String()
	err = d.read(ctx, true, func(s *session) error {
		var refs []docstore.Ref
		seen := map[docstore.Ref]bool{}
		err := s.each(ctx, func(r *sql.Rows) error {
			var ref docstore.Ref
			if err := r.Scan(&ref.Collection, &ref.ID); err != nil || seen[ref] {
				return err
			}
			seen[ref] = true
			if refs = append(refs, ref); len(refs) == limit {
				return errEnough
			}
			return nil
		}, `SELECT collection, id FROM outbox INDEXED BY outbox_by_age
  WHERE at < ? AND collection IN (SELECT value FROM json_each(?)) ORDER BY at, collection, id`, before, list(collections))
		if err != nil {
			return err
		}
		out, err = d.pending(ctx, s, refs)
		return err
	})
	return out, err
}

// pending reads the outboxes and documents of refs, in their order.
func (d *Driver) pending(ctx context.Context, s *session, refs []docstore.Ref) ([]docstore.Pending, error) {
	var out []docstore.Pending
	for _, ref := range refs {
		c, err := d.collection(ref.Collection)
		if err != nil {
			return nil, err
		}
		p := docstore.Pending{Collection: ref.Collection}
		err = s.each(ctx, func(r *sql.Rows) error {
			var e event.Entry
			var entry []byte
			if err := r.Scan(&entry); err != nil {
				return err
			}
			if err := json.Unmarshal(entry, &e); err != nil {
				return fmt.Errorf("outbox of %s/%s: %w", ref.Collection, ref.ID, err)
			}
			p.Outbox = append(p.Outbox, e)
			return nil
		}, "SELECT entry FROM outbox WHERE collection = ? AND id = ? ORDER BY version, n", ref.Collection, ref.ID)
		if err != nil {
			return nil, err
		}
		if len(p.Outbox) == 0 {
			continue
		}
		err = s.each(ctx, func(r *sql.Rows) error { return r.Scan(&p.ID, &p.Version, &p.Body) },
			"SELECT id, version, body FROM "+c.table+" WHERE id = ?", ref.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// Published files and removes entries in one commit; the documents are not touched. It is relaxed: entries that a power cut brings back are
// published again.
func (d *Driver) Published(ctx context.Context, filed []docstore.Write, entries map[docstore.Ref][]string) error {
	if len(filed)+len(entries) == 0 {
		return nil
	}
	changes := make([]*change, len(filed))
	for i, f := range filed {
		var err error
		if changes[i], err = d.ready(f); err != nil {
			return err
		}
	}
	return d.submit(ctx, &op{size: len(filed) + len(entries), relaxed: true, do: func(w *writer) error {
		for _, ch := range changes {
			var exists *docstore.ErrExists
			if err := w.one(ch); err != nil && !errors.As(err, &exists) {
				return err
			}
		}
		for ref, ids := range entries {
			if _, err := w.exec(background, "DELETE FROM outbox WHERE collection = ? AND id = ? AND event IN (SELECT value FROM json_each(?))",
				ref.Collection, ref.ID, list(ids)); err != nil {
				return errBroken{err}
			}
		}
		return nil
	}})
}

// Backlog counts documents with a non-empty outbox.
func (d *Driver) Backlog(ctx context.Context, collections []string) (documents int64, oldest time.Time, err error) {
	var at sql.NullString
	err = d.read(ctx, true, func(s *session) error {
		names := list(collections)
		err := s.each(ctx, func(r *sql.Rows) error { return r.Scan(&documents) },
			"SELECT count(*) FROM (SELECT DISTINCT collection, id FROM outbox WHERE collection IN (SELECT value FROM json_each(?)))", names)
		if err != nil || documents == 0 {
			return err
		}
		return s.each(ctx, func(r *sql.Rows) error { return r.Scan(&at) },
			"SELECT at FROM outbox INDEXED BY outbox_by_age WHERE collection IN (SELECT value FROM json_each(?)) ORDER BY at LIMIT 1", names)
	})
	if err != nil || documents == 0 {
		return 0, time.Time{}, err
	}
	t, err := event.ParseTime(at.String)
	return documents, t.Time, err
}
