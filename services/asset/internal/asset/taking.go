package asset

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/table"
	"github.com/bitacora-salud/bitacora/services/asset/internal/unit"
)

// plan says what becomes of a row, and of those before it that were rejected for the sake of what the row takes from an asset: they are
// judged again at once, in their order. Without it they would be taken when the same file comes again, which has to change nothing.
func (i *importing) plan(ctx context.Context, t *taken) error {
	if err := i.decide(ctx, t); err != nil {
		return err
	}
	if t.awaits != "" {
		i.waiting[t.awaits] = append(i.waiting[t.awaits], t)
		return nil
	}
	i.due = append(i.due, t)
	if t.leaves == "" {
		return nil
	}
	again := i.waiting[t.leaves]
	delete(i.waiting, t.leaves)
	for _, t := range again {
		*t = taken{entry: t.entry}
		if err := i.look(ctx, []*taken{t}, false); err != nil {
			return err
		}
		if err := i.plan(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// decide says what becomes of a row, and keeps the asset as it will be then, so that later rows are compared with it.
func (i *importing) decide(ctx context.Context, t *taken) error {
	at := where(t.sheet, t.row)
	if tag := i.Nones.Key(t.InventoryTag); tag != "" { // a row that is rejected has its tag all the same
		if first, again := i.tags[tag]; again && first != at && t.refused == nil {
			t.refused, t.other = &table.Refusal{Column: TagKey, Value: t.InventoryTag, Rule: "tag-taken", Reason: "row " + first + " of the file has this tag"}, first
		} else if !again {
			i.tags[tag] = at
		}
	}
	if t.refused != nil {
		return nil
	}
	known, err := i.about(ctx, &t.entry)
	switch {
	case err != nil:
	case known == nil:
		err = i.create(ctx, t)
	default:
		err = i.change(ctx, t, known)
	}
	if err != nil {
		return i.reject(ctx, t, err)
	}
	i.rowOf[t.outcome.ID] = at
	if t.WarrantyUntil.Before(t.AcquiredOn) {
		t.warnings = append(t.warnings, table.Remark{Column: "warranty_until", Value: string(t.WarrantyUntil), Rule: "warranty-before-acquisition", Reason: "the warranty ends before the acquisition"})
	}
	return nil
}

// clash is the refusal of a row because of an asset, for as long as this has the key: "" for ever.
type clash struct {
	refused *fault.Error
	with    *Asset
	key     string
}

func (c *clash) Error() string { return c.refused.Error() }
func (c *clash) Unwrap() error { return c.refused }

// clashes refuses a value of a field that another asset has.
func clashes(with *Asset, field, key string, refused *fault.Error) error {
	refused.Field = field
	return &clash{refused, with, key}
}

// reject says why a row is not taken. An error that is no refusal ends the import.
func (i *importing) reject(ctx context.Context, t *taken, err error) error {
	if t.refused = i.refusal(err); t.refused == nil {
		return err
	}
	if c, ok := errors.AsType[*clash](err); ok {
		t.awaits = c.key
		if t.other = i.name(ctx, c.with); t.other != "" {
			t.refused.Reason += ": " + t.other
		}
	}
	t.refused.Value = short(map[string]string{TagKey: t.InventoryTag, SerialKey: t.SerialNumber}[t.refused.Column])
	return nil
}

// name is how the report calls an asset: by the row of this file that it is of, or by its id if the caller may see it.
func (i *importing) name(ctx context.Context, a *Asset) string {
	if row := i.rowOf[a.ID]; row != "" {
		return row
	}
	if i.Known.Sees(ctx, a) {
		return a.ID
	}
	return ""
}

// about is the asset that a row is about, nil where it is a new one.
func (i *importing) about(ctx context.Context, e *entry) (*Asset, error) {
	at := where(e.sheet, e.row)
	met := func(a *Asset) bool { return i.rowOf[a.ID] != "" && i.rowOf[a.ID] != at }
	if tag := i.Nones.Key(e.InventoryTag); tag != "" {
		a := i.view.byTag(tag)
		if a != nil && (met(a) || a.UnitID != e.unit.ID) {
			return nil, clashes(a, TagKey, "", fault.Conflictf("tag-taken", "", "another asset of the institution has this tag"))
		}
		return a, nil
	}
	for {
		a := i.view.get(e.id)
		if a == nil {
			break
		}
		if a.Voided == nil && a.UnitID == e.unit.ID && !met(a) {
			return a, nil
		}
		e.number(i)
		found, err := i.Known.Alike(ctx, []string{e.id}, nil, nil)
		if err != nil {
			return nil, err
		}
		i.view.show(found, false)
	}
	for _, a := range i.view.bySerial(i.Nones.Key(e.SerialNumber)) {
		if !met(a) && i.Nones.None(a.InventoryTag) && a.UnitID == e.unit.ID && a.TypeID == e.kind.ID && mx.Key(a.Brand) == mx.Key(e.Brand) && mx.Key(a.Model) == mx.Key(e.Model) {
			return a, nil
		}
	}
	return nil, nil
}

// create plans a registration.
func (i *importing) create(ctx context.Context, t *taken) error {
	e := t.entry
	in := Register{UnitID: e.unit.ID, TypeID: e.kind.ID, Functioning: e.functioning, Details: e.Details}
	id := cmp.Or(e.id, i.NewID())
	a := in.asset(id, e.unit, e.kind, event.Actor(ctx), i.Now(ctx))
	if e.unit.OperationState == unit.Closed {
		return fault.Conflictf("unit-closed", e.unit.OperationState, "unit %s is closed: nothing is registered in it until it is open again", e.unit.ID)
	}
	if err := cmp.Or(i.describe(ctx, a, Details{}, func() (*unit.Unit, error) { return e.unit, nil }), a.begin()); err != nil {
		return err
	}
	alike, err := i.alike(a, "")
	if err != nil {
		return err
	}
	for _, other := range alike {
		if name := i.name(ctx, other); name != "" {
			t.warnings = append(t.warnings, table.Remark{Column: SerialKey, Value: e.SerialNumber, Rule: "possible-duplicate", Reason: "has the serial number of " + name, Other: name})
		}
	}
	t.outcome = table.Outcome{Sheet: e.sheet, Row: e.row, Outcome: table.Created, ID: id, Lifecycle: a.Lifecycle.Value}
	t.after = i.left[Keys(i.Nones)(a)[ModelKey]]
	t.write = func(ctx context.Context) ([]string, error) { return nil, i.Register(ctx, id, in) }
	i.view.keep(a)
	return nil
}

// alike are the other assets with an asset's serial number; it is refused if one has its brand and model too, unless it had all three before.
func (i *importing) alike(a *Asset, had string) ([]*Asset, error) {
	keys := Keys(i.Nones)
	same, others := keys(a)[ModelKey], i.view.bySerial(i.Nones.Key(a.SerialNumber))
	others = slices.DeleteFunc(others, func(other *Asset) bool { return other.ID == a.ID })
	for _, other := range others {
		if same != "" && same != had && keys(other)[ModelKey] == same {
			return nil, clashes(other, SerialKey, same, fault.Conflictf("serial-taken", "", "another asset has this serial number, brand and model"))
		}
	}
	return others, nil
}

// change plans what a row makes of an asset that is there.
func (i *importing) change(ctx context.Context, t *taken, known *Asset) error {
	e := t.entry
	do := func(a *Asset) ([]event.Event, error) { return i.bring(ctx, a, e) }
	next := *known
	next.Orders, next.Notes = slices.Clone(known.Orders), slices.Clone(known.Notes)
	events, err := do(&next)
	if err != nil {
		return err
	}
	if serial := i.Nones.Key(next.SerialNumber); serial != i.Nones.Key(e.SerialNumber) { // the row says brand or model alone
		found, err := i.Known.Alike(ctx, nil, nil, []string{serial})
		if err != nil {
			return err
		}
		i.view.show(found, false)
	}
	had, has := Keys(i.Nones)(known)[ModelKey], Keys(i.Nones)(&next)[ModelKey]
	if _, err := i.alike(&next, had); err != nil {
		return err
	}
	t.outcome = table.Outcome{Sheet: e.sheet, Row: e.row, Outcome: table.Unchanged, ID: known.ID, Lifecycle: next.Lifecycle.Value, Fields: fieldsOf(events)}
	if len(events) == 0 {
		return nil
	}
	t.outcome.Outcome, t.after = table.Changed, i.left[has]
	if had != "" && had != has {
		t.leaves, i.left[had] = had, true
	}
	t.write = func(ctx context.Context) (fields []string, err error) {
		err = i.Assets.Update(ctx, known.ID, func(a *Asset) ([]event.Event, error) {
			events, err := i.bring(ctx, a, e)
			fields = fieldsOf(events)
			return events, err
		})
		return fields, err
	}
	i.view.keep(&next)
	return nil
}

// bring makes an asset what a row says of it; a cell that is empty says nothing.
func (i *importing) bring(ctx context.Context, a *Asset, e entry) ([]event.Event, error) {
	if err := a.changeable(); err != nil {
		return nil, err
	}
	var events []event.Event
	if a.TypeID != e.kind.ID {
		retyped, err := a.retyped(e.kind)
		if err != nil {
			return nil, err
		}
		events = retyped
	}
	edited, err := i.edited(ctx, func(d *Details) error {
		d.say(e.Details, i.Nones)
		return nil
	})(a)
	if err != nil {
		return nil, err
	}
	events = append(events, edited...)
	if a.recall(); e.functioning != "" && e.functioning != a.HandsOn.Value {
		heard, err := i.hear(ctx, a, Report{Value: e.functioning})
		return append(events, heard...), err
	}
	return events, nil
}

// say takes over the details that are there. A tag or serial number in another spelling is the same: it stays as it was typed first.
func (d *Details) say(in Details, n mx.Nones) {
	for _, f := range []struct {
		to   *string
		says string
	}{{&d.AreaID, in.AreaID}, {&d.Brand, in.Brand}, {&d.Model, in.Model}, {&d.CustodianPost, in.CustodianPost}, {&d.SanitaryRegistration, in.SanitaryRegistration}} {
		*f.to = cmp.Or(f.says, *f.to)
	}
	d.AcquiredOn, d.InstalledOn, d.WarrantyUntil = cmp.Or(in.AcquiredOn, d.AcquiredOn), cmp.Or(in.InstalledOn, d.InstalledOn), cmp.Or(in.WarrantyUntil, d.WarrantyUntil)
	for _, f := range []struct {
		to   *string
		says string
	}{{&d.InventoryTag, in.InventoryTag}, {&d.SerialNumber, in.SerialNumber}} {
		if f.says != "" && n.Key(f.says) != n.Key(*f.to) {
			*f.to = f.says
		}
	}
	if in.Cost != nil {
		d.Cost = in.Cost
	}
}

// view is the register as far as the rows of a batch concern it: as it was when the batch was read, under what rows of the file have made
// of it.
type view struct {
	nones mx.Nones
	// made are the assets that rows have made or changed, seen those of the register that the batch may be about.
	made, seen shelf
}

// shelf is assets by id, and their ids by tag and by serial number in the order in which they came.
type shelf struct {
	byID            map[string]*Asset
	tagged, serials map[string][]string
}

func (s *shelf) put(a *Asset, n mx.Nones) {
	if s.byID == nil {
		*s = shelf{map[string]*Asset{}, map[string][]string{}, map[string][]string{}}
	}
	s.byID[a.ID] = a
	for _, key := range []struct {
		ids map[string][]string
		of  string
	}{{s.tagged, n.Key(a.InventoryTag)}, {s.serials, n.Key(a.SerialNumber)}} {
		if key.of != "" && !slices.Contains(key.ids[key.of], a.ID) {
			key.ids[key.of] = append(key.ids[key.of], a.ID)
		}
	}
}

// show takes in what the register has, beside what was shown before or in its place.
func (v *view) show(found []*Asset, anew bool) {
	if anew {
		v.seen = shelf{}
	}
	slices.SortFunc(found, func(a, b *Asset) int {
		return cmp.Or(a.RegisteredAt.Compare(b.RegisteredAt.Time), cmp.Compare(a.ID, b.ID))
	})
	for _, a := range found {
		v.seen.put(a, v.nones)
	}
}

func (v *view) keep(a *Asset) { v.made.put(a, v.nones) }

// forget takes back what a row would have made.
func (v *view) forget(id string) { delete(v.made.byID, id) }

func (v *view) get(id string) *Asset {
	if a := v.made.byID[id]; a != nil {
		return a
	}
	return v.seen.byID[id]
}

func (v *view) byTag(tag string) *Asset {
	for _, a := range v.all(v.seen.tagged[tag], v.made.tagged[tag]) {
		if v.nones.Key(a.InventoryTag) == tag {
			return a
		}
	}
	return nil
}

func (v *view) bySerial(serial string) (all []*Asset) {
	if serial == "" {
		return nil
	}
	for _, a := range v.all(v.seen.serials[serial], v.made.serials[serial]) {
		if v.nones.Key(a.SerialNumber) == serial {
			all = append(all, a)
		}
	}
	return all
}

// all are the assets with these ids as they are now, each once: those that rows have made or changed in the order of the rows, after the
// others, whether they are written and read again by now or not.
func (v *view) all(seen, made []string) (all []*Asset) {
	for _, id := range seen {
		if v.made.byID[id] == nil {
			all = append(all, v.seen.byID[id])
		}
	}
	for _, id := range made {
		if a := v.made.byID[id]; a != nil {
			all = append(all, a)
		}
	}
	return all
}
