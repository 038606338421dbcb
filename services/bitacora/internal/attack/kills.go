package attack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/load"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/scenario"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/server"
)

// killsAlone kills the single binary, whose stores are SQLite files.
func killsAlone(ctx context.Context, cfg Config, chance *rand.Rand) (*Result, error) {
	return alone(ctx, cfg, cfg.dir("kills"), func(s *server.Server, h *house) (*Result, error) {
		return killed(ctx, cfg, chance, []*server.Server{s}, func(string) string { return h.url }, h.tokens, auditor{env: s.Env, args: []string{"--url", h.url}})
	})
}

// auditor is how `bitacora audit` is run.
type auditor struct{ env, args []string }

// killed loads the servers, kills one of them after the other at random instants, and looks for what was acknowledged.
func killed(ctx context.Context, cfg Config, chance *rand.Rand, servers []*server.Server, base func(string) string, tokens client.Tokens, audit auditor) (*Result, error) {
	r := &Result{}
	with := load.Config{Base: base, Tokens: tokens, Every: 20 * time.Millisecond, RetryFor: 2 * time.Minute}
	kills, report, err := disturbed(ctx, cfg, chance, r, with, func(*loading) error {
		s := servers[chance.IntN(len(servers))]
		if err := s.Kill(); err != nil {
			return err
		}
		if err := s.Start(ctx); err != nil {
			return fmt.Errorf("%w; see %s", err, s.Log)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	r.Count = fmt.Sprintf("%d kills, %d writes, %d documents acknowledged", kills, report.Writes, len(report.Acknowledged))
	if kills < cfg.Kills {
		r.found("only %d of %d kills in %s", kills, cfg.Kills, cfg.Each)
	}
	return r, audit.run(ctx, cfg, r, report.Acknowledged)
}

// disturbed loads an installation and disturbs it at random instants, as often as it is to be killed and there is time. What was not as it was
// acknowledged is a finding of r.
func disturbed(ctx context.Context, cfg Config, chance *rand.Rand, r *Result, with load.Config, disturb func(*loading) error) (times int, report *load.Report, err error) {
	l := begin(ctx, cfg, with)
	defer l.enough()
	if err := l.on(); err != nil {
		return 0, nil, err
	}
	for until := time.Now().Add(cfg.Each); times < cfg.Kills && time.Now().Before(until); times++ {
		instant := time.NewTimer(time.Duration(chance.IntN(1500)) * time.Millisecond) // no event: the instant is what is drawn
		select {
		case <-instant.C:
		case <-ctx.Done():
			instant.Stop()
			return times, nil, ctx.Err()
		}
		if err := disturb(l); err != nil {
			return times, nil, fmt.Errorf("time %d: %w", times+1, err)
		}
	}
	o := l.end()
	if o.err != nil {
		return times, nil, fmt.Errorf("the load: %w", o.err)
	}
	if !o.report.OK() {
		r.found("not all is as it was acknowledged:\n%s", o.report)
	}
	return times, o.report, nil
}

// run audits; what the audit says is a finding.
func (a auditor) run(ctx context.Context, cfg Config, r *Result, acknowledged []string) error {
	file := filepath.Join(cfg.Folder, "acknowledged")
	if err := os.WriteFile(file, []byte(strings.Join(acknowledged, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	args := append([]string{"audit"}, a.args...)
	if len(acknowledged) > 0 {
		args = append(args, "--acknowledged", file)
	}
	said, err := server.Run(ctx, cfg.Program, a.env, args...)
	if _, ended := errors.AsType[*exec.ExitError](err); ended {
		r.found("audit: %s", said)
		return nil
	}
	return err
}

// loading is a load that runs beside an attack.
type loading struct {
	seen   chan struct{}
	enough context.CancelFunc
	done   chan outcome

	mu     sync.Mutex
	newest map[string]int64 // versions of what was acknowledged, by aggregate/id
}

type outcome struct {
	report *load.Report
	err    error
}

func begin(ctx context.Context, cfg Config, with load.Config) *loading {
	l := &loading{seen: make(chan struct{}), done: make(chan outcome, 1), newest: map[string]int64{}}
	ctx, l.enough = context.WithCancel(ctx)
	with.Out = &signalled{text: "the load is on", out: cfg.Out, seen: l.seen}
	with.Acknowledged = func(document string, version int64) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.newest[document] = max(l.newest[document], version)
	}
	go func() {
		r, err := load.Run(ctx, with)
		l.done <- outcome{r, err}
	}()
	return l
}

// on waits until the load writes.
func (l *loading) on() error {
	select {
	case <-l.seen:
		return nil
	case o := <-l.done:
		return fmt.Errorf("the load: %w", o.err)
	}
}

// end ends the load and waits for its report.
func (l *loading) end() outcome {
	l.enough()
	return <-l.done
}

// acknowledged are the newest versions acknowledged so far, as marks.
func (l *loading) acknowledged() (marks []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for document, version := range l.newest {
		marks = append(marks, fmt.Sprintf("%s@%d", document, version))
	}
	return marks
}

// signalled closes seen when text was written.
type signalled struct {
	text string
	out  io.Writer
	once sync.Once
	seen chan struct{}
}

// Write implements io.Writer.
func (s *signalled) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(s.text)) {
		s.once.Do(func() { close(s.seen) })
	}
	return s.out.Write(b)
}

// killsApart kills the services' processes, one at a time, on MongoDB and Kafka.
func killsApart(ctx context.Context, cfg Config, chance *rand.Rand) (r *Result, err error) {
	issuer, handler, err := provider(filepath.Join(cfg.Folder, "issuer"))
	if err != nil {
		return nil, err
	}
	defer handler.Close()
	base := []string{"BITACORA_MONGODB_URI=" + cfg.MongoURI, "BITACORA_KAFKA_BROKERS=" + cfg.Brokers, "BITACORA_KAFKA_PREFIX=" + cfg.Name + ".",
		"BITACORA_OIDC_ISSUER=" + handler.URL, "BITACORA_LOG_LEVEL=warn"}
	var servers []*server.Server
	audit := auditor{env: base, args: []string{"--oidc-issuer", handler.URL}}
	for _, name := range services {
		addr, err := server.FreeAddress(ctx)
		if err != nil {
			return nil, err
		}
		s := &server.Server{Program: filepath.Join(cfg.Services, name), Addr: addr, Log: filepath.Join(cfg.Folder, name+".log"),
			Env: append([]string{"BITACORA_HTTP_ADDR=" + addr, "BITACORA_MONGODB_DATABASE=" + cfg.Name + "-" + name}, base...)}
		if said, err := server.Run(ctx, s.Program, s.Env, "migrate"); err != nil {
			return nil, fmt.Errorf("%s migrate: %w: %s", name, err, said)
		}
		if err := s.Start(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		defer func() { err = errors.Join(err, s.Stop()) }()
		servers = append(servers, s)
		audit.args = append(audit.args, "--"+name+"-url", s.URL())
	}
	at := scenario.Addresses{Asset: servers[0].URL(), Workorder: servers[1].URL(), Delivery: servers[2].URL(), Status: servers[3].URL(), People: servers[4].URL()}
	clients := map[string]scenario.Credentials{}
	for _, u := range devissuer.Users() {
		clients[u.Name] = scenario.Credentials{ID: u.Name, Secret: issuer.Secret()}
	}
	file := filepath.Join(cfg.Folder, "clients.json")
	b, err := json.Marshal(clients)
	if err == nil {
		err = os.WriteFile(file, b, 0o600)
	}
	if err != nil {
		return nil, err
	}
	audit.args = append(audit.args, "--clients", file)
	return killed(ctx, cfg, chance, servers, at.Base(), issuer.Tokens(time.Hour), audit)
}

// provider is an OIDC provider of the demo users on the loopback.
func provider(dir string) (*devissuer.Issuer, *httptest.Server, error) {
	mux := http.NewServeMux()
	s := httptest.NewServer(mux)
	issuer, err := devissuer.Open(devissuer.Config{Dir: dir, URL: s.URL, Audience: "bitacora"})
	if err != nil {
		s.Close()
		return nil, nil, err
	}
	mux.Handle("/", issuer.Handler())
	return issuer, s, nil
}
