// Package service is the frame of every service: a store with its relay, consumers, a REST server, and their start and stop. The app package
// of a service declares its collections, operations and consumers on it, and nothing else.
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

// Config configures a service. Zero values mean the defaults.
type Config struct {
	MaxInFlight int           `split_words:"true" default:"256" desc:"requests under way at once; more are answered 503"`
	Timeout     time.Duration `default:"15s" desc:"longest time for one request"`
	// TrustedProxies are the networks whose X-Forwarded-For is used.
	TrustedProxies []netip.Prefix `split_words:"true" desc:"networks of proxies in front, as 10.0.0.0/8, separated by commas: from them X-Forwarded-For says where a request without a valid token comes from"`
	NoneWords      []string       `split_words:"true" desc:"words, separated by commas, that mean none where a tag, a serial number or another number is asked for, beside S/N, ilegible and the like; for what is written from then on"`
	TriageFile     string         `split_words:"true" desc:"JSON file with the table by which work orders get their type and priority from the effect on care; the product's own when empty"`
}

// Validate refuses MaxInFlight below 1 and Timeout below a second.
func (c Config) Validate() error {
	if c.MaxInFlight < 1 || c.Timeout < time.Second {
		return errors.New("at least one request in flight and a timeout of a second are needed")
	}
	return nil
}

// Deps are the dependencies of a service. Driver, Bus, Guard, Logger and Registry are required.
type Deps struct {
	Driver   docstore.Driver
	Bus      event.Bus
	Guard    rest.Guard
	Logger   *slog.Logger
	Registry prometheus.Registerer
	Tracer   trace.TracerProvider
	Now      func() time.Time
	// At is the clock of what is recorded, Now where it is nil; see docstore.Options.
	At      func(context.Context) time.Time
	NewID   func() string
	Version string
}

// Service is one service.
type Service struct {
	Name string
	// Collections are opened on Store and operations registered on Rest before Start.
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
	// background is the work added by Background.
	background []background

	// topicsSeen is when Ready last found all topics in order, brokerAway when Alive last found no broker (Unix ns).
	topicsSeen, brokerAway atomic.Int64

	mu    sync.Mutex
	group *run.Group
}

type background struct {
	name string
	work func(context.Context) error
}

// New makes a service without collections, operations or consumers, but for the operations on its dead letters. Those, its reference page, OpenAPI
// description and labels are served under its name (/asset/docs, /asset/openapi.yaml, /asset/labels, /asset/dead-letters), so that services can
// share a host and a port.
func New(name, title string, cfg Config, deps Deps) (*Service, error) {
	s := &Service{Name: name, Arrivals: &rest.Arrivals{}, Log: deps.Logger.With("service", name), deps: deps, groups: map[string][]string{}}
	driver, err := docstore.Measured(deps.Driver, prometheus.WrapRegistererWith(prometheus.Labels{"service": name}, deps.Registry))
	if err != nil {
		return nil, err
	}
	s.Store = docstore.NewStore(driver, docstore.Options{Now: deps.Now, At: deps.At, NewID: deps.NewID, Trace: run.Traceparent,
		Committed: func(refs []docstore.Ref) { s.Relay.Wake(refs) }})
	s.Dead = consume.OpenDeadLetters(s.Store)
	if s.Relay, err = relay.New(s.Store, deps.Bus, s.Dead, relay.Config{Service: name}, s.Log, deps.Registry); err != nil {
		return nil, fmt.Errorf("relay of %s: %w", name, err)
	}
	s.Rest, err = rest.New(rest.Config{Service: name, Title: title, Version: deps.Version, Store: s.Store, Guard: deps.Guard, Logger: s.Log,
		Registry: deps.Registry, Tracer: deps.Tracer, MaxInFlight: cfg.MaxInFlight, TrustedProxies: cfg.TrustedProxies, Timeout: cfg.Timeout, Clock: deps.Now,
		DocsPath: "/" + name + "/docs", OpenAPIPath: "/" + name + "/openapi", LabelsPath: "/" + name + "/labels"})
	if err != nil {
		return nil, err
	}
	s.letters()
	return s, nil
}

// Consume adds a consumer, before Start. Its group is "<service>.<name>".
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

// Background adds work that runs from Start to Stop. It must return soon after its context ends; an error before that fails the service (Done).
func (s *Service) Background(name string, work func(ctx context.Context) error) {
	s.background = append(s.background, background{s.Name + "." + name, work})
}

// Groups returns the consumer groups and their topics, to reset them (event.Bus.ResetGroup).
func (s *Service) Groups() map[string][]string { return s.groups }

// Handler serves the operations, the reference page and the OpenAPI description.
func (s *Service) Handler() http.Handler { return s.Rest.Handler() }

// Start starts the relay, the consumers and background work. It does not wait for the store or the broker: they retry, and Ready reports why. It
// fails only when called twice.
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

// refreshEvery is how often keys are brought up to date after the start: pods of the previous release write documents without them.
const refreshEvery = 10 * time.Minute

// refreshKeys brings the keys of stored documents up to date, at the start and every refreshEvery.
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

// Done is closed when a part of the service has failed, which is logged, and when the context of Start ends. It must not be called before Start.
func (s *Service) Done() <-chan struct{} { return s.group.Context().Done() }

// Stop stops what Start started, then publishes what is still in the outboxes, until ctx ends. Its error names what did not stop; events that are
// left are published after the next start.
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

// Ready returns why the service should not get requests: the store does not answer or lacks indexes, a topic that it reads or writes fails
// event.Bus.CheckTopics, or the broker refuses it. Topics are checked every few seconds, since they may be deleted or reconfigured at any
// time. Lag is no reason, nor a broker that does not answer: events wait in the outboxes.
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

// Alive returns why the service should be restarted: a consumer (consume.Consumer.Alive) made no progress for longest although the broker answers.
// While the broker does not answer, and for longest after that, the service counts as alive.
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
	// Lag asks the broker itself; metadata of topics would come from a cache. It asks of no topic: one that does not exist, or whose broker is
	// away, would be taken for the broker, and a consumer that is stuck on another one would be waited for.
	asking, cancel := context.WithTimeout(ctx, brokerTimeout)
	defer cancel()
	if _, err := s.deps.Bus.Lag(asking, c.Name(), nil); err != nil {
		s.brokerAway.Store(now.UnixNano())
	}
	if now.Sub(time.Unix(0, s.brokerAway.Load())) <= longest {
		return nil
	}
	return fmt.Errorf("consumer %s has been stuck since %s", c.Name(), c.Alive().UTC().Format(time.RFC3339))
}

// topicsAgain is how long Ready does not check topics again that were in order.
const topicsAgain = 5 * time.Second

// brokerTimeout bounds the broker's answer to Ready and Alive. It is shorter than the timeout of probes, which would take none for a failure.
const brokerTimeout = time.Second

// Republish publishes the present state of the service's documents again; see relay.Republish.
func (s *Service) Republish(ctx context.Context, topics ...string) (int, error) {
	return relay.Republish(ctx, s.Store, s.deps.Bus, s.Name, topics...)
}
