package sqlitedoc

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/buger/jsonparser"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// sideRows are a document's rows in one side table: the elements, and what all rows share (fields, the sort value where it is not
// the id, and what is held beside).
type sideRows struct {
	elements []any
	shared   []any
}

// empty stands for null in a side table, whose key columns are never null.
var empty = []byte{}

// rowsOf works out a document's side rows, as long as c.sides, and a sum by which equal rows are known. Nation has no rows: who may
// see all is not narrowed.
func (c *collection) rowsOf(body []byte) ([]sideRows, int64, error) {
	values := make([][]any, len(c.asked))
	var wrong error
	jsonparser.EachKey(body, func(i int, raw []byte, kind jsonparser.ValueType, err error) {
		if err == nil {
			values[i], err = elementsOf(raw, kind)
		}
		if err != nil && wrong == nil {
			wrong = fmt.Errorf("field %s: %w", strings.Join(c.asked[i], "."), err)
		}
	}, c.asked...)
	if wrong != nil {
		return nil, 0, wrong
	}
	out := make([]sideRows, len(c.sides))
	sum := fnv.New64a()
	for i, s := range c.sides {
		r := &out[i]
		for _, v := range values[s.el] {
			if v != nil && v != caller.Nation && !slices.Contains(r.elements, v) {
				r.elements = append(r.elements, v)
			}
		}
		if len(r.elements) == 0 {
			continue
		}
		for _, field := range s.fieldsAt {
			r.shared = append(r.shared, key(only(values[field])))
		}
		if s.sort != "_id" {
			v := only(values[s.sortAt])
			if v == nil {
				return nil, 0, fmt.Errorf("sort field %s is null", s.sort)
			}
			r.shared = append(r.shared, v)
		}
		for _, field := range s.heldAt {
			r.shared = append(r.shared, key(only(values[field])))
		}
		fmt.Fprintf(sum, "%d%q%q", i, r.elements, r.shared)
	}
	return out, int64(binary.BigEndian.Uint64(sum.Sum(nil))), nil
}

func key(v any) any {
	if v == nil {
		return empty
	}
	return v
}

// only is the value of a field that is no array.
func only(values []any) any {
	if len(values) != 1 {
		return nil
	}
	return values[0]
}

// elementsOf are the scalars of an array as SQLite holds them; a scalar counts as an array of one.
func elementsOf(raw []byte, kind jsonparser.ValueType) (out []any, err error) {
	if kind != jsonparser.Array {
		v, err := scalarOf(raw, kind)
		return []any{v}, err
	}
	_, err = jsonparser.ArrayEach(raw, func(e []byte, kind jsonparser.ValueType, _ int, _ error) {
		v, wrong := scalarOf(e, kind)
		if wrong != nil && err == nil {
			err = wrong
		}
		out = append(out, v)
	})
	return out, err
}

var errNoScalar = errors.New("only scalars can be indexed")

func scalarOf(raw []byte, kind jsonparser.ValueType) (any, error) {
	switch kind {
	case jsonparser.Null, jsonparser.NotExist:
		return nil, nil
	case jsonparser.String:
		return jsonparser.ParseString(raw)
	case jsonparser.Boolean:
		if raw[0] == 't' {
			return int64(1), nil
		}
		return int64(0), nil
	case jsonparser.Number:
		n := json.Number(raw)
		if i, err := n.Int64(); err == nil {
			return i, nil
		}
		return n.Float64()
	}
	return nil, errNoScalar
}

// addSides writes a document's rows, one statement for each table.
func (w *writer) addSides(c *collection, id string, rows []sideRows) error {
	for i, r := range rows {
		if len(r.elements) == 0 {
			continue
		}
		shared := append(slices.Clone(r.shared), id)
		row := ""
		for j := range shared {
			row += fmt.Sprintf(", ?%d", j+1)
		}
		query := "INSERT OR IGNORE INTO " + c.sides[i].name + " VALUES "
		for j := range r.elements {
			query += fmt.Sprintf("(?%d%s), ", len(shared)+1+j, row)
		}
		if _, err := w.exec(background, strings.TrimSuffix(query, ", "), append(shared, r.elements...)...); err != nil {
			return errBroken{err}
		}
	}
	return nil
}

func (w *writer) dropSides(c *collection, id string, rows []sideRows) error {
	for i, r := range rows {
		query := "DELETE FROM " + c.sides[i].name + " WHERE " + strings.Join(c.sides[i].columns(), " = ? AND ") + " = ?"
		for _, e := range r.elements {
			if _, err := w.exec(background, query, append(append([]any{e}, r.shared...), id)...); err != nil {
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
