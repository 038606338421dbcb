// Package local is the whole of Bitácora in one process, for a desk, a demonstration or a small institution: all services on one port,
// documents in SQLite, events on a broker inside the process, tokens of demo users. Everything is under one folder.
package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/pkg/embedded"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/kafkabus"
	"github.com/bitacora-salud/bitacora/pkg/process"
	"github.com/bitacora-salud/bitacora/pkg/run"
	"github.com/bitacora-salud/bitacora/pkg/service"
	asset "github.com/bitacora-salud/bitacora/services/asset/app"
	console "github.com/bitacora-salud/bitacora/services/console/app"
	delivery "github.com/bitacora-salud/bitacora/services/delivery/app"
	people "github.com/bitacora-salud/bitacora/services/people/app"
	status "github.com/bitacora-salud/bitacora/services/status/app"
	workorder "github.com/bitacora-salud/bitacora/services/workorder/app"
)

// Part is a service of the house.
type Part struct {
	Name string
	New  process.New
	// Derived: the store holds nothing that cannot be made again from the topics.
	Derived bool
	// Personal: what is overwritten in the store is to be gone from its file.
	Personal bool
	// Later: folders and backups of earlier releases have no store of it, and those releases pass over one that is there.
	Later bool
}

// Parts are the services, in the order in which they start.
func Parts() []Part {
	return []Part{{Name: asset.Name, New: asset.New}, {Name: workorder.Name, New: workorder.New}, {Name: delivery.Name, New: delivery.New},
		{Name: status.Name, New: status.New, Derived: true}, {Name: people.Name, New: people.New, Personal: true, Later: true}}
}

// partOf is the service of a name.
func partOf(name string) Part {
	return Parts()[slices.IndexFunc(Parts(), func(p Part) bool { return p.Name == name })]
}

// DefaultDataDir is where everything is unless BITACORA_DATA_DIR says otherwise.
const DefaultDataDir = "./data"

// Config is the environment of the single binary.
type Config struct {
	HTTP       HTTP
	DataDir    string `default:"./data" desc:"folder that holds everything"`
	Demo       Demo   `default:"full" desc:"which demonstration is loaded at the first start: off, small (the units and one of each other thing) or full (an institution at work, a few seconds); none where there is an OIDC issuer"`
	OIDC       OIDC   `envconfig:"OIDC"`
	Console    Console
	Service    service.Config
	Log        Log
	StopWithin time.Duration `default:"20s" desc:"longest time from the signal to the end"`
}

// Log is what is written to standard error: on a desk, only what somebody should look at.
type Log struct {
	Level string `default:"warn" desc:"debug, info (each request), warn or error"`
}

// HTTP is where the binary listens.
type HTTP struct {
	Addr  string        `default:"127.0.0.1:8080" desc:"host:port; on this machine, unless there is an OIDC issuer: tokens are handed to anybody who asks for one here"`
	Drain time.Duration `default:"0s" desc:"time between saying not-ready and taking no more requests"`
}

// stopEach and stopWithin bound the end where nothing else is said.
const (
	stopEach   = 10 * time.Second
	stopWithin = 20 * time.Second
)

// StorePath is where a service's documents are.
func StorePath(dataDir, name string) string { return filepath.Join(dataDir, name+".db") }

// Installation is a running installation.
type Installation struct {
	// Issuer hands out the demo users' tokens; nil where an OIDC provider does.
	Issuer   *devissuer.Issuer
	Services []*service.Service
	// Bus is the broker in the process.
	Bus event.Bus
	// Handler serves all services.
	Handler http.Handler
	// services is Handler without its checks, and without what keeps others out while a demonstration is made.
	services http.Handler

	cfg      Config
	log      *slog.Logger
	verifier *auth.Verifier
	registry *prometheus.Registry
	stack    *run.Stack
	group    *run.Group
	server   *run.HTTP
	// demo says that the demonstration is there, staging that the full one is made at this start. drivers are the stores that own documents.
	demo atomic.Bool
	// percent is how much of it is made.
	percent atomic.Int64
	staging bool
	clock   clock
	drivers []*sqlitedoc.Driver
	// marks are what this start writes into the folder; unclean says that the last one did not end in good order, killed that it is
	// known to have been one of this folder, trusted which run of the machine
	// derived data must be of to be used, quiet that the broker has ended and writes nothing more.
	marks   marks
	unclean bool
	killed  bool
	trusted uint32
	quiet   atomic.Bool
	// spoilt are the services whose store could not be closed as it should be.
	spoilt sync.Map
	making making
}

// Start opens the folder and starts everything. What it started is stopped when it fails.
func Start(ctx context.Context, cfg Config, version string, log *slog.Logger) (i *Installation, err error) {
	i = &Installation{cfg: cfg, log: log, registry: run.NewRegistry(), stack: run.NewStack(log, stopEach+cfg.HTTP.Drain)}
	defer func() {
		if err != nil {
			err = errors.Join(err, i.Stop(context.WithoutCancel(ctx)))
		}
	}()
	lock, err := run.LockFolder(cfg.DataDir, "serve on "+cfg.HTTP.Addr, time.Now())
	if err != nil {
		return i, unwritable(cfg.DataDir, err)
	}
	i.stack.Push("folder", func(context.Context) error { return lock.Release() })
	if err := finished(cfg.DataDir); err != nil {
		return i, err
	}
	if err := i.unmade(ctx); err != nil {
		return i, err
	}
	if err := i.guard(ctx); err != nil {
		return i, err
	}
	if err := i.examine(ctx); err != nil {
		return i, err
	}
	i.stack.Push("marks", i.closed)
	if err := i.stage(ctx); err != nil {
		return i, err
	}
	broker, bus, err := i.startBroker(ctx)
	if err != nil {
		return i, err
	}
	i.Bus = bus
	if err := i.build(ctx, bus, version); err != nil {
		return i, err
	}
	if err := i.match(ctx, broker); err != nil {
		return i, err
	}
	return i, i.serve(ctx, broker)
}

// match makes the broker's log and the stores tell the same, before anybody is served.
func (i *Installation) match(ctx context.Context, broker *embedded.Broker) error {
	if broker.Fresh() && i.killed {
		if err := i.unheard(ctx); err != nil {
			return err
		}
	}
	if broker.Fresh() {
		if err := i.refill(ctx); err != nil {
			return err
		}
	} else if i.unclean {
		if err := i.behind(ctx, broker); err != nil {
			return err
		}
	}
	if err := i.rebuild(ctx); err != nil {
		return err
	}
	if err := broker.Whole(ownerOf(i.marks.Installation, brokerDir)^i.marks.Boot, i.marks.Next); err != nil {
		return err
	}
	return i.whole()
}

func (i *Installation) startBroker(ctx context.Context) (*embedded.Broker, *kafkabus.Bus, error) {
	broker, err := embedded.Start(ctx, embedded.Config{Dir: filepath.Join(i.cfg.DataDir, brokerDir), Logger: i.log,
		Owner: ownerOf(i.marks.Installation, brokerDir) ^ i.trusted, Generations: i.marks.current()})
	if err != nil {
		return nil, nil, unwritable(i.cfg.DataDir, err)
	}
	i.stack.Push("broker", func(ctx context.Context) error {
		err := broker.Stop(ctx)
		i.quiet.Store(err == nil)
		return err
	})
	bus, err := kafkabus.New(kafkabus.Config{Brokers: broker.Brokers(), Dial: broker.Dial, ClientID: "bitacora", ReplicationFactor: 1}, i.log, i.registry)
	if err != nil {
		return nil, nil, err
	}
	i.stack.Push("bus", bus.Close)
	if err := bus.CreateTopics(ctx, event.TopicNames()); err != nil { // what broke a setting broke nothing that the broker looks at
		return nil, nil, fmt.Errorf("%w; here: remove %s, which is made again from the documents", err, filepath.Join(i.cfg.DataDir, brokerDir))
	}
	return broker, bus, nil
}

// build opens each service's store and builds the service on it.
func (i *Installation) build(ctx context.Context, bus event.Bus, version string) error {
	for _, p := range Parts() {
		driver, err := i.open(ctx, p.Name)
		if err != nil {
			return i.unusable(ctx, p.Name, err)
		}
		if owns(p.Name) {
			i.drivers = append(i.drivers, driver)
		}
		i.stack.Push("store of "+p.Name, func(ctx context.Context) error {
			marked, err := i.closing(p.Name), driver.Close(ctx)
			if err != nil {
				i.spoilt.Store(p.Name, err)
			}
			return errors.Join(marked, err)
		})
		s, err := p.New(i.cfg.Service, service.Deps{Driver: driver, Bus: bus, Guard: i.verifier, Logger: i.log, Registry: i.registry, Now: i.clock.now, At: i.clock.under, Version: version})
		if err != nil {
			return fmt.Errorf("service %s: %w", p.Name, err)
		}
		if err := s.Store.Migrate(ctx); err != nil {
			return i.unusable(ctx, p.Name, err)
		}
		i.Services = append(i.Services, s)
	}
	return nil
}

// open opens a store. One that owns nothing, and was damaged since it was closed in good order, is made again.
func (i *Installation) open(ctx context.Context, part string) (*sqlitedoc.Driver, error) {
	path := StorePath(i.cfg.DataDir, part)
	mark := sqlitedoc.Mark{Owner: ownerOf(i.marks.Installation, part), Generation: i.marks.Next}
	if !owns(part) {
		mark.Owner ^= i.marks.Boot
	}
	cfg := sqlitedoc.Config{Path: path, Logger: i.log, Mark: &mark, Derived: !owns(part), Shreds: partOf(part).Personal}
	driver, err := sqlitedoc.Open(ctx, cfg)
	if err == nil || owns(part) || sqlitedoc.Glance(ctx, path) == nil {
		return driver, err
	}
	i.marks.Again = append(i.marks.Again, part)
	if err := i.makeAgain(ctx, part); err != nil {
		return nil, err
	}
	return sqlitedoc.Open(ctx, cfg)
}

// refill publishes everything again to a broker whose log was lost or is new, for consumers that begin again.
func (i *Installation) refill(ctx context.Context) error {
	for _, s := range i.Services {
		if err := i.reset(ctx, s); err != nil {
			return err
		}
		n, err := s.Republish(ctx)
		if err != nil {
			return fmt.Errorf("publish the documents of %s again: %w", s.Name, err)
		}
		if n > 0 {
			i.log.InfoContext(ctx, "published everything again", "service", s.Name, "documents", n)
		}
	}
	return nil
}

// reset has a service's consumers begin at the beginning of the log.
func (i *Installation) reset(ctx context.Context, s *service.Service) error {
	for group, topics := range s.Groups() {
		if err := i.Bus.ResetGroup(ctx, group, topics); err != nil {
			return fmt.Errorf("set %s back: %w", group, err)
		}
	}
	return nil
}

func (i *Installation) serve(ctx context.Context, broker *embedded.Broker) error {
	alive, ready := &run.Checks{}, &run.Checks{}
	alive.Add("broker", broker.InPlace) // a new start makes its log again
	ready.Add("broker", broker.InPlace)
	for _, s := range i.Services {
		if err := s.Start(context.WithoutCancel(ctx)); err != nil {
			return err
		}
		i.stack.Push(s.Name, s.Stop)
		ready.Add(s.Name, s.Ready)
		if slices.Contains(i.marks.Making, s.Name) {
			ready.Add(s.Name+"'s store", func(ctx context.Context) error { return i.made(ctx, s) })
		}
		alive.Add(s.Name, func(ctx context.Context) error { return s.Alive(ctx, process.StuckAfter) })
	}
	ready.Add("issuer", i.verifier.Ready)
	if i.demoDue() {
		ready.Add("demonstration", i.loading)
	}
	i.services = route(i.Services, i.answering)
	services := i.gated(i.services)
	pages, err := i.startConsole(ctx, services)
	if err != nil {
		return err
	}
	everything := withConsole(services, pages, i.Services)
	i.Handler = run.Besides(console.HostOf(i.cfg.Console.URL), everything, run.Ops(alive, ready, i.registry, everything))
	server, err := run.Listen(ctx, run.HTTPConfig{Addr: i.cfg.HTTP.Addr, Drain: i.cfg.HTTP.Drain}, i.Handler, ready, i.log)
	if err != nil {
		return err
	}
	i.group = run.NewGroup(context.WithoutCancel(ctx), i.log)
	i.stack.Push("http group", i.group.Stop)
	i.stack.Push("http", server.Stop)
	i.group.Go("http", server.Serve)
	i.server = server
	return nil
}

// Addr is the address that was bound.
func (i *Installation) Addr() string { return i.server.Addr() }

// Wait returns when ctx ends, or with what failed.
func (i *Installation) Wait(ctx context.Context) error {
	for _, s := range i.Services {
		i.group.Go(s.Name, func(ctx context.Context) error {
			select {
			case <-ctx.Done():
				return nil
			case <-s.Done():
				return errors.New("a part of it failed; the log says which")
			}
		})
	}
	select {
	case <-ctx.Done():
		return nil
	case <-i.group.Context().Done():
		return i.group.Err()
	}
}

// Stop stops everything, last in first out.
func (i *Installation) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(i.cfg.StopWithin, stopWithin))
	defer cancel()
	return i.stack.Stop(ctx)
}
