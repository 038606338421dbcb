package unit

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/table"
)

// importing is one import under way.
type importing struct {
	Importer
	report *table.Report
	// owners says which unit has each key of the institution, as far as rows before have changed it: "" where one gave it up. A dry run
	// knows by it what the store would refuse.
	owners map[string]string
	// waiting are the rows that are rejected as long as another unit has their key of the institution, by this; left are the keys that units
	// have given up since those were looked at.
	waiting map[string][]held
	left    []string
}

// held is a row that is rejected for the sake of a key that another unit has.
type held struct {
	row
	key     string
	refused *fault.Error
}

func (h *held) Error() string { return h.refused.Error() }
func (h *held) Unwrap() error { return h.refused }

// register is what is known of the units that a batch of rows names.
type register struct {
	byCLUES, byKey map[string]*Unit
	// owners are the units that have the rows' keys of the institution, called those that go by their keys, as they are compared.
	owners, called map[string]string
}

func (i *importing) register(ctx context.Context, rows []row) (register, error) {
	var clues, keys []string
	for _, r := range rows {
		clues = append(clues, r.key)
		if k := instituteKey(r.facts.InstituteUnitKey); k != "" {
			keys = append(keys, k)
		}
	}
	known, err := i.Existing(ctx, clues, keys)
	reg := register{map[string]*Unit{}, map[string]*Unit{}, map[string]string{}, map[string]string{}}
	for _, u := range known {
		reg.byKey[u.ID] = u
		if u.CLUES != "" {
			reg.byCLUES[u.CLUES] = u
		}
		keys := u.Keys()
		reg.owners[keys[InstituteKey]], reg.called[keys[IDKey]] = u.ID, u.ID
	}
	return reg, err
}

// unit is the registered unit that a row is about, nil where it is a new one. A unit whose CLUES has changed keeps the old one as its
// key: a row with the old one is out of date.
func (reg register) unit(clues string) (*Unit, error) {
	if u := reg.byCLUES[clues]; u != nil {
		return u, nil
	}
	u := reg.byKey[clues]
	if u != nil && u.CLUES != "" {
		return nil, fault.Conflictf("clues-changed", u.OperationState, "unit %s has the CLUES %s now", u.ID, u.CLUES)
	}
	return u, nil
}

// take compares a batch of rows with the register and writes what differs.
func (i *importing) take(ctx context.Context, rows []row) error {
	if len(rows) == 0 {
		return nil
	}
	reg, err := i.register(ctx, rows)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := i.takeRow(ctx, r, reg, true); err != nil {
			return err
		}
	}
	return nil
}

// takeRow brings the register to what a row says, and counts it. A key that the store says is taken although nobody had it when the batch
// was read was taken meanwhile, by another import of the same file perhaps: then the row is looked at once more.
func (i *importing) takeRow(ctx context.Context, r row, reg register, again bool) error {
	u, count, err := i.bring(ctx, r, reg)
	if taken := i.Taken(err); taken != nil {
		if again {
			if reg, err = i.register(ctx, []row{r}); err != nil {
				return err
			}
			return i.takeRow(ctx, r, reg, false)
		}
		err = taken
	}
	if h, ok := errors.AsType[*held](err); ok {
		i.waiting[h.key] = append(i.waiting[h.key], held{r, h.key, h.refused})
		return nil
	}
	if f := fault.As(err); f != nil {
		i.reject(r, f)
		return nil
	}
	if err != nil {
		return err
	}
	*count++
	for _, w := range u.Warnings {
		i.report.Warnings = append(i.report.Warnings, table.Remark{Sheet: r.sheet, Row: r.number, Key: r.key, Reason: w})
	}
	i.report.Warnings = append(i.report.Warnings, r.notes...)
	return i.again(ctx)
}

// again looks once more at the rows that were rejected for the sake of a key that its unit has given up by now, in their order. Without it
// they would be taken when the same file comes again, which has to change nothing.
func (i *importing) again(ctx context.Context) error {
	for len(i.left) > 0 {
		key := i.left[0]
		rows := i.waiting[key]
		i.left = i.left[1:]
		delete(i.waiting, key)
		for _, h := range rows {
			reg, err := i.register(ctx, []row{h.row})
			if err != nil {
				return err
			}
			if err := i.takeRow(ctx, h.row, reg, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// reject counts a row as rejected.
func (i *importing) reject(r row, f *fault.Error) {
	i.report.Reject(table.Remark{Sheet: r.sheet, Row: r.number, Key: r.key, Column: columnOf(f.Field), Rule: f.Rule, Reason: f.Detail})
}

// bring answers the unit as it is afterwards, and where it is counted.
func (i *importing) bring(ctx context.Context, r row, reg register) (*Unit, *int, error) {
	known, err := reg.unit(r.key)
	if err != nil {
		return nil, nil, err
	}
	was, u, count := "", new(Unit), &i.report.Created
	if known == nil {
		if other := reg.called[mx.Key(r.key)]; other != "" {
			return nil, nil, fault.Conflictf("unit-key-taken", "", "unit %s goes by this key", other)
		}
		if u, err = New(r.key, r.facts, i.Now(ctx)); err != nil {
			return nil, nil, err
		}
	} else {
		was = known.InstituteUnitKey
		if u, err = i.Preview(ctx, known, r.facts); err != nil {
			return nil, nil, err
		}
		if count = &i.report.Changed; reflect.DeepEqual(u, known) {
			return u, &i.report.Unchanged, nil
		}
	}
	if err := i.own(u, was, reg); err != nil {
		return nil, nil, err
	}
	switch {
	case i.report.DryRun:
	case known == nil:
		err = i.Register(ctx, r.key, "import", r.facts)
	default:
		err = i.Change(ctx, known.ID, "import", r.facts)
	}
	if had, has := instituteKey(&was), instituteKey(&u.InstituteUnitKey); err == nil {
		i.owners[had], i.owners[has] = "", u.ID
		if had != "" && had != has {
			i.left = append(i.left, had)
		}
	}
	return u, count, err
}

// own refuses a key of the institution that another unit has.
func (i *importing) own(u *Unit, was string, reg register) error {
	key := instituteKey(&u.InstituteUnitKey)
	owner, changed := i.owners[key]
	if !changed {
		owner = reg.owners[key]
	}
	if key == "" || key == instituteKey(&was) || owner == "" || owner == u.ID {
		return nil
	}
	refused := fault.Conflictf("already-exists", "", "unit %s has the key %s", owner, u.InstituteUnitKey)
	refused.Field = "institute_unit_key"
	return &held{key: key, refused: refused}
}

// instituteKey is what a key of the institution is compared by, "" where there is none.
func instituteKey(s *string) string {
	if s == nil {
		return ""
	}
	return (&Unit{InstituteUnitKey: *s}).Keys()[InstituteKey]
}

// columnOf is the name of the column that fills a field.
func columnOf(field string) string {
	for _, c := range columns {
		if c.field == field {
			return c.headings[0]
		}
	}
	return field
}

// Columns are the columns as a file is read by them, with the bounds of the API.
func Columns() []table.Column {
	out := make([]table.Column, len(columns))
	for c, col := range columns {
		out[c] = table.Column{Headings: col.headings, Needed: c < 2, MaxLength: col.most, Kind: col.kind}
	}
	return out
}

// bound is what a field's tag in Facts says, 0 where it says nothing: the import takes what the API takes.
func bound(field, tag string) float64 {
	fact, ok := factOf(field)
	if !ok {
		panic("unit.Facts has no field " + field)
	}
	v, err := strconv.ParseFloat(fact.Tag.Get(tag), 64)
	if err != nil && fact.Tag.Get(tag) != "" {
		panic(fmt.Sprintf("tag %s of %s: %v", tag, field, err))
	}
	return v
}
