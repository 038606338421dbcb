// Package service is what every service of the house is made of: a store with its relay, consumers, a REST edge, and one life. The
// app package of a service declares its collections, operations and consumers on it, and nothing else.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/pkg/event/relay"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/run"
)

// Config are a service's settings. The zero value is right for most.
type Config struct {
	MaxInFlight int           `split_words:"true" default:"256" desc:"requests under way at once; more are answered 503"`
	Timeout     time.Duration `default:"15s" desc:"longest time for one request"`
	// TrustedProxies are whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix `split_words:"true" desc:"networks of proxies in front, as 10.0.0.0/8, separated by commas: from them X-Forwarded-For says where a request without a valid token comes from"`
	NoneWords      []string       `split_words:"true" desc:"words, separated by commas, that mean none where a tag, a serial number or another number is asked for, beside S/N, ilegible and the like; for what is written from then on"`
	TriageFile     string         `split_words:"true" desc:"JSON file with the table by which work orders get their type and priority from the effect on care; the product's own when empty"`
}

// Validate refuses settings that cannot work.
func (c Config) Validate() error {
	if c.MaxInFlight < 1 || c.Timeout < time.Second {
		return errors.New("at least one request in flight and a timeout of a second are needed")
	}
	return nil
}

// Deps are what a service is given. Driver, Bus, Guard, Logger and Registry are required.
type Deps struct {
	Driver   docstore.Driver
	Bus      event.Bus
	Guard    rest.Guard
	Logger   *slog.Logger
	Registry prometheus.Registerer
	Tracer   trace.TracerProvider
	Now      func() time.Time
	NewID    func() string
	Version  string
}

// Service is one service of the house.
type Service struct {
	Name string
	// Store is where the collections are opened, Rest where the operations are registered, both before Start.
	Store    *docstore.Store
	Rest     *rest.Server
	Arrivals *rest.Arrivals
	Dead     *consume.DeadLetters
	Relay    *relay.Relay
	Log      *slog.Logger

	deps      Deps
	consumers []*consume.Consumer
	reads     []string
	groups    map[string][]string
	// background is what else runs.
	background []background

	// topicsSeen is when all topics were last found as they should be, brokerAway when Alive last found no broker (Unix ns).
	topicsSeen, brokerAway atomic.Int64

	mu    sync.Mutex
	group *run.Group
}

type background struct {
	name string
	work func(context.Context) error
}

// New is a service without collections, operations or consumers. Its reference page, description and labels are under its name (/asset/docs,
// /asset/openapi.yaml, /asset/labels), so that services can share a host or a port.
func New(name, title string, cfg Config, deps Deps) (*Service, error) {
	s := &Service{Name: name, Arrivals: &rest.Arrivals{}, Log: deps.Logger.With("service", name), deps: deps, groups: map[string][]string{}}
	driver, err := docstore.Measured(deps.Driver, prometheus.WrapRegistererWith(prometheus.Labels{"service": name}, deps.Registry))
	if err != nil {
		return nil, err
	}
	s.Store = docstore.NewStore(driver, docstore.Options{Now: deps.Now, NewID: deps.NewID, Trace: run.Traceparent,
		Committed: func(refs []docstore.Ref) { s.Relay.Wake(refs) }})
	s.Dead = consume.OpenDeadLetters(s.Store)
	if s.Relay, err = relay.New(s.Store, deps.Bus, s.Dead, relay.Config{Service: name}, s.Log, deps.Registry); err != nil {
		return nil, fmt.Errorf("relay of %s: %w", name, err)
	}
	s.Rest, err = rest.New(rest.Config{Service: name, Title: title, Version: deps.Version, Store: s.Store, Guard: deps.Guard, Logger: s.Log,
		Registry: deps.Registry, Tracer: deps.Tracer, MaxInFlight: cfg.MaxInFlight, TrustedProxies: cfg.TrustedProxies, Timeout: cfg.Timeout, Clock: deps.Now,
		DocsPath: "/" + name + "/docs", OpenAPIPath: "/" + name + "/openapi", LabelsPath: "/" + name + "/labels"})
	return s, err
}

// Consume adds a consumer. Its name gets the service's in front: "asset." + "deliveries".
func (s *Service) Consume(name string, topics []string, h consume.Handler) error {
	cfg := consume.Config{Name: s.Name + "." + name, Topics: topics}
	if s.deps.Tracer != nil {
		cfg.Tracer = s.deps.Tracer.Tracer("consume")
	}
	c, err := consume.New(s.Store, s.deps.Bus, s.Dead, cfg, h, s.Log, s.deps.Registry)
	if err != nil {
		return fmt.Errorf("consumer %s: %w", cfg.Name, err)
	}
	s.consumers = append(s.consumers, c)
	s.groups[cfg.Name] = topics
	for _, t := range topics {
		if !slices.Contains(s.reads, t) {
			s.reads = append(s.reads, t)
		}
	}
	return nil
}

// Background adds work that goes on as long as the service runs. It must end soon after its context does; an error before that fails the
// service.
func (s *Service) Background(name string, work func(ctx context.Context) error) {
	s.background = append(s.background, background{s.Name + "." + name, work})
}

// Groups are the consumer groups and their topics, for whoever must set them back.
func (s *Service) Groups() map[string][]string { return s.groups }

// Handler serves the operations.
func (s *Service) Handler() http.Handler { return s.Rest.Handler() }

// Start begins to relay and to consume. It waits for nothing outside: what is away is waited for in the background, and Ready says so.
func (s *Service) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.group != nil {
		return errors.New("started twice")
	}
	if err := s.Store.Check(ctx); err != nil {
		s.Log.WarnContext(ctx, "the store is not ready", "error", err)
	}
	s.group = run.NewGroup(ctx, s.Log)
	s.group.Go("relay", s.Relay.Run)
	s.group.Go("repeats", s.forgetRepeats)
	for _, c := range s.consumers {
		s.group.Go(c.Name(), c.Run)
	}
	s.group.Go("keys", s.refreshKeys)
	for _, b := range s.background {
		s.group.Go(b.name, b.work)
	}
	return nil
}

// refreshEvery is how often keys are brought up to date, beside the start: pods of the release before, which know none, write until the last one is gone.
const refreshEvery = 10 * time.Minute

// refreshKeys brings the keys of stored documents up to date, at the start and from time to time.
func (s *Service) refreshKeys(ctx context.Context) error {
	backoff := consume.NewBackoff(time.Second, time.Minute)
	tick := time.NewTicker(refreshEvery)
	defer tick.Stop()
	for {
		n, err := s.Store.RefreshKeys(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "the keys of stored documents are not up to date yet", "error", err)
			if backoff.Wait(ctx) == nil {
				continue
			}
		}
		backoff.Reset()
		if n > 0 {
			s.Log.InfoContext(ctx, "the keys of stored documents are up to date", "documents", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Done ends when a part of the service has failed; its error is in the cause that Stop returns.
func (s *Service) Done() <-chan struct{} { return s.group.Context().Done() }

// Stop ends the consumers and the relay, then publishes what is still in the outboxes, all before ctx ends.
func (s *Service) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.group == nil {
		return nil
	}
	err := s.group.Stop(ctx)
	if flush := s.Relay.Flush(ctx); flush != nil {
		s.Log.WarnContext(ctx, "events wait in the outbox for the next start", "error", flush)
	}
	return err
}

// Ready returns why the service should not be sent requests yet: a store without its indexes, topics that it reads or writes missing, of
// another number of partitions or not keeping their log, a broker that refuses it. Topics are looked at again and again: one may be
// deleted, or set to forget, at any time. Lag is no reason, nor is a broker that is away: commands leave their events in the outbox until it is back.
func (s *Service) Ready(ctx context.Context) error {
	if err := s.Store.Check(ctx); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	now := s.Store.Now()
	if now.Sub(time.Unix(0, s.topicsSeen.Load())) < topicsAgain {
		return nil
	}
	topics := slices.Clone(s.reads)
	for _, spec := range s.Store.Specs() {
		if spec.Topic() != "" && !slices.Contains(topics, spec.Topic()) {
			topics = append(topics, spec.Topic())
		}
	}
	asking, cancel := context.WithTimeout(ctx, brokerTimeout)
	defer cancel()
	err := s.deps.Bus.CheckTopics(asking, topics)
	switch {
	case err == nil:
		s.topicsSeen.Store(now.UnixNano())
		return nil
	case errors.Is(err, event.ErrUnavailable):
		return nil
	}
	return fmt.Errorf("topics: %w", err)
}

// Alive returns why the service should be started anew: a consumer that has not heard of the broker for longer than that although the
// broker answers others all the while. While the broker is away nothing is wrong with the service, and once it is back its consumers have
// that long again to be heard of.
func (s *Service) Alive(ctx context.Context, longest time.Duration) error {
	now := s.Store.Now()
	stuck := slices.IndexFunc(s.consumers, func(c *consume.Consumer) bool {
		at := c.Alive()
		return !at.IsZero() && now.Sub(at) > longest
	})
	if stuck < 0 {
		return nil
	}
	c := s.consumers[stuck]
	// Asked of the broker itself: what it said of its topics is remembered, and would be believed while it is away.
	asking, cancel := context.WithTimeout(ctx, brokerTimeout)
	defer cancel()
	if _, err := s.deps.Bus.Lag(asking, c.Name(), s.groups[c.Name()][:1]); err != nil {
		s.brokerAway.Store(now.UnixNano())
	}
	if now.Sub(time.Unix(0, s.brokerAway.Load())) <= longest {
		return nil
	}
	return fmt.Errorf("consumer %s has been stuck since %s", c.Name(), c.Alive().UTC().Format(time.RFC3339))
}

// topicsAgain is how long topics that were found well are not looked at again.
const topicsAgain = 5 * time.Second

// brokerTimeout is how long a broker may take to answer Ready and Alive: less than whoever asks them waits, for whom no answer is a bad one.
const brokerTimeout = time.Second

// Republish publishes the present state of every document.
func (s *Service) Republish(ctx context.Context, topics ...string) (int, error) {
	return relay.Republish(ctx, s.Store, s.deps.Bus, s.Name, topics...)
}
