package sqlitedoc

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// outboxSchema holds the entries of all collections' outboxes. The order of a document's entries is that of its versions, within
// one version that of n. Backlogs are found by age.
const outboxSchema = `CREATE TABLE IF NOT EXISTS outbox (
  collection TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, n INTEGER NOT NULL, event TEXT NOT NULL, at TEXT NOT NULL,
  entry TEXT NOT NULL, PRIMARY KEY (collection, id, version, n, event)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS outbox_by_age ON outbox (at, collection, id)`

// collection is what the driver knows of one: its tables' names and how to fill and ask them.
type collection struct {
	spec  docstore.Spec
	table string
	// sides are the side tables: one for the scopes in each order, then one for each index with an array.
	sides   []side
	uniques map[string]string
	// asked are the paths of all that side rows are made of.
	asked [][]string
}

// side is a table with a row for each scope (or element) of a document, in the order of sort: (el, fields…, s, id). Beside these keys
// it holds further fields that may be asked for, so that whoever looks through a scope need not look at the documents.
type side struct {
	name, array, sort string
	fields, held      []string
	// el, sortAt, fieldsAt and heldAt are the places in asked of the array, the sort field, the fields and the held ones.
	el, sortAt       int
	fieldsAt, heldAt []int
}

const scopeField = "_scope"

// object is a table or an index that must be there. fill makes the rows that documents written before it need.
type object struct{ name, create, fill string }

func newCollection(spec docstore.Spec) *collection {
	c := &collection{spec: spec, table: quote(spec.Name), uniques: map[string]string{}}
	sorts := []string{"_id"}
	for _, ix := range spec.Indexes {
		if s := sortOf(ix.Sort); !slices.Contains(sorts, s) {
			sorts = append(sorts, s)
		}
	}
	held := heldFields(spec)
	for _, s := range sorts {
		name := strings.Join(append([]string{spec.Name, "scope", s}, held...), "|")
		c.sides = append(c.sides, side{name: quote(name), array: scopeField, sort: s, held: held})
	}
	for _, ix := range spec.Indexes {
		if s := arraySide(spec.Name, ix); ix.Array != "" && !slices.ContainsFunc(c.sides, func(o side) bool { return o.name == s.name }) {
			c.sides = append(c.sides, s)
		}
	}
	for i := range c.sides {
		s := &c.sides[i]
		s.el, s.sortAt = c.ask(s.array), c.ask(s.sort)
		for _, f := range s.fields {
			s.fieldsAt = append(s.fieldsAt, c.ask(f))
		}
		for _, f := range s.held {
			s.heldAt = append(s.heldAt, c.ask(f))
		}
	}
	for _, u := range spec.Unique {
		c.uniques[uniqueName(spec.Name, u)] = u.Name
	}
	return c
}

// heldFields are the fields that may be asked for and are no arrays.
func heldFields(spec docstore.Spec) (out []string) {
	for _, ix := range spec.Indexes {
		if ix.Unscoped {
			continue
		}
		for _, f := range ix.Fields {
			array := slices.ContainsFunc(spec.Indexes, func(o docstore.Index) bool { return o.Array == f })
			if !array && f != "_id" && !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	return out
}

// ask is the place in asked of a field.
func (c *collection) ask(field string) int {
	p := strings.Split(field, ".")
	i := slices.IndexFunc(c.asked, func(o []string) bool { return slices.Equal(o, p) })
	if i < 0 {
		c.asked = append(c.asked, p)
		i = len(c.asked) - 1
	}
	return i
}

func arraySide(collection string, ix docstore.Index) side {
	name := fmt.Sprintf("%s|array|%s|%s|%s", collection, ix.Array, strings.Join(ix.Fields, ","), sortOf(ix.Sort))
	return side{name: quote(name), array: ix.Array, sort: sortOf(ix.Sort), fields: ix.Fields}
}

func indexName(collection string, ix docstore.Index) string {
	return fmt.Sprintf("%s|by|%s|%s", collection, strings.Join(ix.Fields, ","), sortOf(ix.Sort))
}

func uniqueName(collection string, u docstore.Unique) string {
	return fmt.Sprintf("%s|unique|%s|%s", collection, u.Name, strings.Join(u.Fields, ","))
}

func sortOf(s string) string {
	if s == "" {
		return "_id"
	}
	return s
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func literal(s string) string { return `'` + strings.ReplaceAll(s, `'`, `''`) + `'` }

// path is a field's JSON path as an SQL literal.
func path(field string) string {
	return literal(`$."` + strings.ReplaceAll(field, ".", `"."`) + `"`)
}

// expr is a field of the document in the table named alias. The index and the query must say it in the same words.
func expr(alias, field string) string {
	if alias != "" {
		alias += "."
	}
	if field == "_id" {
		return alias + "id"
	}
	return "json_extract(" + alias + "body, " + path(field) + ")"
}

// objects lists what the collection needs, tables first.
func (c *collection) objects() []object {
	out := []object{{name: c.spec.Name, create: "CREATE TABLE " + c.table + ` (id TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL,
  body TEXT NOT NULL, mended INTEGER NOT NULL DEFAULT 0, sides INTEGER NOT NULL)`}}
	for _, s := range c.sides {
		columns, keys := strings.Join(s.columns(), ", "), strings.Join(s.keys(), ", ")
		out = append(out, object{name: strings.ReplaceAll(s.name[1:len(s.name)-1], `""`, `"`),
			create: fmt.Sprintf("CREATE TABLE %s (%s, PRIMARY KEY (%s)) WITHOUT ROWID", s.name, columns, keys),
			fill:   s.fill(c.table)})
	}
	for _, ix := range c.spec.Indexes {
		if ix.Array != "" || (len(ix.Fields) == 0 && sortOf(ix.Sort) == "_id") {
			continue
		}
		var exprs []string
		for _, f := range append(slices.Clone(ix.Fields), sortOf(ix.Sort)) {
			exprs = append(exprs, expr("", f))
		}
		if sortOf(ix.Sort) != "_id" {
			exprs = append(exprs, "id")
		}
		name := indexName(c.spec.Name, ix)
		out = append(out, object{name: name, create: fmt.Sprintf("CREATE INDEX %s ON %s (%s)", quote(name), c.table, strings.Join(exprs, ", "))})
	}
	for _, u := range c.spec.Unique {
		var exprs, where []string
		for _, f := range u.Fields {
			exprs = append(exprs, expr("", f))
			where = append(where, expr("", f)+" <> ''") // not met by null either
		}
		for _, f := range u.Unless {
			where = append(where, expr("", f)+" IS NULL")
		}
		name := uniqueName(c.spec.Name, u)
		out = append(out, object{name: name, create: fmt.Sprintf("CREATE UNIQUE INDEX %s ON %s (%s) WHERE %s",
			quote(name), c.table, strings.Join(exprs, ", "), strings.Join(where, " AND "))})
	}
	return out
}

// columns are the side table's, keys those that it is in the order of.
func (s side) columns() []string {
	out := s.leading()
	for i := range s.held {
		out = append(out, fmt.Sprintf("h%d", i))
	}
	return append(out, "id")
}

func (s side) keys() []string { return append(s.leading(), "id") }

func (s side) leading() []string {
	out := []string{"el"}
	for i := range s.fields {
		out = append(out, fmt.Sprintf("f%d", i))
	}
	if s.sort != "_id" {
		out = append(out, "s")
	}
	return out
}

// fill makes the rows of documents that are older than the table, the same rows as rowsOf does.
func (s side) fill(table string) string {
	values := []string{"e.value"}
	for _, f := range s.fields {
		values = append(values, "ifnull("+expr("c", f)+", x'')")
	}
	if s.sort != "_id" {
		values = append(values, expr("c", s.sort))
	}
	for _, f := range s.held {
		values = append(values, "ifnull("+expr("c", f)+", x'')")
	}
	return fmt.Sprintf("INSERT OR IGNORE INTO %s SELECT %s, c.id FROM %s c, json_each(c.body, %s) e WHERE e.atom IS NOT NULL AND e.value <> %s",
		s.name, strings.Join(values, ", "), table, path(s.array), literal(caller.Nation))
}

// Migrate makes tables and indexes and drops those that specs no longer declare.
func (d *Driver) Migrate(ctx context.Context, specs []docstore.Spec) error {
	cs := collections(specs)
	err := d.submit(ctx, &op{size: 1, do: func(w *writer) error {
		for _, c := range cs {
			missing, surplus, err := c.differences(w.session)
			if err != nil {
				return err
			}
			for _, drop := range surplus {
				if _, err := w.conn.ExecContext(background, drop); err != nil {
					return failed(err)
				}
			}
			for _, o := range missing {
				if _, err := w.conn.ExecContext(background, o.create+";"+o.fill); err != nil {
					return failed(fmt.Errorf("%s: %w", o.name, err))
				}
			}
		}
		return nil
	}})
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	d.register(cs)
	return nil
}

// Check names what Migrate would make or drop.
func (d *Driver) Check(ctx context.Context, specs []docstore.Spec) error {
	if err := d.sound(); err != nil {
		return err
	}
	cs := collections(specs)
	var errs []error
	err := d.read(ctx, true, func(s *session) error {
		for _, c := range cs {
			missing, surplus, err := c.differences(s)
			if err != nil {
				return err
			}
			for _, o := range missing {
				errs = append(errs, fmt.Errorf("collection %s: %s is missing", c.spec.Name, o.name))
			}
			for _, drop := range surplus {
				errs = append(errs, fmt.Errorf("collection %s: to do: %s", c.spec.Name, drop))
			}
		}
		return nil
	})
	if err = errors.Join(append(errs, err)...); err != nil {
		return err
	}
	d.register(cs)
	return nil
}

// collections makes one of each name; where two specs share a name, as two releases' do in tests, the later one holds.
func collections(specs []docstore.Spec) []*collection {
	var out []*collection
	for _, spec := range specs {
		c := newCollection(spec)
		if i := slices.IndexFunc(out, func(o *collection) bool { return o.spec.Name == spec.Name }); i >= 0 {
			out[i] = c
			continue
		}
		out = append(out, c)
	}
	return out
}

func (d *Driver) register(cs []*collection) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range cs {
		d.collections[c.spec.Name] = c
	}
}

func (d *Driver) collection(name string) (*collection, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if c := d.collections[name]; c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("collection %s is not declared, or neither Migrate nor Check has run", name)
}

// differences compares what is there with what is declared. An object's definition follows from its name.
func (c *collection) differences(s *session) (missing []object, surplus []string, err error) {
	have, made := map[string]string{}, map[string]string{}
	err = s.each(background, func(r *sql.Rows) error {
		var kind, name, create string
		if err := r.Scan(&kind, &name, &create); err != nil {
			return err
		}
		have[name], made[name] = kind, create
		return nil
	}, `SELECT type, name, ifnull(sql, '') FROM sqlite_schema WHERE name = ?1 OR substr(name, 1, length(?1) + 1) = ?1 || '|'`, c.spec.Name)
	if err != nil {
		return nil, nil, err
	}
	for _, o := range c.objects() {
		// Which documents a unique index leaves out is not in its name: a release that knows no exceptions takes it for its own.
		changed := strings.HasPrefix(o.create, "CREATE UNIQUE INDEX") && made[o.name] != o.create
		if have[o.name] == "" || changed {
			missing = append(missing, o)
		}
		if !changed {
			delete(have, o.name)
		}
	}
	for name, kind := range have {
		surplus = append(surplus, "DROP "+strings.ToUpper(kind)+" "+quote(name))
	}
	slices.Sort(surplus)
	return missing, surplus, nil
}
