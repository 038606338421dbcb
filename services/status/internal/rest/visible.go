package rest

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/tally/ledger"
	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
	"github.com/bitacora-salud/bitacora/services/status/internal/status"
)

// visibleWithin is how long a request waits until figures include what was just written.
const visibleWithin = time.Second

// maxMarks bounds the marks of one request.
const maxMarks = 20

// visible knows whether figures include what was written.
type visible struct {
	f        *ledger.Ledger[status.Unit, status.Part]
	arrivals *rest.Arrivals
}

// await waits until the figures of target, a unit's id or a group's, include all marks, and for a group until all units are loaded.
func (v *visible) await(ctx context.Context, marks []string, target string) error {
	wanted, err := v.parse(marks)
	group := target == status.Nation || strings.HasPrefix(target, status.StatePrefix) || strings.HasPrefix(target, status.OfficePrefix)
	if err != nil || len(wanted) == 0 && (!group || v.f.Loaded()) {
		return err
	}
	_, err = rest.Await(ctx, v.arrivals, visibleWithin, func(ctx context.Context) (struct{}, error) {
		if group && !v.f.Loaded() {
			return struct{}{}, docstore.ErrNotFound
		}
		for _, m := range wanted {
			if err := v.includes(ctx, m, group); err != nil {
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
			if v.f.Kinds[m.Aggregate] == nil {
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

// includes returns docstore.ErrNotFound until the figures include m; for a thing outside of the caller's scope they never do. Facts and the sums
// of their units are written together. For groups it loads what another process may have written: the units where the thing is and was, and
// those written in the last second, which the caller may have seen in another process; Run polls for all others.
func (v *visible) includes(ctx context.Context, m rest.Mark, group bool) error {
	f, version, err := v.f.Kinds[m.Aggregate].Get(ctx, m.ID)
	if err != nil {
		return err
	}
	if version < m.Version || len(f.Doubtful()) > 0 {
		return docstore.ErrNotFound
	}
	units := []string{f.Owner()}
	from := f.(interface{ About() *fact.Base }).About().From
	if from != nil && from.UnitID != f.Owner() {
		units = append(units, from.UnitID)
	}
	found, err := v.f.Fetch(ctx, units...)
	if err != nil {
		return err
	}
	for _, u := range units {
		if d := found[u]; d == nil && u == f.Owner() || d != nil && !d.State.Lacks.IsZero() {
			return docstore.ErrNotFound
		}
	}
	if group {
		return v.f.Poll(ctx)
	}
	return nil
}
