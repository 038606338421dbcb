package tally_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/tally"
)

type kind struct {
	Total int64 `json:"total"`
	Bad   int64 `json:"bad"`
}

type figures struct {
	Things *kind              `json:"things,omitempty"`
	ByKind map[string]kind    `json:"by_kind"`
	States map[string]int64   `json:"states"`
	Area   map[string]float64 `json:"area"`
}

// TestFiguresShowCellsAndAreReadBack: keys of maps may hold anything, what has no field is passed over, numbers with decimals are exact.
func TestFiguresShowCellsAndAreReadBack(t *testing.T) {
	cells := tally.Cells{"things.total": 3, "by_kind.a.b.total": 2, "by_kind..bad": 1, "states.on.hold": 4, "area.m2/100": 30, "hidden": 9}
	var got figures
	cells.Fill(&got)
	want := figures{Things: &kind{Total: 3}, ByKind: map[string]kind{"a.b": {Total: 2}, "": {Bad: 1}}, States: map[string]int64{"on.hold": 4},
		Area: map[string]float64{"m2/100": 0.3}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
	back := tally.Cells{}
	back.Add(tally.RowsOf(got), 1)
	delete(cells, "hidden")
	if !cells.Equal(back) {
		t.Errorf("read back: got %v, want %v", back, cells)
	}
}

func rowsOf(t *rapid.T) []tally.Row {
	return rapid.SliceOf(rapid.Custom(func(t *rapid.T) tally.Row {
		return tally.Row{Cell: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "cell"), N: rapid.Int64Range(-2, 3).Draw(t, "n")}
	})).Draw(t, "rows")
}

// TestAGroupIsTheSumOfItsMembers: however often owners change, move between groups, and are set again at an older version.
func TestAGroupIsTheSumOfItsMembers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var fold tally.Fold[int]
		present := map[string]tally.Member[int]{}
		for n := range rapid.IntRange(1, 30).Draw(t, "changes") {
			id := rapid.SampledFrom([]string{"u1", "u2", "u3"}).Draw(t, "owner")
			m := tally.Member[int]{Version: rapid.Int64Range(1, 20).Draw(t, "version"), Rows: rowsOf(t), Value: n,
				Groups: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"g", "h"}), 0, 2, rapid.ID).Draw(t, "groups")}
			if fold.Set(id, m); m.Version > present[id].Version {
				present[id] = m
			}
		}
		for _, name := range []string{"g", "h"} {
			want, members := tally.Cells{}, map[string]int{}
			for id, m := range present {
				for _, g := range m.Groups {
					if g == name {
						want.Add(m.Rows, 1)
						members[id] = m.Value
					}
				}
			}
			seen := map[string]int{}
			got := fold.Groups(func(_, id string, m tally.Member[int]) { seen[id] = m.Value }, name)[0]
			if !want.Equal(got) || !maps.Equal(members, seen) {
				t.Fatalf("%s: got %v of %v, want %v of %v", name, got, seen, want, members)
			}
		}
	})
}
