package sqlitedoc

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/buger/jsonparser"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// Load reads documents by id.
func (d *Driver) Load(ctx context.Context, collection string, ids []string) (docs []docstore.Document, err error) {
	c, err := d.collection(collection)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	scan := func(r *sql.Rows) error {
		var doc docstore.Document
		err := r.Scan(&doc.ID, &doc.Version, &doc.Body)
		docs = append(docs, doc)
		return err
	}
	err = d.read(ctx, false, func(s *session) error {
		query := "SELECT id, version, body FROM " + c.table + " WHERE id "
		if len(ids) == 1 {
			return s.each(ctx, scan, query+"= ?", ids[0])
		}
		return s.each(ctx, scan, query+"IN (SELECT value FROM json_each(?))", list(ids))
	})
	if err != nil {
		return nil, err
	}
	return docs, nil
}

// Find returns a page. It is read in one snapshot where it takes more than one question.
func (d *Driver) Find(ctx context.Context, collection string, q docstore.Query) ([]docstore.Document, error) {
	rows, err := d.find(ctx, collection, q)
	if err != nil {
		return nil, err
	}
	docs := make([]docstore.Document, len(rows))
	for i, r := range rows {
		docs[i] = r.doc
	}
	return docs, nil
}

func (d *Driver) find(ctx context.Context, collection string, q docstore.Query) (rows []row, err error) {
	c, err := d.collection(collection)
	if err != nil {
		return nil, err
	}
	scans, err := c.plan(q)
	if err != nil || len(scans) == 0 {
		return nil, err
	}
	err = d.read(ctx, len(scans) > 1 || !scans[0].single || scans[0].tie != "" && q.After != nil, func(s *session) error {
		rows, err = race(ctx, s, scans)
		return err
	})
	return rows, err
}

// streamPage is how many documents Stream holds at a time.
const streamPage = 200

// Stream reads page by page; nothing is held while each runs.
func (d *Driver) Stream(ctx context.Context, collection string, q docstore.Query, each func(docstore.Document) error) error {
	left := q.Limit
	for {
		q.Limit = streamPage
		if left > 0 {
			q.Limit = min(left, streamPage)
		}
		rows, err := d.find(ctx, collection, q)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := each(r.doc); err != nil {
				return err
			}
		}
		if len(rows) < q.Limit || len(rows) == left {
			return nil
		}
		left -= min(left, len(rows))
		last := rows[len(rows)-1].doc
		q.After = &docstore.Position{Value: last.ID, ID: last.ID}
		if sortOf(q.Sort) != "_id" {
			raw, kind, _, err := jsonparser.Get(last.Body, q.Sort)
			if err == nil {
				q.After.Value, err = scalarOf(raw, kind)
			}
			if err != nil {
				return fmt.Errorf("sort field %s of %s/%s: %w", q.Sort, collection, last.ID, err)
			}
			if q.After.Value == nil {
				return fmt.Errorf("sort field %s of %s/%s is null", q.Sort, collection, last.ID)
			}
		}
	}
}

// list is a list of scalars as one parameter, so that a statement's text does not depend on its length.
func list[V any](values []V) string {
	b, _ := json.Marshal(values) // scalars always encode
	return string(b)
}
