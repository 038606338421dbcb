package sqlitedoc

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// race lets the scans take turns, each a little further than the time before, until one has the page: whichever index is the better
// one for these values, the cost is at most a small multiple of its.
func race(ctx context.Context, s *session, scans []*scan) ([]row, error) {
	for budget := max(scans[0].query.Limit, 1); ; budget *= 2 {
		for _, sc := range scans {
			done, err := sc.advance(ctx, s, budget*sc.weight, len(scans) == 1)
			if err != nil {
				return nil, err
			}
			if done {
				return sc.rows, sc.complete(ctx, s)
			}
		}
	}
}

// complete reads the documents of a page that was found without them, in the snapshot in which it was found.
func (s *scan) complete(ctx context.Context, ses *session) error {
	if s.exact || len(s.rows) == 0 {
		return nil
	}
	ids, at := make([]string, len(s.rows)), make(map[string]int, len(s.rows))
	for i, r := range s.rows {
		ids[i], at[r.doc.ID] = r.doc.ID, i
	}
	return ses.each(ctx, func(r *sql.Rows) error {
		var doc docstore.Document
		err := r.Scan(&doc.ID, &doc.Version, &doc.Body)
		s.rows[at[doc.ID]].doc = doc
		return err
	}, "SELECT id, version, body FROM "+s.table+" WHERE id IN (SELECT value FROM json_each(?))", list(ids))
}

// advance reads on until the page is full, nothing is left, or budget rows have been looked at.
func (s *scan) advance(ctx context.Context, ses *session, budget int, alone bool) (done bool, err error) {
	for {
		var least *span
		for _, sp := range s.spans {
			if len(sp.buffer) == 0 && !sp.ended {
				if s.seen >= budget && !alone {
					return false, nil
				}
				if err := s.refill(ctx, ses, sp); err != nil {
					return false, err
				}
			}
			if len(sp.buffer) > 0 && (least == nil || s.before(sp.buffer[0], least.buffer[0])) {
				least = sp
			}
		}
		if least == nil {
			return true, nil
		}
		r := least.buffer[0]
		least.buffer = least.buffer[1:]
		if n := len(s.rows); !r.hit || (n > 0 && s.rows[n-1].doc.ID == r.doc.ID) {
			continue
		}
		if s.rows = append(s.rows, r); len(s.rows) == s.query.Limit {
			return true, nil
		}
	}
}

func (s *scan) refill(ctx context.Context, ses *session, sp *span) error {
	sp.buffer = sp.buffer[:0]
	queries, after := []string{s.first}, docstore.Position{}
	if sp.after != nil {
		queries, after = []string{s.next}, *sp.after
		if s.tie != "" {
			queries = []string{s.tie, s.next}
		}
	}
	left := sp.chunk
	for _, query := range queries {
		args := append(append(slices.Clone(sp.prefix), after.Value, after.ID, left), s.rest...)
		full := false
		err := ses.each(ctx, func(r *sql.Rows) error {
			var x row
			err := r.Scan(&x.sort, &x.doc.ID, &x.hit, &x.doc.Version, &x.doc.Body)
			sp.buffer = append(sp.buffer, x)
			full = !x.hit
			return err
		}, query, args...)
		if err != nil {
			return err
		}
		switch {
		case full:
			left = 0
		case s.exact:
			left = sp.chunk - len(sp.buffer)
		}
		if left == 0 {
			break
		}
	}
	s.seen += max(len(sp.buffer), sp.chunk-left)
	if sp.ended = left > 0; !sp.ended {
		last := sp.buffer[len(sp.buffer)-1]
		sp.after = &docstore.Position{Value: last.sort, ID: last.doc.ID}
	}
	sp.chunk = min(2*sp.chunk, 1024)
	return nil
}

// before says whether a comes before b in the query's order.
func (s *scan) before(a, b row) bool {
	c := compare(a.sort, b.sort)
	if c == 0 {
		c = strings.Compare(a.doc.ID, b.doc.ID)
	}
	if s.query.Desc {
		return c > 0
	}
	return c < 0
}

// compare orders scalars as SQLite does: numbers before text, text by its bytes.
func compare(a, b any) int {
	rank := func(v any) int {
		switch v.(type) {
		case nil:
			return 0
		case int64, float64:
			return 1
		}
		return 2
	}
	if ra, rb := rank(a), rank(b); ra != rb || ra == 0 {
		return cmp.Compare(ra, rb)
	}
	switch a := a.(type) {
	case int64:
		if b, ok := b.(int64); ok {
			return cmp.Compare(a, b)
		}
		return cmp.Compare(float64(a), b.(float64))
	case float64:
		if b, ok := b.(int64); ok {
			return cmp.Compare(a, float64(b))
		}
		return cmp.Compare(a, b.(float64))
	}
	return strings.Compare(text(a), text(b))
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return fmt.Sprint(v)
}
