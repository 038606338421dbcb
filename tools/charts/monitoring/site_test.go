package monitoring_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event/bustest"
	"github.com/bitacora-salud/bitacora/pkg/run"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

// site is a service, or all of them in one process, that a Prometheus watches as the charts would have it watched.
type site struct {
	*servicetest.World
	*servicetest.Service
	t        *testing.T
	broker   *bustest.Broker
	registry *prometheus.Registry
	faults   *faults
	watched  watched
	target   map[string]string
	seen     *catalogue
	db       *database
	// steps is how often it was scraped. ahead is how far the services' clock is ahead of the real one. gone says that nobody answers any more.
	steps int
	ahead *atomic.Int64
	gone  bool
}

// newSite is a site of the chart app without services.
func newSite(t *testing.T, app string, seen *catalogue) *site {
	t.Helper()
	w := everyWatched(t)[app]
	s := &site{t: t, broker: bustest.Embedded(t), registry: run.NewRegistry(), faults: &faults{Driver: servicetest.SQLite(t)}, watched: w, target: w.scrapedAs(t),
		seen: seen, db: newDatabase(), ahead: &atomic.Int64{}}
	s.broker.Registerer = s.registry
	s.World = &servicetest.World{Bus: s.broker.Open(t), Registry: s.registry, Now: func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }}
	s.Topics(t)
	return s
}

func (s *site) with(build servicetest.New) *site {
	s.t.Helper()
	s.Service = s.Start(s.t, build, s.faults)
	return s
}

// turn moves the services' clock on.
func (s *site) turn(by time.Duration) { s.ahead.Add(int64(by)) }

// pass lets time go by, a scrape at each step, and what happens before it.
func (s *site) pass(steps int, happens func()) {
	s.t.Helper()
	for range steps {
		if happens != nil {
			happens()
		}
		s.scrape()
	}
}

// scrape stores what /metrics says, with the labels of the target; a label of the program's own is honoured. The kubelet has asked for the
// readiness meanwhile. Where nobody answers, what was there is said to be there no more, as a Prometheus does.
func (s *site) scrape() {
	s.t.Helper()
	at := epoch.Add(time.Duration(s.steps) * step)
	s.steps++
	up := 0.0
	if !s.gone {
		up = 1
		s.Call("", "GET", "/readyz", nil)
		body := s.Call("", "GET", "/metrics", nil).Body
		symbols := labels.NewSymbolTable()
		for parser := textparse.NewPromParser(body, symbols, false); ; {
			entry, err := parser.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				s.t.Fatalf("/metrics: %v", err)
			}
			if entry != textparse.EntrySeries {
				continue
			}
			_, _, value := parser.Series()
			var l labels.Labels
			parser.Labels(&l)
			s.seen.note(l)
			s.db.add(s.targeted(l), at, value)
		}
	} else {
		s.db.end(at)
	}
	s.db.add(s.targeted(labels.FromStrings(model.MetricNameLabel, "up")), at, up)
}

func (s *site) targeted(l labels.Labels) labels.Labels {
	b := labels.NewBuilder(l)
	for name, value := range s.target {
		if !l.Has(name) {
			b.Set(name, value)
		}
	}
	return b.Labels()
}

// eventually waits until a series has been measured to be so.
func (s *site) eventually(what string, is func(metrics map[string]float64) bool) {
	s.t.Helper()
	servicetest.Eventually(s.t, what, func() bool { return is(s.Metrics()) })
}

// want wants just these alerts to fire now.
func (s *site) want(names ...string) {
	s.t.Helper()
	slices.Sort(names)
	s.seen.fire(names...)
	if diff := cmp.Diff(names, s.db.rulesFiring(s.t, s.watched.rules, epoch.Add(time.Duration(s.steps-1)*step))); diff != "" {
		s.t.Errorf("alerts at step %d (-want +got):\n%s", s.steps, diff)
	}
}

// catalogue is what was seen of all programs: metrics, the names of their labels, and those labels' values.
type catalogue struct {
	mu     sync.Mutex
	labels map[string]map[string]map[string]bool
	// fired are the alerts that were brought about.
	fired []string
}

func (c *catalogue) fire(names ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fired = append(c.fired, names...)
}

func (c *catalogue) note(l labels.Labels) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := l.Get(model.MetricNameLabel)
	if c.labels[name] == nil {
		c.labels[name] = map[string]map[string]bool{}
	}
	l.Range(func(l labels.Label) {
		if c.labels[name][l.Name] == nil {
			c.labels[name][l.Name] = map[string]bool{}
		}
		c.labels[name][l.Name][l.Value] = true
	})
}

func (c *catalogue) labelsOf(metric string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(c.labels[metric])), func(l string) bool { return l == model.MetricNameLabel || l == "le" })
}

// faults is a store that fails, takes its time or does not answer at all, when the test says so.
type faults struct {
	docstore.Driver
	away atomic.Bool
	// before, when set, is called ahead of each query.
	before atomic.Pointer[func(ctx context.Context, collection string) error]
}

var errAway = errors.Join(docstore.ErrUnavailable, errors.New("the test took the store away"))

func (f *faults) check(ctx context.Context, collection string) error {
	if f.away.Load() {
		return errAway
	}
	if before := f.before.Load(); before != nil {
		return (*before)(ctx, collection)
	}
	return nil
}

func (f *faults) Check(ctx context.Context, specs []docstore.Spec) error {
	if err := f.check(ctx, ""); err != nil {
		return err
	}
	return f.Driver.Check(ctx, specs)
}

func (f *faults) Apply(ctx context.Context, writes []docstore.Write) error {
	if err := f.check(ctx, ""); err != nil {
		return err
	}
	return f.Driver.Apply(ctx, writes)
}

func (f *faults) ApplyMany(ctx context.Context, writes []docstore.Write) []error {
	if err := f.check(ctx, ""); err != nil {
		return slices.Repeat([]error{err}, len(writes))
	}
	return f.Driver.ApplyMany(ctx, writes)
}

func (f *faults) Load(ctx context.Context, collection string, ids []string) ([]docstore.Document, error) {
	if err := f.check(ctx, collection); err != nil {
		return nil, err
	}
	return f.Driver.Load(ctx, collection, ids)
}

func (f *faults) Find(ctx context.Context, collection string, q docstore.Query) ([]docstore.Document, error) {
	if err := f.check(ctx, collection); err != nil {
		return nil, err
	}
	return f.Driver.Find(ctx, collection, q)
}

func (f *faults) PendingBefore(ctx context.Context, collections []string, at time.Time, limit int) ([]docstore.Pending, error) {
	if err := f.check(ctx, ""); err != nil {
		return nil, err
	}
	return f.Driver.PendingBefore(ctx, collections, at, limit)
}
