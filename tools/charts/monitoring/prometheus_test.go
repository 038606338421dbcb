// Package monitoring_test holds what watches an installation, alerts and dashboards, against what it watches: the metrics of services that
// really run, and the objects that the charts render.
package monitoring_test

import (
	"context"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// step is how often this Prometheus scrapes and evaluates: the charts' interval.
const step = 30 * time.Second

var (
	// epoch is when its time begins.
	epoch = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

	promQL = parser.NewParser(parser.Options{})
	engine = promql.NewEngine(promql.EngineOpts{Logger: slog.New(slog.DiscardHandler), MaxSamples: 10_000_000, Timeout: time.Minute,
		LookbackDelta: 5 * time.Minute, Parser: promQL})
)

// database is what a Prometheus has scraped.
type database struct {
	mu     sync.Mutex
	series map[string]*promql.Series
}

func newDatabase() *database { return &database{series: map[string]*promql.Series{}} }

func (d *database) add(l labels.Labels, at time.Time, value float64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := l.String()
	if d.series[key] == nil {
		d.series[key] = &promql.Series{Metric: l}
	}
	d.series[key].Floats = append(d.series[key].Floats, promql.FPoint{T: at.UnixMilli(), F: value})
}

// end marks every series as one that is gone.
func (d *database) end(at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.series {
		s.Floats = append(s.Floats, promql.FPoint{T: at.UnixMilli(), F: math.Float64frombits(value.StaleNaN)})
	}
}

// load takes series in the notation of promtool's tests, one sample a step: `up{job="a"} 1x10 0x5`.
func (d *database) load(t *testing.T, series ...string) {
	t.Helper()
	for _, s := range series {
		l, values, err := promQL.ParseSeriesDesc(s)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		for i, v := range values {
			if !v.Omitted {
				d.add(l, epoch.Add(time.Duration(i)*step), v.Value)
			}
		}
	}
}

// Querier implements storage.Queryable.
func (d *database) Querier(int64, int64) (storage.Querier, error) {
	return querier{storage.NoopQuerier(), d}, nil
}

type querier struct {
	storage.Querier
	of *database
}

func (q querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	q.of.mu.Lock()
	defer q.of.mu.Unlock()
	set := &seriesSet{}
	for _, s := range q.of.series {
		if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(s.Metric.Get(m.Name)) }) {
			set.of = append(set.of, promql.Series{Metric: s.Metric, Floats: slices.Clone(s.Floats)})
		}
	}
	slices.SortFunc(set.of, func(a, b promql.Series) int { return labels.Compare(a.Metric, b.Metric) })
	return set
}

type seriesSet struct {
	of []promql.Series
	at int
}

func (s *seriesSet) Next() bool                        { s.at++; return s.at <= len(s.of) }
func (s *seriesSet) At() storage.Series                { return promql.NewStorageSeries(s.of[s.at-1]) }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// alarm is an alert that fires: since when its expression holds, and its labels.
type alarm struct {
	active time.Time
	labels map[string]string
}

// firing evaluates a rule from the epoch to an instant, as a Prometheus does: an alarm's expression has held for the rule's time, without a
// gap, up to then. pending has those that hold then, but not yet for long enough.
func (d *database) firing(t *testing.T, rule rulefmt.Rule, until time.Time) (firing, pending []alarm) {
	t.Helper()
	query, err := engine.NewRangeQuery(t.Context(), d, nil, rule.Expr, epoch, until, step)
	if err != nil {
		t.Fatalf("%s: %v", rule.Alert, err)
	}
	defer query.Close()
	matrix, err := query.Exec(t.Context()).Matrix()
	if err != nil {
		t.Fatalf("%s: %v", rule.Alert, err)
	}
	for _, series := range matrix {
		a := alarm{active: until.Add(step), labels: series.Metric.Map()}
		for i := len(series.Floats) - 1; i >= 0 && series.Floats[i].T == a.active.Add(-step).UnixMilli(); i-- {
			a.active = a.active.Add(-step)
		}
		delete(a.labels, model.MetricNameLabel)
		a.labels[labels.AlertName] = rule.Alert
		for name, value := range rule.Labels {
			a.labels[name] = value
		}
		switch held := until.Sub(a.active); {
		case held < 0:
		case held >= time.Duration(rule.For):
			firing = append(firing, a)
		default:
			pending = append(pending, a)
		}
	}
	return firing, pending
}

// rulesFiring are the names of the rules of a group that fire.
func (d *database) rulesFiring(t *testing.T, rules []rulefmt.Rule, until time.Time) (names []string) {
	t.Helper()
	for _, rule := range rules {
		if firing, _ := d.firing(t, rule, until); len(firing) > 0 {
			names = append(names, strings.TrimPrefix(rule.Alert, "Bitacora"))
		}
	}
	slices.Sort(names)
	return names
}
