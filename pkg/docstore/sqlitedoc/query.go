package sqlitedoc

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// row is one row of a scan.
type row struct {
	sort any
	doc  docstore.Document
	hit  bool
}

// scan reads documents in the query's order from one index or side table: one span for each combination of the values that its
// first columns may have, merged. Each span is an index range read in chunks, so that neither memory nor the time between two looks
// at the clock depends on how many documents there are.
type scan struct {
	table string
	query docstore.Query
	spans []*span
	// first and next are the statements for a chunk from the beginning and behind a position; rest their residual parameters.
	// SQLite finds a pair of expressions' place in an index only one after the other: there tie reads on among the documents with
	// the position's sort value, and next begins behind that value.
	first, tie, next string
	rest             []any
	// exact says that every row is asked for: nothing is left to check on the document. With one span it is all there is to read,
	// one chunk is the page, and no sort value is needed to merge or to go on.
	exact, single bool
	// weight is how many rows it may look at while others look at one.
	weight int

	rows []row
	seen int
}

type span struct {
	prefix []any
	buffer []row
	chunk  int
	after  *docstore.Position
	ended  bool
}

// maxSpans bounds the combinations of a query's values.
const maxSpans = 4096

// plan lists the ways to answer q; each alone gives the answer. No scan at all means that nothing can match.
func (c *collection) plan(q docstore.Query) ([]*scan, error) {
	ix, err := c.spec.Pick(q)
	if err != nil {
		return nil, err
	}
	if q.Scopes != nil && len(q.Scopes) == 0 {
		return nil, nil
	}
	for _, cond := range q.Where {
		if len(cond.In) == 0 {
			return nil, nil
		}
	}
	var scans []*scan
	if q.Scopes == nil || len(ix.Fields) > 0 || ix.Array != "" {
		s, err := c.byIndex(q, ix)
		if err != nil {
			return nil, err
		}
		scans = append(scans, s)
	}
	if q.Scopes != nil && !ix.Unscoped {
		s, err := c.byScope(q)
		if err != nil {
			return nil, err
		}
		scans = append(scans, s)
	}
	return scans, nil
}

// source is what a scan reads: the SQL of its table, its leading columns with the values each may have, its order.
type source struct {
	from    string
	columns []string
	values  [][]any
	sort    string
	id      string
	// covered are the fields whose conditions the leading columns meet.
	covered []string
	scoped  bool
	// held are the columns of fields that the source has beside; bare is from without the documents.
	held map[string]string
	bare string
}

func (c *collection) byIndex(q docstore.Query, ix docstore.Index) (*scan, error) {
	src := source{covered: append(slices.Clone(ix.Fields), ix.Array)}
	if ix.Array != "" {
		s := arraySide(c.spec.Name, ix)
		src.read(c, s)
		src.values = append(src.values, valuesOf(q, ix.Array, nil))
		for i, f := range ix.Fields {
			src.columns = append(src.columns, fmt.Sprintf("x.f%d", i))
			src.values = append(src.values, valuesOf(q, f, empty))
		}
		return c.scan(q, src)
	}
	src.from, src.sort, src.id = c.table+" c", expr("c", sortOf(ix.Sort)), "c.id"
	if len(ix.Fields) > 0 || sortOf(ix.Sort) != "_id" {
		src.from += " INDEXED BY " + quote(indexName(c.spec.Name, ix))
	}
	for _, f := range ix.Fields {
		src.columns = append(src.columns, expr("c", f))
		src.values = append(src.values, valuesOf(q, f, nil))
	}
	return c.scan(q, src)
}

func (c *collection) byScope(q docstore.Query) (*scan, error) {
	src := source{scoped: true}
	src.read(c, c.scopes(q.Sort))
	var scopes []any
	for _, s := range q.Scopes {
		if !slices.Contains(scopes, any(s)) {
			scopes = append(scopes, s)
		}
	}
	src.values = [][]any{scopes}
	src.held, src.bare = map[string]string{}, c.scopes(q.Sort).name+" x"
	for i, f := range c.scopes(q.Sort).held {
		src.held[f] = fmt.Sprintf("x.h%d", i)
	}
	return c.scan(q, src)
}

// read makes the source the side table s, joined with the documents.
func (src *source) read(c *collection, s side) {
	src.from = s.name + " x CROSS JOIN " + c.table + " c ON c.id = x.id"
	src.columns, src.sort, src.id = []string{"x.el"}, "x.s", "x.id"
	if s.sort == "_id" {
		src.sort = "x.id"
	}
}

// scopes is the side table of the scopes in an order.
func (c *collection) scopes(sort string) side {
	return c.sides[slices.IndexFunc(c.sides, func(s side) bool { return s.array == scopeField && s.sort == sortOf(sort) })]
}

// valuesOf are the distinct values a condition allows, as SQLite holds them; null says what stands for null.
func valuesOf(q docstore.Query, field string, null any) []any {
	i := slices.IndexFunc(q.Where, func(c docstore.Condition) bool { return c.Field == field })
	var out []any
	absent := false
	for _, v := range q.Where[i].In {
		switch v {
		case nil:
			absent = true
			continue
		case true:
			v = int64(1)
		case false:
			v = int64(0)
		}
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	if absent {
		out = append(out, null)
	}
	return out
}

// scan builds the statements over src.
func (c *collection) scan(q docstore.Query, src source) (*scan, error) {
	s := &scan{query: q, table: c.table}
	var args []any
	param := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("?%d", len(src.columns)+3+len(args))
	}
	var residual []string
	taken, documents := map[string]bool{}, src.bare == ""
	for _, cond := range q.Where {
		if slices.Contains(src.covered, cond.Field) && !taken[cond.Field] {
			taken[cond.Field] = true
			continue
		}
		column := src.held[cond.Field]
		documents = documents || column == ""
		residual = append(residual, c.check(cond, column, param))
	}
	if q.Scopes != nil && !src.scoped {
		side := c.scopes(q.Sort)
		by := ""
		if side.sort != "_id" {
			by = " AND y.s = " + src.sort
		}
		residual = append(residual, fmt.Sprintf("EXISTS (SELECT 1 FROM %s y WHERE y.el IN (SELECT value FROM json_each(%s)) AND y.id = c.id%s)", side.name, param(list(q.Scopes)), by))
	}
	s.exact, s.rest, s.weight = len(residual) == 0, args, 1
	from := src.from
	if !documents && !s.exact {
		from, s.weight = src.bare, cheaper
	}
	if err := s.spread(src.values); err != nil {
		return nil, err
	}
	s.single = s.exact && len(s.spans) == 1
	n, dir, than := len(src.columns), "", ">"
	if q.Desc {
		dir, than = " DESC", "<"
	}
	var where []string
	for i, col := range src.columns {
		where = append(where, fmt.Sprintf("%s IS ?%d", col, i+1))
	}
	keys, behind, order := src.sort+", "+src.id, fmt.Sprintf("(%s, %s) %s (?%d, ?%d)", src.sort, src.id, than, n+1, n+2), src.sort+dir+", "+src.id+dir
	if src.sort == src.id {
		behind, order = fmt.Sprintf("%s %s ?%d", src.id, than, n+2), src.id+dir
	}
	// A bare parameter as LIMIT is looked at when the statement is prepared, and it would be prepared anew for every value of it.
	build := func(where []string, order string) string {
		cond := ""
		if len(where) > 0 {
			cond = " WHERE " + strings.Join(where, " AND ")
		}
		if s.single {
			keys = "NULL, " + src.id
		}
		if s.exact {
			return fmt.Sprintf("SELECT %s, 1, c.version, c.body FROM %s%s ORDER BY %s LIMIT ?%d+0", keys, src.from, cond, order, n+3)
		}
		// Rows that are not asked for stay inside; behind the others comes the place of the last row that was looked at, unless there
		// are no more. The documents are read once it is known which.
		return fmt.Sprintf(`SELECT seen.s, seen.id, 1, 0, NULL FROM (SELECT %[1]s s, %[2]s id, ifnull(%[3]s, 0) hit FROM %[4]s%[5]s ORDER BY %[6]s LIMIT ?%[7]d+0) seen
  WHERE seen.hit UNION ALL SELECT seen.s, seen.id, 0, 0, NULL FROM (SELECT %[1]s s, %[2]s id FROM %[4]s%[5]s ORDER BY %[6]s LIMIT 1 OFFSET ?%[7]d-1) seen`,
			src.sort, src.id, strings.Join(residual, " AND "), from, cond, order, n+3)
	}
	s.first = build(where, order)
	if strings.HasPrefix(src.sort, "json_extract") {
		s.tie = build(append(slices.Clone(where), fmt.Sprintf("%s IS ?%d AND %s %s ?%d", src.sort, n+1, src.id, than, n+2)), src.id+dir)
		behind = fmt.Sprintf("%s %s ?%d", src.sort, than, n+1)
	}
	s.next = build(append(slices.Clone(where), behind), order)
	return s, nil
}

// check is a condition on the document itself, or on the column that holds the field beside.
func (c *collection) check(cond docstore.Condition, column string, param func(any) string) string {
	if column != "" && len(cond.In) == 1 {
		return column + " = " + param(valuesOf(docstore.Query{Where: []docstore.Condition{cond}}, cond.Field, empty)[0])
	}
	in := param(list(cond.In))
	if slices.ContainsFunc(c.spec.Indexes, func(ix docstore.Index) bool { return ix.Array == cond.Field }) {
		return fmt.Sprintf("EXISTS (SELECT 1 FROM json_each(c.body, %s) WHERE atom IN (SELECT value FROM json_each(%s)))", path(cond.Field), in)
	}
	if column == "" {
		column = expr("c", cond.Field)
	}
	out := fmt.Sprintf("%s IN (SELECT value FROM json_each(%s))", column, in)
	if slices.Contains(cond.In, nil) {
		out = fmt.Sprintf("(ifnull(%s, x'') = x'' OR %s)", column, out)
	}
	return "ifnull(" + out + ", 0)"
}

// spread makes a span for each combination of values.
func (s *scan) spread(values [][]any) error {
	prefixes := [][]any{nil}
	for _, vs := range values {
		var next [][]any
		for _, p := range prefixes {
			for _, v := range vs {
				next = append(next, append(slices.Clone(p), v))
			}
		}
		if prefixes = next; len(prefixes) > maxSpans {
			return fmt.Errorf("a query with more than %d combinations of values", maxSpans)
		}
	}
	chunk := max(s.query.Limit, 1)
	if len(prefixes) > 1 {
		chunk = max(8, 2*chunk/len(prefixes))
	}
	if s.weight > 1 {
		chunk *= 4
	}
	for _, p := range prefixes {
		s.spans = append(s.spans, &span{prefix: p, after: s.query.After, chunk: chunk})
	}
	return nil
}

// cheaper is the weight of a scan that looks at the rows of one table only, beside those that look at documents or seek scopes.
const cheaper = 16
