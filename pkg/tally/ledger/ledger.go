// Package ledger stores facts and, in the same transaction, the sums of their owners (see tally).
//
// What holds at every instant, whoever else writes and whoever is killed: the sums of an owner are those of its stored facts, or their
// document says that they are not (other Rules; a release that counted otherwise wrote it) and they are counted anew soon, the figures
// shown until then being the old ones.
//
//   - A batch of facts is one Atomic: it reads the facts that are replaced and the sums of all owners concerned, adds rows(new) and takes
//     away rows(old). When another process changes one of them meanwhile, the batch is done owner by owner, in the order of their ids.
//   - An event that comes twice, late or out of order is not newer than what is stored, and adds nothing.
//   - A fact of an owner that has not been heard of makes a document of sums that is Awaited. The owner's own fact completes it.
//   - Groups of owners are held in memory (Fold). What this process writes is there at once; what others write is looked for every second
//     by the period in which documents were last written. The first look and every thirtieth go far enough back for a commit that came
//     later than it was made: a transaction ends within a minute, whatever becomes of its process. Besides, the check compares every owner's
//     version with the one in memory.
//   - The check counts one owner after another, slowly and for ever. A difference is mended, logged and counted.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/tally"
)

// The fields by which sums are looked for: those of other rules, and those written in a period.
const (
	rulesField   = "kept"
	changedField = "changed"
)

// Indexes are what the collection of sums needs beside its own.
func Indexes() []docstore.Index {
	return []docstore.Index{{Fields: []string{rulesField}, Unscoped: true}, {Fields: []string{changedField}, Unscoped: true}}
}

// Heard is a fact as it is told by an event.
type Heard struct {
	Kind, ID string
	Version  int64
	Fact     tally.Fact
}

func (h Heard) name() string { return h.Kind + "/" + h.ID }

// Config says what is counted: S is the document of sums, V what groups know of an owner.
type Config[S, V any] struct {
	Store *docstore.Store
	Sums  *docstore.Collection[S]
	// Kinds are the facts, by the name of their aggregate.
	Kinds map[string]Kind
	// Rules is the number of the rules in Rows. A change of them raises it: then every owner is counted anew.
	Rules int
	Rows  func(tally.Fact) []tally.Row
	// Of is the part of a document that is the ledger's. New is a document of which nothing is known but its id.
	Of  func(*S) *tally.Sums
	New func(owner string) *S
	// Describe tells a document of sums of a new fact; Settle works out what follows from its sums.
	Describe func(*S, tally.Fact)
	Settle   func(*S)
	// Member is what groups see of a document of sums: Groups, Rows and What.
	Member func(*S) tally.Member[V]
	// Changed is called after each change that can be seen now. It must not block.
	Changed func()
	Log     *slog.Logger
	// Pace is the time between two owners that are checked (3 s).
	Pace time.Duration
}

// Ledger keeps sums.
type Ledger[S, V any] struct {
	Config[S, V]
	Fold tally.Fold[V]

	loaded, looked atomic.Int64
	// wake asks for a look for sums that are to be counted anew.
	wake    chan struct{}
	metrics *metrics
}

// New is a ledger; Run works for it.
func New[S, V any](cfg Config[S, V], reg prometheus.Registerer) (*Ledger[S, V], error) {
	if cfg.Pace == 0 {
		cfg.Pace = 3 * time.Second
	}
	l := &Ledger[S, V]{Config: cfg, wake: make(chan struct{}, 1)}
	var err error
	l.metrics, err = newMetrics(reg, l.late)
	return l, err
}

// errContended ends the try of a whole batch.
var errContended = errors.New("another process changes the same sums")

// Take stores the facts that are newer than what is there, and brings the sums up to date. The facts are distinct.
func (l *Ledger[S, V]) Take(ctx context.Context, heard []Heard) error {
	err := l.take(ctx, heard, 1)
	if !errors.Is(err, errContended) {
		return err
	}
	byOwner := map[string][]Heard{}
	for _, h := range heard {
		byOwner[h.Fact.Owner()] = append(byOwner[h.Fact.Owner()], h)
	}
	for _, owner := range slices.Sorted(maps.Keys(byOwner)) {
		if err := l.take(ctx, byOwner[owner], 0); err != nil {
			return err
		}
	}
	return nil
}

// take does it in one Atomic, tried so many times at most (0: as often as Atomic does).
func (l *Ledger[S, V]) take(ctx context.Context, heard []Heard, tries int) error {
	var e *entry[S, V]
	n := 0
	err := l.Store.Atomic(ctx, func(ctx context.Context) (err error) {
		if n++; tries > 0 && n > tries {
			return errContended
		}
		e = &entry[S, V]{l: l, docs: map[string]*docstore.Doc[S]{}, changed: map[string]bool{}}
		return e.facts(ctx, heard)
	})
	if err != nil {
		return err
	}
	e.published()
	return nil
}

// entry is one Atomic's work on sums.
type entry[S, V any] struct {
	l       *Ledger[S, V]
	docs    map[string]*docstore.Doc[S]
	changed map[string]bool
}

// fact is a new version of a fact and the one that it takes the place of, nil when there was none.
type fact struct {
	Heard
	old tally.Fact
}

func (e *entry[S, V]) facts(ctx context.Context, heard []Heard) error {
	newer, err := e.l.newer(ctx, heard)
	if err != nil || len(newer) == 0 {
		return err
	}
	var owners []string
	for _, f := range newer {
		owners = append(owners, f.Fact.Owner())
		if f.old != nil {
			owners = append(append(owners, f.old.Owner()), f.old.Doubtful()...)
		}
	}
	if err := e.load(ctx, owners...); err != nil {
		return err
	}
	for _, f := range newer {
		e.post(f)
	}
	if err := e.write(ctx); err != nil {
		return err
	}
	slices.SortStableFunc(newer, func(a, b fact) int { return strings.Compare(a.Kind, b.Kind) }) // a collection's writes go to the store together
	for _, f := range newer {
		if err := e.l.Kinds[f.Kind].put(ctx, f.Heard); err != nil {
			return err
		}
	}
	return nil
}

// newer are those of the facts that are newer than the stored ones.
func (l *Ledger[S, V]) newer(ctx context.Context, heard []Heard) (newer []fact, err error) {
	ids := map[string][]string{}
	for _, h := range heard {
		ids[h.Kind] = append(ids[h.Kind], h.ID)
	}
	stored := map[string]map[string]stored{}
	for _, kind := range slices.Sorted(maps.Keys(ids)) {
		if stored[kind], err = l.Kinds[kind].load(ctx, ids[kind]); err != nil {
			return nil, err
		}
	}
	for _, h := range heard {
		f := fact{Heard: h}
		if s, there := stored[h.Kind][h.ID]; there {
			if s.version >= h.Version {
				continue
			}
			f.old = s.fact
			f.Fact.Follow(s.fact)
		}
		newer = append(newer, f)
	}
	return newer, nil
}

func (e *entry[S, V]) load(ctx context.Context, owners ...string) error {
	found, err := e.l.Sums.LoadMany(ctx, owners)
	maps.Copy(e.docs, found)
	return err
}

// sums is the ledger's part of an owner's document, to be changed.
func (e *entry[S, V]) sums(owner string) *tally.Sums {
	if e.docs[owner] == nil {
		s := e.l.New(owner)
		*e.l.Of(s) = tally.Sums{Rules: e.l.Rules, Awaited: true}
		e.docs[owner] = &docstore.Doc[S]{ID: owner, State: *s}
	}
	e.changed[owner] = true
	return e.l.Of(&e.docs[owner].State)
}

// post moves the rows of a fact.
func (e *entry[S, V]) post(f fact) {
	if f.old != nil {
		for _, owner := range f.old.Doubtful() {
			if e.docs[owner] != nil {
				doubted := e.sums(owner)
				doubted.Rules = 0
				doubted.Doubt(f.Fact.At())
			}
		}
		e.add(f.old.Owner(), f, f.old, -1)
	}
	s := e.add(f.Fact.Owner(), f, f.Fact, 1)
	s.Include(f.Fact.At())
	e.l.Describe(&e.docs[f.Fact.Owner()].State, f.Fact)
}

func (e *entry[S, V]) add(owner string, f fact, version tally.Fact, times int64) *tally.Sums {
	s := e.sums(owner)
	s.Touch(f.name())
	if s.Rules != e.l.Rules {
		s.Doubt(f.Fact.At())
		return s
	}
	if s.Cells == nil {
		s.Cells = tally.Cells{}
	}
	s.Cells.Add(e.l.Rows(version), times)
	if s.Awaited {
		s.Doubt(f.Fact.At())
	}
	return s
}

// write puts the changed documents of sums, each one version further.
func (e *entry[S, V]) write(ctx context.Context) error {
	period := periodOf(e.l.Store.Now().Time)
	for _, owner := range slices.Sorted(maps.Keys(e.changed)) {
		d := e.docs[owner]
		s := e.l.Of(&d.State)
		if s.Changed = period; s.Rules == e.l.Rules {
			if !s.Awaited || len(s.Cells) == 0 {
				s.Lacks = event.Time{}
			}
			e.l.Settle(&d.State)
		}
		d.Version++
		if newer, err := e.l.Sums.PutIfNewer(ctx, docstore.Versioned[S]{ID: owner, Version: d.Version, State: &d.State}); err != nil || !newer {
			return errors.Join(err, stale(newer, owner))
		}
	}
	return nil
}

func stale(newer bool, owner string) error {
	if newer {
		return nil
	}
	return fmt.Errorf("sums of %s: %w", owner, docstore.ErrStale)
}

// published shows what was committed.
func (e *entry[S, V]) published() {
	anew := false
	for owner := range e.changed {
		d := e.docs[owner]
		e.l.show(d)
		anew = anew || e.l.Of(&d.State).Rules != e.l.Rules
	}
	if anew {
		e.l.rouse()
	}
	e.l.Changed()
}

func (l *Ledger[S, V]) rouse() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// show puts a document of sums into the fold.
func (l *Ledger[S, V]) show(d *docstore.Doc[S]) {
	if l.Fold.Version(d.ID) >= d.Version {
		return
	}
	m, s := l.Member(&d.State), l.Of(&d.State)
	m.Version, m.AsOf, m.Lacks = d.Version, s.AsOf, s.Lacks
	l.Fold.Set(d.ID, m)
	l.metrics.include(s.AsOf)
}
