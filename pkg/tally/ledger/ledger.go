// Package ledger stores facts and, in the same transaction, the sums of their owners (see tally).
//
// At every instant, with other processes writing and after any kill, the sums of an owner are those of its stored facts; or their document has
// other Rules, because another release wrote it, and they are recounted soon. Until then the old figures are shown.
//
//   - A batch of facts is one Atomic: it reads the stored versions of the facts and the sums of all their owners, adds rows(new) and subtracts
//     rows(old). On a conflict with another process the batch is stored owner by owner, in the order of ids.
//   - An event that is repeated, late or out of order is not newer than what is stored, and adds nothing.
//   - A fact whose owner has not arrived creates a document of sums that is Awaited. The owner's own fact completes it.
//   - Groups of owners are held in memory (Fold). What this process writes is in there at once; what others write is polled every second, by
//     the second in which documents were last written. The first poll and every thirtieth go back far enough for a commit that takes effect
//     late: a transaction ends within a minute, whatever becomes of its process. Besides, the check reads every owner's document.
//   - The check recounts one owner after another, slowly and for ever. A difference is repaired, logged and counted.
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

// The fields by which sums are queried: those of other rules, and those written in a period.
const (
	rulesField   = "kept"
	changedField = "changed"
)

// Indexes returns the indexes that a ledger needs on the collection of sums.
func Indexes() []docstore.Index {
	return []docstore.Index{{Fields: []string{rulesField}, Unscoped: true}, {Fields: []string{changedField}, Unscoped: true}}
}

// Update is a version of a fact that an event brought. Kind is a key of Config.Kinds.
type Update struct {
	Kind, ID string
	Version  int64
	Fact     tally.Fact
}

func (u Update) name() string { return u.Kind + "/" + u.ID }

// Config configures a ledger. S is the document of an owner's sums, V what a Fold holds of an owner beside its rows.
type Config[S, V any] struct {
	Store *docstore.Store
	Sums  *docstore.Collection[S]
	// Kinds are the collections of facts, by the name of their aggregate.
	Kinds map[string]Kind
	// Rows returns what a fact adds. Rules is the number of its rules: raise it whenever they change, so that every owner is recounted.
	Rules int
	Rows  func(tally.Fact) []tally.Row
	// Of returns the sums in a document. New makes the document of an owner of which only the id is known.
	Of  func(*S) *tally.Sums
	New func(owner string) *S
	// Describe copies into a document what it needs of a new fact. Derive computes the fields that follow from the sums.
	Describe func(*S, tally.Fact)
	Derive   func(*S)
	// Member returns the Groups, Rows and Value of a document.
	Member func(*S) tally.Member[V]
	// Changed is called after each change of the Fold. It must not block.
	Changed func()
	Log     *slog.Logger
	// Pace is the time between the checks of two owners (3 s).
	Pace time.Duration
}

// Ledger stores facts and keeps the sums of their owners.
type Ledger[S, V any] struct {
	Config[S, V]
	Fold tally.Fold[V]

	loaded, polled atomic.Int64
	// wake starts a search for sums to recount.
	wake    chan struct{}
	metrics *metrics
}

// New makes a ledger. Run must run for it to see other processes' changes, to recount and to check.
func New[S, V any](cfg Config[S, V], reg prometheus.Registerer) (*Ledger[S, V], error) {
	if cfg.Pace == 0 {
		cfg.Pace = 3 * time.Second
	}
	l := &Ledger[S, V]{Config: cfg, wake: make(chan struct{}, 1)}
	var err error
	l.metrics, err = newMetrics(reg, l.late)
	return l, err
}

// errContended ends the attempt to store a whole batch in one Atomic.
var errContended = errors.New("another process changes the same sums")

// Apply stores those of the updates that are newer than what is stored, with the sums. No two updates may be of one fact. If it fails in the
// middle, some may be stored; calling it again does the rest.
func (l *Ledger[S, V]) Apply(ctx context.Context, updates []Update) error {
	err := l.apply(ctx, updates, 1)
	if !errors.Is(err, errContended) {
		return err
	}
	byOwner := map[string][]Update{}
	for _, u := range updates {
		byOwner[u.Fact.Owner()] = append(byOwner[u.Fact.Owner()], u)
	}
	for _, owner := range slices.Sorted(maps.Keys(byOwner)) {
		if err := l.apply(ctx, byOwner[owner], 0); err != nil {
			return err
		}
	}
	return nil
}

// apply is Apply in one Atomic, with this many tries at most (0: as many as Atomic makes).
func (l *Ledger[S, V]) apply(ctx context.Context, updates []Update, tries int) error {
	var e *entry[S, V]
	n := 0
	err := l.Store.Atomic(ctx, func(ctx context.Context) (err error) {
		if n++; tries > 0 && n > tries {
			return errContended
		}
		e = &entry[S, V]{l: l, docs: map[string]*docstore.Doc[S]{}, changed: map[string]bool{}}
		return e.facts(ctx, updates)
	})
	if err != nil {
		return err
	}
	e.published()
	return nil
}

// entry is the work of one Atomic on sums.
type entry[S, V any] struct {
	l       *Ledger[S, V]
	docs    map[string]*docstore.Doc[S]
	changed map[string]bool
}

// fact is a new version of a fact and the version that it replaces, nil if there is none.
type fact struct {
	Update
	old tally.Fact
}

func (e *entry[S, V]) facts(ctx context.Context, updates []Update) error {
	newer, err := e.l.newer(ctx, updates)
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
		if err := e.l.Kinds[f.Kind].put(ctx, f.Update); err != nil {
			return err
		}
	}
	return nil
}

// newer returns the updates that are newer than the stored facts.
func (l *Ledger[S, V]) newer(ctx context.Context, updates []Update) (newer []fact, err error) {
	ids := map[string][]string{}
	for _, u := range updates {
		ids[u.Kind] = append(ids[u.Kind], u.ID)
	}
	stored := map[string]map[string]stored{}
	for _, kind := range slices.Sorted(maps.Keys(ids)) {
		if stored[kind], err = l.Kinds[kind].load(ctx, ids[kind]); err != nil {
			return nil, err
		}
	}
	for _, u := range updates {
		f := fact{Update: u}
		if s, there := stored[u.Kind][u.ID]; there {
			if s.version >= u.Version {
				continue
			}
			f.old = s.fact
			f.Fact.Replace(s.fact)
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

// sums returns the sums of an owner's document, to be changed and written.
func (e *entry[S, V]) sums(owner string) *tally.Sums {
	if e.docs[owner] == nil {
		s := e.l.New(owner)
		*e.l.Of(s) = tally.Sums{Rules: e.l.Rules, Awaited: true}
		e.docs[owner] = &docstore.Doc[S]{ID: owner, State: *s}
	}
	e.changed[owner] = true
	return e.l.Of(&e.docs[owner].State)
}

// post subtracts the rows of a fact's old version and adds those of the new one.
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

// write stores the changed documents of sums with their next versions.
func (e *entry[S, V]) write(ctx context.Context) error {
	period := periodOf(e.l.Store.Now().Time)
	for _, owner := range slices.Sorted(maps.Keys(e.changed)) {
		d := e.docs[owner]
		s := e.l.Of(&d.State)
		if s.Changed = period; s.Rules == e.l.Rules {
			if !s.Awaited || len(s.Cells) == 0 {
				s.Lacks = event.Time{}
			}
			e.l.Derive(&d.State)
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

// published puts what was committed into the fold.
func (e *entry[S, V]) published() {
	recount := false
	for owner := range e.changed {
		d := e.docs[owner]
		e.l.show(d)
		recount = recount || e.l.Of(&d.State).Rules != e.l.Rules
	}
	if recount {
		e.l.wakeUp()
	}
	e.l.Changed()
}

func (l *Ledger[S, V]) wakeUp() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// show puts a document of sums into the fold, unless it has a newer one.
func (l *Ledger[S, V]) show(d *docstore.Doc[S]) {
	if l.Fold.Version(d.ID) >= d.Version {
		return
	}
	m, s := l.Member(&d.State), l.Of(&d.State)
	m.Version, m.AsOf, m.Lacks = d.Version, s.AsOf, s.Lacks
	l.Fold.Set(d.ID, m)
	l.metrics.include(s.AsOf)
}
