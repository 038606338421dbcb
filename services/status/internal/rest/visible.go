package rest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
	"github.com/bitacora-salud/bitacora/services/status/internal/status"
	"github.com/bitacora-salud/bitacora/services/status/internal/store"
)

// patience is how long a reader waits for what was just written.
const patience = time.Second

// maxMarks bounds what one reader waits for.
const maxMarks = 20

// visible knows whether figures include what was written.
type visible struct {
	c        *store.Collections
	kinds    map[string]store.Kind
	arrivals *rest.Arrivals
}

// await waits until the figures of target, a unit's id or a group's, include all marks.
func (v *visible) await(ctx context.Context, marks []string, target string) error {
	wanted, err := v.parse(marks)
	if err != nil || len(wanted) == 0 {
		return err
	}
	_, err = rest.Await(ctx, v.arrivals, patience, func(ctx context.Context) (struct{}, error) {
		for _, m := range wanted {
			if err := v.includes(ctx, m, target); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	if errors.Is(err, docstore.ErrNotFound) {
		return rest.NotYetVisible("the figures do not include all of min_as_of yet; repeat in a moment, or ask without it")
	}
	return err
}

func (v *visible) parse(marks []string) ([]rest.Mark, error) {
	var out []rest.Mark
	for _, list := range marks {
		for text := range strings.SplitSeq(list, ",") {
			m, err := rest.ParseMark(strings.TrimSpace(text))
			if err != nil {
				return nil, fault.Invalidf("min_as_of", "mark-malformed", "%s", err.Error())
			}
			if v.kinds[m.Aggregate] == nil {
				return nil, fault.Invalidf("min_as_of", "mark-not-counted", "figures do not depend on a %.40q", m.Aggregate).
					With("unit", "asset", "stock_item", "work_order", "delivery")
			}
			out = append(out, m)
		}
	}
	if len(out) > maxMarks {
		return nil, fault.Invalidf("min_as_of", "marks-too-many", "%d marks; a question waits for %d at most", len(out), maxMarks)
	}
	return out, nil
}

// includes is docstore.ErrNotFound until the figures of target include m. A caller learns nothing of what is out of his scope: it never
// arrives. The looks go from facts to figures, so that what was clean when it was looked at is in what is looked at next.
func (v *visible) includes(ctx context.Context, m rest.Mark, target string) error {
	f, version, err := v.kinds[m.Aggregate].About(ctx, m.ID)
	if err != nil {
		return err
	}
	units := []string{f.UnitID}
	if f.From != nil && f.From.UnitID != f.UnitID {
		units = append(units, f.From.UnitID)
	}
	if version < m.Version || f.Dirty(target) || slices.ContainsFunc(units, f.Dirty) {
		return docstore.ErrNotFound
	}
	group := target == status.Nation || strings.HasPrefix(target, status.StatePrefix) || strings.HasPrefix(target, status.OfficePrefix)
	if !group {
		return nil
	}
	return v.grouped(caller.AsSystem(ctx, "status.min_as_of"), f, units, target)
}

// grouped looks on from the units that include the fact to the group target.
func (v *visible) grouped(ctx context.Context, f *fact.Base, units []string, target string) error {
	states := []string{status.StatePrefix + f.State}
	if f.From != nil {
		states = append(states, status.StatePrefix+f.From.State)
	}
	known, err := v.c.UnitStatus.LoadMany(ctx, units)
	if err != nil {
		return err
	}
	for _, u := range known {
		states = append(states, status.StatePrefix+u.State.State)
		for _, dirty := range u.State.DirtyGroups {
			if dirty == target || target == status.Nation && strings.HasPrefix(dirty, status.StatePrefix) {
				return docstore.ErrNotFound
			}
		}
	}
	if target != status.Nation {
		return nil
	}
	sums, err := v.c.GroupStatus.LoadMany(ctx, slices.Compact(slices.Sorted(slices.Values(states))))
	if err != nil {
		return err
	}
	for _, s := range sums {
		if len(s.State.DirtyGroups) > 0 {
			return docstore.ErrNotFound
		}
	}
	return nil
}
