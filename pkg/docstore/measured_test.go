package docstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// answering is a driver whose every call ends in the same error.
type answering struct {
	docstore.Driver
	err error
}

func (a answering) Apply(context.Context, []docstore.Write) error { return a.err }

func (a answering) ApplyMany(context.Context, []docstore.Write) []error {
	return []error{docstore.ErrStale, a.err}
}

func (a answering) Load(context.Context, string, []string) ([]docstore.Document, error) {
	return nil, a.err
}

func (a answering) Find(context.Context, string, docstore.Query) ([]docstore.Document, error) {
	return nil, a.err
}

func (a answering) Stream(context.Context, string, docstore.Query, func(docstore.Document) error) error {
	return a.err
}

func (a answering) PendingOf(context.Context, []docstore.Ref) ([]docstore.Pending, error) {
	return nil, a.err
}

func (a answering) PendingBefore(context.Context, []string, time.Time, int) ([]docstore.Pending, error) {
	return nil, a.err
}

func (a answering) Published(context.Context, []docstore.Write, map[docstore.Ref][]string) error {
	return a.err
}

func (a answering) Backlog(context.Context, []string) (int64, time.Time, error) {
	return 0, time.Time{}, a.err
}

// counts are the numbers of calls, or of failures, by their labels.
func counts(t *testing.T, reg *prometheus.Registry, name string) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			key := ""
			for _, l := range m.GetLabel() {
				key += l.GetValue() + " "
			}
			if f.GetName() == name {
				out[key] = m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return out
}

func TestMeasured(t *testing.T) {
	for outcome, err := range map[string]error{
		"refused": &docstore.ErrExists{Key: "_id"}, "unavailable": fmt.Errorf("no primary: %w", docstore.ErrUnavailable), "failed": errors.New("odd"), "cancelled": docstore.ErrUnavailable,
	} {
		t.Run(outcome, func(t *testing.T) {
			reg := prometheus.NewRegistry()
			d, measuring := docstore.Measured(answering{err: err}, reg)
			if measuring != nil {
				t.Fatal(measuring)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if outcome == "cancelled" {
				cancel()
			}
			a, b := docstore.Ref{Collection: "a", ID: "1"}, docstore.Ref{Collection: "b", ID: "1"}
			_ = d.Apply(ctx, []docstore.Write{{Collection: "a"}, {Collection: "a"}})
			_ = d.Apply(ctx, []docstore.Write{{Collection: "a"}, {Collection: "b"}})
			d.ApplyMany(ctx, []docstore.Write{{Collection: "a"}, {Collection: "a"}})
			_, _ = d.Load(ctx, "a", nil)
			_, _ = d.Find(ctx, "a", docstore.Query{})
			_ = d.Stream(ctx, "a", docstore.Query{}, nil)
			_, _ = d.PendingOf(ctx, []docstore.Ref{a, b})
			_, _ = d.PendingOf(ctx, []docstore.Ref{a})
			_, _ = d.PendingBefore(ctx, []string{"a"}, time.Time{}, 1)
			_ = d.Published(ctx, nil, nil)
			_, _, _ = d.Backlog(ctx, nil)
			calls, failures := map[string]float64{}, map[string]float64{}
			for _, call := range []string{"apply a", "apply several", "apply_many a", "load a", "find a", "stream a", "pending_of several", "pending_of a",
				"pending_before several", "published several", "backlog several"} {
				calls[call+" "], failures[call+" "+outcome+" "] = 1, 1
			}
			if diff := cmp.Diff(calls, counts(t, reg, "bitacora_store_call_duration_seconds")); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(failures, counts(t, reg, "bitacora_store_call_failures_total")); diff != "" {
				t.Errorf("failures (-want +got):\n%s", diff)
			}
		})
	}
}
