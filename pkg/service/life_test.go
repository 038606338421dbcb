package service_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/bustest"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/pkg/run"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestBrokerAway: a broker that goes away makes a service neither unready, for its commands go on, nor a case for a new start, which would
// not bring the broker back. A consumer that is not heard of although the broker answers is one.
func TestBrokerAway(t *testing.T) {
	broker := bustest.Embedded(t)
	ahead := atomic.Int64{} // of the true time, for the service
	w := &servicetest.World{Bus: broker.Open(t), Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }}
	w.Topics(t)
	s := w.Start(t, toy, servicetest.SQLite(t))
	ready := func() error { return s.Ready(t.Context()) }
	// What the broker has said of the last hours counts for nothing to a clock that is so far ahead.
	checks := &run.Checks{} // with the bounds that a process has
	checks.Add("consumers", func(ctx context.Context) error { return s.Alive(ctx, time.Minute) })
	alive := func() error {
		if report := checks.Run(t.Context()); !report.OK() {
			return errors.New(report.Checks["consumers"])
		}
		return nil
	}
	await(t, "ready", func() bool { return ready() == nil })
	if err := alive(); err != nil {
		t.Fatalf("alive: %v", err)
	}
	ahead.Store(int64(time.Hour))
	await(t, "a silent consumer is found", func() bool { return alive() != nil })

	for _, goes := range []func(){broker.Down, broker.Silent} {
		broker.Up()
		goes()
		for range 2 {
			ahead.Add(int64(time.Hour))
			if err := ready(); err != nil {
				t.Errorf("without a broker: not ready: %v", err)
			}
			if err := alive(); err != nil {
				t.Errorf("without a broker: not alive: %v", err)
			}
		}
	}

	broker.Up()
	ahead.Add(int64(30 * time.Second))
	if err := alive(); err != nil {
		t.Errorf("half a minute after the broker was missed: %v", err)
	}
	await(t, "a silent consumer is found once more", func() bool {
		ahead.Add(int64(time.Hour))
		return alive() != nil
	})
}

// TestTopicsAreLookedAtAgain: a topic that is deleted, or set to forget, while the service runs makes it unready by name until that is corrected,
// without a new start; its consumer reads on.
func TestTopicsAreLookedAtAgain(t *testing.T) {
	broker := bustest.Embedded(t)
	ahead := atomic.Int64{}
	w := &servicetest.World{Bus: broker.Open(t), Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }}
	w.Topics(t)
	var heard atomic.Int64
	s := w.Start(t, func(cfg service.Config, deps service.Deps) (*service.Service, error) {
		s, err := service.New("toy", "Toy", cfg, deps)
		if err == nil {
			err = s.Consume("units", []string{event.Units}, consume.React(func(context.Context, event.Envelope) error { heard.Add(1); return nil }))
		}
		return s, err
	}, servicetest.SQLite(t))
	ready := func() error {
		ahead.Add(int64(10 * time.Second)) // what was said of the topics counts for nothing any more
		return s.Ready(t.Context())
	}
	unready := func(part string) func() bool {
		return func() bool {
			err := ready()
			return err != nil && strings.Contains(err.Error(), event.Units) && strings.Contains(err.Error(), part)
		}
	}
	isReady := func() bool { return ready() == nil }
	hears := func(n int64) {
		t.Helper()
		e := event.Envelope{Entry: event.Entry{ID: "e", Type: "mx.bitacora.unit.registered.v1", Version: n, At: event.At(time.Now()), Actor: "a", Change: []byte("{}")},
			Source: "/services/asset", Subject: "BSIST000014", StateVersion: n, State: []byte("{}"), Topic: event.Units}
		record, err := e.Record()
		if err != nil {
			t.Fatal(err)
		}
		await(t, "published", func() bool { return w.Bus.Publish(t.Context(), []event.Record{record}) == nil })
		await(t, "heard of", func() bool { return heard.Load() >= n })
	}
	await(t, "ready", isReady)
	hears(1)
	broker.Delete(t, event.Units)
	await(t, "a deleted topic is named", unready("do not exist"))
	w.Topics(t)
	await(t, "ready again", isReady)
	hears(2)
	broker.Set(t, event.Units, "retention.ms", "86400000")
	await(t, "a topic that forgets is named", unready("retention.ms=86400000"))
	broker.Set(t, event.Units, "retention.ms", "-1")
	await(t, "ready once more", isReady)
	hears(3)
}

// TestHandlerThatNeverReturns: a consumer whose handler does not come back, and minds no deadline, is a case for a new start although the
// broker hears of it all the while; whichever of its topics that is in, and whether the others are there.
func TestHandlerThatNeverReturns(t *testing.T) {
	broker := bustest.Embedded(t)
	ahead := atomic.Int64{}
	w := &servicetest.World{Bus: broker.Open(t), Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }}
	w.Topics(t)
	stuck, release := make(chan struct{}), make(chan struct{})
	s := w.Start(t, func(cfg service.Config, deps service.Deps) (*service.Service, error) {
		s, err := service.New("toy", "Toy", cfg, deps)
		if err == nil {
			err = s.Consume("units", []string{event.Deliveries, event.Units}, consume.React(func(context.Context, event.Envelope) error {
				close(stuck)
				<-release
				return nil
			}))
		}
		return s, err
	}, servicetest.SQLite(t))
	t.Cleanup(func() { close(release) })
	record, err := event.Envelope{Entry: event.Entry{ID: "e1", Type: "mx.bitacora.unit.registered.v1", Version: 1, At: event.At(time.Now()), Actor: "a", Change: []byte("{}")},
		Source: "/services/asset", Subject: "BSIST000014", StateVersion: 1, State: []byte("{}"), Topic: event.Units}.Record()
	if err != nil {
		t.Fatal(err)
	}
	if errs := w.Bus.Publish(t.Context(), []event.Record{record}); errs != nil {
		t.Fatal(errs)
	}
	<-stuck
	if err := s.Alive(t.Context(), time.Minute); err != nil {
		t.Errorf("at once: %v", err)
	}
	broker.Delete(t, event.Deliveries)
	for range 2 { // the broker has answered the first question, so that it is not the broker who is away
		ahead.Add(int64(time.Hour))
		err = s.Alive(t.Context(), time.Minute)
	}
	if err == nil || !strings.Contains(err.Error(), "toy.units") {
		t.Errorf("after an hour: %v", err)
	}
}

// TestStartWithoutBroker: a service that starts while the broker is away takes commands all the same. Once the broker answers, what it says
// of the topics counts.
func TestStartWithoutBroker(t *testing.T) {
	broker := bustest.Embedded(t)
	w := &servicetest.World{Bus: broker.Open(t)}
	broker.Down()
	s := w.Start(t, toy, servicetest.SQLite(t))
	ready := func() error { return s.Ready(t.Context()) }
	if err := ready(); err != nil {
		t.Errorf("without a broker: not ready: %v", err)
	}
	broker.Up()
	await(t, "missing topics are found", func() bool { return ready() != nil })
	w.Topics(t)
	await(t, "ready", func() bool { return ready() == nil })
}

// toy is a service that hears of units.
func toy(cfg service.Config, deps service.Deps) (*service.Service, error) {
	s, err := service.New("toy", "Toy", cfg, deps)
	if err == nil {
		err = s.Consume("units", []string{event.Units}, consume.React(func(context.Context, event.Envelope) error { return nil }))
	}
	return s, err
}

func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(5 * time.Minute); !so(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: not so", what)
		}
	}
}
