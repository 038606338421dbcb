package asset

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/table"
	"github.com/bitacora-salud/bitacora/services/asset/internal/equipment"
	"github.com/bitacora-salud/bitacora/services/asset/internal/unit"
)

// entry is what a row says of an asset; what it does not say is "".
type entry struct {
	sheet string
	row   int
	unit  *unit.Unit
	kind  *equipment.Type
	Details
	functioning string
	// id is that of the asset that a row without a tag makes: it follows from what the row says and from how many rows before say the same.
	// So the same row is known again, in the same file at the same moment or years later, whatever has become of the asset.
	id string
}

// entrySpace is the name space of those ids.
var entrySpace = uuid.MustParse("6b1f0f0e-5f5a-5d0b-9a5e-3a0c7f1d2b64")

// number gives the row its id, as the next of those that say the same: with a serial number the same unit, type, serial number, brand and
// model; without one all that a row can say.
func (e *entry) number(i *importing) {
	said := []any{e.unit.ID, e.kind.ID, i.Nones.Key(e.SerialNumber), mx.Key(e.Brand), mx.Key(e.Model)}
	if said[2] == "" {
		said = []any{e.unit.ID, e.kind.ID, e.Details, e.functioning}
	}
	text, err := json.Marshal(said)
	if err != nil {
		panic(fmt.Errorf("asset: a row of texts and amounts: %w", err))
	}
	i.equal[string(text)]++
	e.id = uuid.NewSHA1(entrySpace, fmt.Appendf(text, "#%d", i.equal[string(text)])).String()
}

// columnAt is the index of each column in a row's cells.
var columnAt = func() map[string]int {
	at := map[string]int{}
	for c, column := range Columns() {
		at[column.Key] = c
	}
	return at
}()

var unitColumn = columnAt["unit"]

// read turns a row's cells into what they say. A row that cannot be read still says its tag.
func (i *importing) read(row table.Row) (entry, *table.Refusal) {
	cell := func(column string) string { return row.Cells[columnAt[column]] }
	e := entry{sheet: row.Sheet, row: row.Number}
	e.Details = Details{InventoryTag: cell("inventory_tag"), SerialNumber: cell("serial_number"), Brand: cell("brand"), Model: cell("model"),
		AcquiredOn: mx.Date(cell("acquired_on")), InstalledOn: mx.Date(cell("installed_on")), WarrantyUntil: mx.Date(cell("warranty_until")),
		CustodianPost: cell("custodian_post"), SanitaryRegistration: cell("sanitary_registration")}
	e.kept(Details{}, i.Nones)
	if row.Refused != nil {
		return e, row.Refused
	}
	for _, part := range []struct {
		column string
		find   func(*importing, *entry, string) *table.Refusal
	}{{"unit", (*importing).findUnit}, {"type", (*importing).findKind}, {"area", (*importing).findArea}, {"functioning", (*importing).findCondition}, {"acquisition_cost", (*importing).findCost}} {
		if bad := part.find(i, &e, cell(part.column)); bad != nil {
			bad.Column, bad.Value = part.column, short(cell(part.column))
			return e, bad
		}
	}
	return e, nil
}

// short is what stands in a cell, for a report.
func short(s string) string {
	runes := []rune(s)
	return string(runes[:min(len(runes), 80)])
}

func refuse(rule, format string, args ...any) *table.Refusal {
	return &table.Refusal{Rule: rule, Reason: fmt.Sprintf(format, args...)}
}

// findUnit finds the unit by its CLUES. One that the caller may not see is as unknown as one that is not there.
func (i *importing) findUnit(e *entry, said string) *table.Refusal {
	if mx.Key(said) == "" {
		return refuse("unit-missing", "is empty: a row needs the CLUES of its unit, whose name does not stand for it")
	}
	if e.unit = i.units[mx.Key(said)]; e.unit == nil {
		return refuse("unit-unknown", "no unit in your scope has this CLUES")
	}
	return nil
}

func (i *importing) findKind(e *entry, said string) *table.Refusal {
	name := mx.NameKey(said)
	if name == "" {
		return refuse("type-missing", "is empty")
	}
	switch found := i.kinds[name]; {
	case len(found) == 0:
		if near := nearest(name, i.kinds); near != "" {
			return refuse("type-unknown", "no type of the catalogue has this name or synonym; the nearest is %q", near)
		}
		return refuse("type-unknown", "no type of the catalogue has this name or synonym")
	case len(found) > 1:
		return refuse("type-ambiguous", "%s and %s both have this name: say which is meant", found[0].Key, found[1].Key)
	default:
		e.kind = found[0]
	}
	if e.kind.Tracking != Serialised && e.kind.Tracking != Tagged {
		return refuse("type-not-an-asset", "items of type %s are counted on the unit's stock sheet or consumed: they are not assets", e.kind.Key)
	}
	return nil
}

func (i *importing) findArea(e *entry, said string) *table.Refusal {
	name := mx.NameKey(said)
	if name == "" || i.Nones.Word(said) {
		return nil
	}
	var found []unit.Area
	for _, a := range e.unit.Areas {
		if mx.NameKey(a.Path) == name {
			e.AreaID = a.ID
			return nil
		}
		if mx.NameKey(a.Name) == name {
			found = append(found, a)
		}
	}
	switch len(found) {
	case 0:
		return refuse("area-unknown", "unit %s has no area of this name", e.unit.ID)
	case 1:
		e.AreaID = found[0].ID
		return nil
	}
	return refuse("area-ambiguous", "unit %s has %d areas of this name: write %q or %q", e.unit.ID, len(found), found[0].Path, found[1].Path)
}

// conditions are the words for whether a thing works, by mx.Fold. (They are asked for when all vocabularies are defined.)
var conditions = sync.OnceValue(func() map[string]string {
	words := map[string]string{"limitado": Limited, "funciona parcialmente": Limited}
	for _, value := range mx.Values("functioning") {
		es, en := mx.Label("functioning", value)
		words[mx.Fold(value)], words[mx.Fold(es)], words[mx.Fold(en)] = value, value, value
	}
	return words
})

func (i *importing) findCondition(e *entry, said string) *table.Refusal {
	if i.Nones.Word(said) {
		return nil
	}
	value, ok := conditions()[mx.Fold(said)]
	if !ok {
		return refuse("value-unknown", "is no condition: write Funciona, Limitado or No funciona")
	}
	if value != UnknownFunctioning {
		e.functioning = value
	}
	return nil
}

func (i *importing) findCost(e *entry, said string) *table.Refusal {
	if said == "" {
		return nil
	}
	cents, err := strconv.ParseInt(strings.ReplaceAll(said, ".", ""), 10, 64) // table.Amount has two decimals
	if err != nil {
		return refuse("amount-invalid", "is no amount in pesos")
	}
	e.Cost = new(mx.MXN(cents))
	return nil
}

// catalogue is the types by their names, and by those that the sender of the file says.
func (i Importer) catalogue(ctx context.Context, said map[string]string) (map[string][]*equipment.Type, error) {
	all, err := i.Known.Kinds(ctx)
	if err != nil {
		return nil, err
	}
	out, byKey := map[string][]*equipment.Type{}, map[string]*equipment.Type{}
	for _, t := range all {
		byKey[t.Key] = t
		for _, name := range t.Names() {
			if key := mx.NameKey(name); key != "" && !slices.Contains(out[key], t) {
				out[key] = append(out[key], t)
			}
		}
	}
	for name, key := range said {
		t := byKey[key]
		if t == nil {
			return nil, fault.Invalidf("types", "type-unknown", "no type has the key %q", key)
		}
		out[mx.NameKey(name)] = []*equipment.Type{t}
	}
	return out, nil
}

// nearest is the Spanish name of the type one of whose names differs least from a name, "" if each differs by more than a fifth. It is only
// ever proposed.
func nearest(name string, kinds map[string][]*equipment.Type) string {
	letters, best, near := []rune(name), len([]rune(name))/5+1, ""
	for other, types := range kinds {
		if d := distance(letters, []rune(other), best); d < best || d == best && (near == "" || cmp.Less(types[0].NameES, near)) {
			best, near = d, types[0].NameES
		}
	}
	return near
}

// distance is the number of letters to be put in, left out or exchanged between two words, or more than most.
func distance(a, b []rune, most int) int {
	if max(len(a)-len(b), len(b)-len(a)) > most {
		return most + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		before := row[0]
		row[0] = i + 1
		for j, y := range b {
			change := before
			if x != y {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, before+1, row[j]+1)
		}
	}
	return row[len(b)]
}
