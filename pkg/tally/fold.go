package tally

import (
	"maps"
	"sync"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// Member is an owner in a Fold: the rows that it adds to each of its groups, and what else callers need of it.
type Member[V any] struct {
	// Version is that of the owner's document.
	Version int64
	Groups  []string
	Rows    []Row
	// AsOf and Lacks are those of the owner's Sums.
	AsOf, Lacks event.Time
	Value       V
}

// Fold holds owners and the sums of their groups in memory. The zero value is ready for use. It is safe for concurrent use.
type Fold[V any] struct {
	mu      sync.RWMutex
	members map[string]Member[V]
	groups  map[string]*group
}

type group struct {
	cells   Cells
	members map[string]bool
}

// Set stores an owner in place of its older version. If the stored version is the same or newer, it changes nothing.
func (f *Fold[V]) Set(id string, m Member[V]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.members == nil {
		f.members, f.groups = map[string]Member[V]{}, map[string]*group{}
	}
	old, there := f.members[id]
	if there && old.Version >= m.Version {
		return
	}
	for _, name := range old.Groups {
		f.groups[name].cells.Add(old.Rows, -1)
		delete(f.groups[name].members, id)
	}
	for _, name := range m.Groups {
		g := f.groups[name]
		if g == nil {
			g = &group{Cells{}, map[string]bool{}}
			f.groups[name] = g
		}
		g.cells.Add(m.Rows, 1)
		g.members[id] = true
	}
	f.members[id] = m
}

// Version returns the version of an owner, 0 if there is none.
func (f *Fold[V]) Version(id string) int64 {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.members[id].Version
}

// Groups returns the sums of the named groups, and calls each for all their members, in no order: all of one instant. each must not call the fold.
func (f *Fold[V]) Groups(each func(group, id string, m Member[V]), names ...string) []Cells {
	f.mu.RLock()
	defer f.mu.RUnlock()
	out := make([]Cells, len(names))
	for i, name := range names {
		g := f.groups[name]
		if g == nil {
			continue
		}
		out[i] = maps.Clone(g.cells)
		for id := range g.members {
			each(name, id, f.members[id])
		}
	}
	return out
}

// Each calls each for all owners, in no order. each must not call the fold.
func (f *Fold[V]) Each(each func(id string, m Member[V])) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for id, m := range f.members {
		each(id, m)
	}
}
