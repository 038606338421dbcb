package process

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/mongodoc"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/pkg/event/kafkabus"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/run"
	"github.com/bitacora-salud/bitacora/pkg/service"
)

// New builds a service on its dependencies; each app package has one.
type New func(service.Config, service.Deps) (*service.Service, error)

// Main is a service's main: it answers the exit code.
func Main(name, version string, build New) int {
	var cfg Config
	return Program{Name: name, Config: &cfg,
		Level: func() string { return cfg.Log.Level },
		Addr:  func() string { cfg.complete(name); return cfg.HTTP.Addr },
		Serve: func(ctx context.Context, log *slog.Logger) error {
			return Serve(ctx, name, version, cfg, build, log, nil)
		},
		Migrate: func(ctx context.Context, log *slog.Logger) error { return Migrate(ctx, name, cfg, build, log) },
	}.Main()
}

// parts are a service and its dependencies. The verifier is nil unless it serves.
type parts struct {
	service  *service.Service
	bus      *kafkabus.Bus
	verifier *auth.Verifier
	registry *prometheus.Registry
	stack    *run.Stack
}

// assemble opens the store, waiting until ctx ends while it does not answer, and builds the service on it. What it opens is on the stack,
// also after an error, and is not ended by ctx but by the stack. Only a service that serves needs the OIDC provider.
func assemble(ctx context.Context, name, version string, cfg Config, build New, log *slog.Logger, serves bool) (*parts, error) {
	p := &parts{registry: run.NewRegistry(), stack: run.NewStack(log, cfg.StopWithin)}
	lasting := context.WithoutCancel(ctx)
	tracer, err := run.NewTracing(lasting, cfg.OTLPEndpoint, "bitacora-"+name, version, p.stack, log)
	if err != nil {
		return p, err
	}
	driver, err := openStore(ctx, cfg.MongoDB, log, p.registry)
	if err != nil {
		return p, err
	}
	p.stack.Push("store", driver.Close)
	busConfig, err := cfg.Kafka.Bus("bitacora-" + name)
	if err != nil {
		return p, err
	}
	if p.bus, err = kafkabus.New(busConfig, log, p.registry); err != nil {
		return p, err
	}
	p.stack.Push("bus", p.bus.Close)
	var guard rest.Guard = rest.Nobody{}
	if serves {
		p.verifier = auth.NewVerifier(lasting, auth.Config{Issuer: cfg.OIDC.Issuer, Audience: cfg.OIDC.Audience, GrantsClaim: cfg.OIDC.GrantsClaim, Logger: log, Registerer: p.registry})
		p.stack.Push("verifier", p.verifier.Stop)
		guard = p.verifier
	}
	p.service, err = build(cfg.Service, service.Deps{Driver: driver, Bus: p.bus, Guard: guard, Logger: log, Registry: p.registry, Tracer: tracer, Version: version})
	return p, err
}

func openStore(ctx context.Context, cfg MongoDB, log *slog.Logger, registry prometheus.Registerer) (driver docstore.Driver, err error) {
	err = retry(ctx, docstore.ErrUnavailable, log, func() error {
		d, err := mongodoc.Open(ctx, mongodoc.Config{URI: cfg.URI.Reveal(), Database: cfg.Database, Timeout: cfg.Timeout}, log, registry)
		if err == nil {
			driver = d
		}
		return err
	})
	return driver, err
}

// retry calls try, with back-off, until it returns nil or an error that is not unavailable, or ctx ends. It returns the last error.
func retry(ctx context.Context, unavailable error, log *slog.Logger, try func() error) error {
	backoff := consume.NewBackoff(200*time.Millisecond, 5*time.Second)
	for {
		err := try()
		if err == nil || !errors.Is(err, unavailable) {
			return err
		}
		log.WarnContext(ctx, "trying again", "error", err)
		if stopped := backoff.Wait(ctx); stopped != nil {
			return fmt.Errorf("%w: %w", stopped, err)
		}
	}
}

// StuckAfter is how long a consumer may hear nothing of a broker that answers others, or be busy with one step, before /healthz fails, so
// that the process is restarted.
const StuckAfter = 2 * time.Minute

// Serve runs the service until ctx ends or a part of it fails, which is an error. It waits for the store as long as that does not answer
// and ctx lasts.
// listening, when not nil, is called with the address once it is bound.
func Serve(ctx context.Context, name, version string, cfg Config, build New, log *slog.Logger, listening func(addr string)) (err error) {
	cfg.complete(name)
	p, err := assemble(ctx, name, version, cfg, build, log, true)
	defer func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.StopWithin)
		defer cancel()
		err = errors.Join(err, p.stack.Stop(stopping))
	}()
	if err != nil && ctx.Err() != nil {
		log.InfoContext(ctx, "told to stop before it served", "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	alive, ready := &run.Checks{}, &run.Checks{}
	alive.Add("consumers", func(ctx context.Context) error { return p.service.Alive(ctx, StuckAfter) })
	ready.Add(name, p.service.Ready)
	ready.Add("issuer", p.verifier.Ready)
	group := run.NewGroup(context.WithoutCancel(ctx), log)
	p.stack.Push("group", group.Stop)
	if err := p.service.Start(group.Context()); err != nil {
		return err
	}
	p.stack.Push("service", p.service.Stop)
	handler := run.Ops(alive, ready, p.registry, p.service.Handler())
	server, err := run.Listen(ctx, run.HTTPConfig{Addr: cfg.HTTP.Addr, Drain: cfg.HTTP.Drain}, handler, ready, log)
	if err != nil {
		return err
	}
	p.stack.Push("http", server.Stop)
	group.Go("http", server.Serve)
	log.InfoContext(ctx, "listening", "address", server.Addr(), "version", version)
	if listening != nil {
		listening(server.Addr())
	}
	select {
	case <-ctx.Done():
	case <-group.Context().Done():
	case <-p.service.Done():
		return errors.New("a part of the service failed; the log says which")
	}
	return group.Err()
}

// OpenStore opens a store for an operator's command, or for the console, waiting until ctx ends while it does not answer; the caller closes it.
// registry gets the metrics of MongoDB's driver.
func OpenStore(ctx context.Context, name string, cfg Config, log *slog.Logger, registry prometheus.Registerer) (docstore.Driver, error) {
	cfg.complete(name)
	return openStore(ctx, cfg.MongoDB, log, registry)
}

// Republish publishes the present state of every document whose events go to one of the topics (all documents when there is none) and
// returns their number. It may run beside the service.
func Republish(ctx context.Context, name string, cfg Config, build New, log *slog.Logger, topics ...string) (n int, err error) {
	err = with(ctx, name, cfg, build, log, func(p *parts) error {
		if err := p.service.Store.Check(ctx); err != nil { // it also finds which queries each collection can answer
			return fmt.Errorf("the store of %s is not ready (migrate makes it so): %w", name, err)
		}
		n, err = p.service.Republish(ctx, topics...)
		return err
	})
	return n, err
}

// with assembles the service, calls do, and stops what was assembled.
func with(ctx context.Context, name string, cfg Config, build New, log *slog.Logger, do func(*parts) error) (err error) {
	cfg.complete(name)
	p, err := assemble(ctx, name, "command", cfg, build, log, false)
	defer func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.StopWithin)
		defer cancel()
		err = errors.Join(err, p.stack.Stop(stopping))
	}()
	if err != nil {
		return err
	}
	return do(p)
}

// Migrate creates the service's collections and indexes, brings the keys of stored documents up to date, and creates the topics, or only
// checks them (Kafka.ManageTopics). It may run beside services of this and the previous release, and be run again after an error.
func Migrate(ctx context.Context, name string, cfg Config, build New, log *slog.Logger) error {
	return with(ctx, name, cfg, build, log, func(p *parts) error {
		if err := p.service.Store.Migrate(ctx); err != nil {
			return fmt.Errorf("migrate the store of %s: %w", name, err)
		}
		refreshed, err := p.service.Store.RefreshKeys(ctx)
		if err != nil {
			return fmt.Errorf("migrate the store of %s (what is done stays done: run it again): %w", name, err)
		}
		names := event.TopicNames()
		err = topics(ctx, p.bus, cfg.Kafka.ManageTopics, names, log)
		if err != nil {
			return fmt.Errorf("topics: %w", err)
		}
		log.InfoContext(ctx, "migrated", "collections", len(p.service.Store.Specs()), "documents", refreshed, "topics", len(names))
		return nil
	})
}

// brokersWithin bounds how long a migration retries while the brokers do not answer.
const brokersWithin = 2 * time.Minute

// topics creates and checks the topics, or only checks them.
func topics(ctx context.Context, bus event.Bus, manage bool, names []string, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, brokersWithin)
	defer cancel()
	return retry(ctx, event.ErrUnavailable, log, func() error {
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		if manage {
			if err := bus.CreateTopics(ctx, names); err != nil {
				return err
			}
		}
		return bus.CheckTopics(ctx, names)
	})
}
