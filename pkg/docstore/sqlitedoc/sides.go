package sqlitedoc

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// sideRows are a document's rows in one side table: the elements, and what all rows share (fields, and the sort value where it is
// not the id).
type sideRows struct {
	elements []any
	shared   []any
}

// empty stands for null in a side table's fields, whose key columns are never null.
var empty = []byte{}

// rowsOf works out a document's side rows, as long as c.sides, and a sum by which equal rows are known. Nation has no rows: who may
// see all is not narrowed.
func (c *collection) rowsOf(body []byte) ([]sideRows, int64, error) {
	var f map[string]json.RawMessage
	if err := json.Unmarshal(body, &f); err != nil {
		return nil, 0, fmt.Errorf("a body must be a JSON object: %w", err)
	}
	out := make([]sideRows, len(c.sides))
	sum := fnv.New64a()
	note := json.NewEncoder(sum)
	elements := map[string][]any{}
	for i, s := range c.sides {
		r := &out[i]
		if _, seen := elements[s.array]; !seen {
			var err error
			if elements[s.array], err = elementsOf(f[s.array]); err != nil {
				return nil, 0, fmt.Errorf("field %s: %w", s.array, err)
			}
		}
		if r.elements = elements[s.array]; len(r.elements) == 0 {
			continue
		}
		for _, field := range s.fields {
			v, err := valueAt(f, field)
			if err != nil {
				return nil, 0, err
			}
			r.shared = append(r.shared, key(v))
		}
		if s.sort != "_id" {
			v, err := valueAt(f, s.sort)
			if err != nil {
				return nil, 0, err
			}
			if v == nil {
				return nil, 0, fmt.Errorf("sort field %s is null", s.sort)
			}
			r.shared = append(r.shared, v)
		}
		if err := note.Encode([]any{i, r.elements, r.shared}); err != nil {
			return nil, 0, err
		}
	}
	return out, int64(binary.BigEndian.Uint64(sum.Sum(nil))), nil
}

func key(v any) any {
	if v == nil {
		return empty
	}
	return v
}

// elementsOf are the distinct scalars of an array (a scalar counts as an array of one), without null and nation.
func elementsOf(raw json.RawMessage) ([]any, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	list := []json.RawMessage{raw}
	if raw[0] == '[' {
		list = nil
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, err
		}
	}
	var out []any
	for _, e := range list {
		v, err := scalarOf(e)
		if err != nil {
			return nil, err
		}
		if v != nil && v != docstore.Nation && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out, nil
}

// valueAt is the scalar at a path, as json_extract gives it.
func valueAt(f map[string]json.RawMessage, field string) (any, error) {
	first, rest, nested := strings.Cut(field, ".")
	raw := f[first]
	if !nested {
		return scalarOf(raw)
	}
	if len(raw) == 0 || raw[0] != '{' {
		return nil, nil
	}
	var inner map[string]json.RawMessage
	if err := json.Unmarshal(raw, &inner); err != nil {
		return nil, err
	}
	return valueAt(inner, rest)
}

var errNoScalar = errors.New("only scalars can be indexed")

// scalarOf is a JSON scalar as SQLite holds it.
func scalarOf(raw json.RawMessage) (any, error) {
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil, nil
	case raw[0] == '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	case string(raw) == "true":
		return int64(1), nil
	case string(raw) == "false":
		return int64(0), nil
	case raw[0] == '[' || raw[0] == '{':
		return nil, errNoScalar
	}
	n := json.Number(raw)
	if i, err := n.Int64(); err == nil {
		return i, nil
	}
	return n.Float64()
}

func (w *writer) addSides(c *collection, id string, rows []sideRows) error {
	return w.eachSide(c, id, rows, func(s side) string {
		return "INSERT OR IGNORE INTO " + s.name + " VALUES (?" + strings.Repeat(", ?", len(s.columns())-1) + ")"
	})
}

func (w *writer) dropSides(c *collection, id string, rows []sideRows) error {
	return w.eachSide(c, id, rows, func(s side) string {
		return "DELETE FROM " + s.name + " WHERE " + strings.Join(s.columns(), " = ? AND ") + " = ?"
	})
}

func (w *writer) eachSide(c *collection, id string, rows []sideRows, statement func(side) string) error {
	for i, r := range rows {
		if len(r.elements) == 0 {
			continue
		}
		query := statement(c.sides[i])
		args := append(append([]any{nil}, r.shared...), id)
		for _, e := range r.elements {
			args[0] = e
			if _, err := w.exec(background, query, args...); err != nil {
				return errBroken{err}
			}
		}
	}
	return nil
}

func isBroken(err error) bool {
	var b errBroken
	return errors.As(err, &b) || errors.Is(err, docstore.ErrUnavailable)
}
