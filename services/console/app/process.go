package app

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/config"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/process"
	"github.com/bitacora-salud/bitacora/pkg/run"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
)

// Environment is that of the console as a process of its own.
type Environment struct {
	HTTP       process.HTTP
	MongoDB    process.MongoDB `envconfig:"MONGODB"`
	OIDC       process.OIDC    `envconfig:"OIDC"`
	Console    Settings
	Log        process.Log
	StopWithin time.Duration `default:"25s" desc:"longest time from the signal to the end"`
}

// Settings are what only the console needs.
type Settings struct {
	URL        string        `envconfig:"URL" required:"true" desc:"the console's address as browsers know it, without a path: https://bitacora.example.mx"`
	ClientID   string        `split_words:"true" default:"bitacora-console" desc:"the console's client id at the issuer, a public client"`
	SessionKey config.Secret `split_words:"true" required:"true" desc:"what sessions are encrypted with: 32 random bytes in base64, the same for all replicas; a new one signs everybody out"`
	Timeout    time.Duration `default:"15s" desc:"longest time for one page"`
	Asset      string        `default:"http://asset:8081" desc:"address of the service asset"`
	Workorder  string        `default:"http://workorder:8082" desc:"address of the service workorder"`
	Delivery   string        `default:"http://delivery:8083" desc:"address of the service delivery"`
	Status     string        `default:"http://status:8084" desc:"address of the service status"`
	People     string        `default:"http://people:8085" desc:"address of the service people"`
}

// defaultAddr is where the process listens where nothing else is said.
const defaultAddr = ":8080"

// Validate refuses settings that cannot work.
func (s Settings) Validate() error {
	if err := CheckURL(s.URL); err != nil {
		return err
	}
	if _, err := s.key(); s.SessionKey != "" && err != nil {
		return err
	}
	_, err := s.services()
	return err
}

// host is whose every path is the console's: there it shows neither health nor metrics.
func (s Settings) host() string { return HostOf(s.URL) }

// CheckURL refuses what is no address of a console as browsers know it; none at all is no mistake.
func CheckURL(text string) error {
	if u, err := url.Parse(text); text != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.Path != "" || u.RawQuery != "") {
		return errors.New("URL is the scheme and host of the console, without a path or a slash at the end")
	}
	return nil
}

// HostOf is the host of a console's URL, "" where it has none.
func HostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

func (s Settings) key() ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(s.SessionKey.Reveal())
	if err != nil || len(key) != KeySize {
		return nil, fmt.Errorf("SESSION_KEY is %d random bytes in base64, as `openssl rand -base64 %d` prints them", KeySize, KeySize)
	}
	return key, nil
}

// services are the addresses by the first parts of paths.
func (s Settings) services() (map[string]*url.URL, error) {
	named := map[string]string{"asset": s.Asset, "workorder": s.Workorder, "delivery": s.Delivery, "status": s.Status, "people": s.People}
	addresses, out := map[string]*url.URL{}, map[string]*url.URL{}
	for name, text := range named {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" {
			return nil, fmt.Errorf("%q is no address of the service %s", text, name)
		}
		addresses[name] = u
	}
	for head, name := range api.Owners {
		out[head] = addresses[name]
	}
	return out, nil
}

// ServiceOf is the name of the service that has an operation's path, "" where it is none that the console knows.
func ServiceOf(path string) string { return api.Owners[api.Head(path)] }

// Main is the main of the console as a process: it answers the exit code.
func Main(version string) int {
	var env Environment
	return process.Program{Name: Name, Config: &env,
		Level:   func() string { return env.Log.Level },
		Addr:    env.addr,
		Serve:   func(ctx context.Context, log *slog.Logger) error { return Serve(ctx, env, version, log, nil) },
		Migrate: func(ctx context.Context, log *slog.Logger) error { return Migrate(ctx, env, log) },
	}.Main()
}

func (e *Environment) addr() string {
	if e.HTTP.Addr != "" {
		return e.HTTP.Addr
	}
	return defaultAddr
}

// store opens where sessions are, waiting for it as long as it takes.
func (e *Environment) store(ctx context.Context, log *slog.Logger, registry prometheus.Registerer) (docstore.Driver, error) {
	return process.OpenStore(ctx, Name, process.Config{MongoDB: e.MongoDB}, log, registry)
}

// console is the console on what is given; access may be nil where it serves nobody.
func (e *Environment) console(deps Deps, access *auth.Verifier) (*Console, error) {
	key, err := e.Console.key()
	if err != nil {
		return nil, err
	}
	services, err := e.Console.services()
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	deps.Services, deps.Key = Remote(services, transport), key
	deps.Provider = OIDC(e.OIDC.Issuer, e.Console.ClientID, access, &http.Client{Timeout: 10 * time.Second}, time.Now)
	return New(Config{URL: e.Console.URL, Timeout: e.Console.Timeout}, deps)
}

// Migrate makes the index of sessions. It may run beside consoles of this and the previous release.
func Migrate(ctx context.Context, env Environment, log *slog.Logger) error {
	driver, err := env.store(ctx, log, prometheus.NewRegistry())
	if err != nil {
		return err
	}
	c, err := env.console(Deps{Driver: driver, Logger: log}, nil)
	if err == nil {
		err = c.Store.Migrate(ctx)
	}
	return errors.Join(err, driver.Close(context.WithoutCancel(ctx)))
}

// Serve runs the console until ctx ends or a part of it fails. listening, when not nil, is told the address.
func Serve(ctx context.Context, env Environment, version string, log *slog.Logger, listening func(addr string)) (err error) {
	stack, registry := run.NewStack(log, env.StopWithin), run.NewRegistry()
	defer func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), env.StopWithin)
		defer cancel()
		err = errors.Join(err, stack.Stop(stopping))
	}()
	tracer, err := run.NewTracing(context.WithoutCancel(ctx), os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT"), "bitacora-"+Name, version, stack, log)
	if err != nil {
		return err
	}
	driver, err := env.store(ctx, log, registry)
	if err != nil {
		return err
	}
	stack.Push("store", driver.Close)
	access := auth.NewVerifier(context.WithoutCancel(ctx), auth.Config{Issuer: env.OIDC.Issuer, Audience: env.OIDC.Audience, GrantsClaim: env.OIDC.GrantsClaim, Logger: log, Registerer: registry})
	stack.Push("verifier", access.Stop)
	c, err := env.console(Deps{Driver: driver, Logger: log, Registry: registry, Tracer: tracer}, access)
	if err != nil {
		return err
	}
	if err := c.Store.Migrate(ctx); err != nil { // one index; where this user may not make it, Ready says that it is missing
		log.WarnContext(ctx, "the index of sessions was not made", "error", err)
	}
	ready := &run.Checks{}
	ready.Add(Name, c.Ready)
	group := run.NewGroup(context.WithoutCancel(ctx), log)
	stack.Push("group", group.Stop)
	c.Start(group.Context())
	stack.Push("console", c.Stop)
	server, err := run.Listen(ctx, run.HTTPConfig{Addr: env.addr(), Drain: env.HTTP.Drain}, run.Besides(env.Console.host(), c.Handler(), run.Ops(&run.Checks{}, ready, registry, c.Handler())), ready, log)
	if err != nil {
		return err
	}
	stack.Push("http", server.Stop)
	group.Go("http", server.Serve)
	log.InfoContext(ctx, "listening", "address", server.Addr(), "version", version)
	if listening != nil {
		listening(server.Addr())
	}
	select {
	case <-ctx.Done():
	case <-group.Context().Done():
	}
	return group.Err()
}
