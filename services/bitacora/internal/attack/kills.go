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
)

// killsAlone kills the single binary, whose stores are SQLite files.
func killsAlone(ctx context.Context, cfg Config, chance *rand.Rand) (r *Result, err error) {
	dir := filepath.Join(cfg.Folder, "kills")
	s, err := alone(ctx, cfg, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	tokens, err := scenario.Local(dir)
	if err != nil {
		return nil, err
	}
	return killed(ctx, cfg, chance, []*server{s}, func(string) string { return "http://" + s.addr }, tokens,
		auditor{env: s.env, args: []string{"--url", "http://" + s.addr}})
}

// auditor is how `bitacora audit` is run.
type auditor struct{ env, args []string }

// killed loads the servers, kills one of them after the other at random instants, and looks for what was acknowledged.
func killed(ctx context.Context, cfg Config, chance *rand.Rand, servers []*server, base func(string) string, tokens client.Tokens, audit auditor) (*Result, error) {
	l := begin(ctx, cfg, load.Config{Base: base, Tokens: tokens, Out: cfg.Out, Every: 20 * time.Millisecond, Patience: 2 * time.Minute})
	defer l.enough()
	if err := l.on(); err != nil {
		return nil, err
	}
	kills := 0
	for until := time.Now().Add(cfg.Each); kills < cfg.Kills && time.Now().Before(until); kills++ {
		s := servers[chance.IntN(len(servers))]
		instant := time.NewTimer(time.Duration(chance.IntN(1500)) * time.Millisecond) // no event: the instant is what is drawn
		select {
		case <-instant.C:
		case <-ctx.Done():
			instant.Stop()
			return nil, ctx.Err()
		}
		if err := s.kill(); err != nil {
			return nil, err
		}
		if err := s.start(ctx); err != nil {
			return nil, fmt.Errorf("after kill %d: %w; see %s", kills+1, err, s.log)
		}
	}
	o := l.end()
	if o.err != nil {
		return nil, fmt.Errorf("the load: %w", o.err)
	}
	r := &Result{Count: fmt.Sprintf("%d kills, %d writes, %d documents acknowledged", kills, o.report.Writes, len(o.report.Acknowledged))}
	if kills < cfg.Kills {
		r.found("only %d of %d kills in %s", kills, cfg.Kills, cfg.Each)
	}
	if !o.report.OK() {
		r.found("not all is as it was acknowledged:\n%s", o.report)
	}
	return r, audit.run(ctx, cfg, r, o.report.Acknowledged)
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
	c := exec.CommandContext(ctx, cfg.Program, args...)
	c.Env = append(os.Environ(), a.env...)
	said, err := c.CombinedOutput()
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

// killsApart kills the four services' processes, one at a time, on MongoDB and Kafka.
func killsApart(ctx context.Context, cfg Config, chance *rand.Rand) (r *Result, err error) {
	issuer, handler, err := provider(filepath.Join(cfg.Folder, "issuer"))
	if err != nil {
		return nil, err
	}
	defer handler.Close()
	base := []string{"BITACORA_MONGODB_URI=" + cfg.MongoURI, "BITACORA_KAFKA_BROKERS=" + cfg.Brokers, "BITACORA_KAFKA_PREFIX=" + cfg.Name + ".",
		"BITACORA_OIDC_ISSUER=" + handler.URL, "BITACORA_LOG_LEVEL=warn"}
	var servers []*server
	var at scenario.Addresses
	audit := auditor{env: base, args: []string{"--oidc-issuer", handler.URL}}
	for _, name := range services {
		addr, err := freeAddress(ctx)
		if err != nil {
			return nil, err
		}
		s := &server{program: filepath.Join(cfg.Services, name), addr: addr, log: filepath.Join(cfg.Folder, name+".log"),
			env: append([]string{"BITACORA_HTTP_ADDR=" + addr, "BITACORA_MONGODB_DATABASE=" + cfg.Name + "-" + name}, base...)}
		migrate := exec.CommandContext(ctx, s.program, "migrate")
		migrate.Env = append(os.Environ(), s.env...)
		if said, err := migrate.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s migrate: %w: %s", name, err, said)
		}
		if err := s.start(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		defer func() { err = errors.Join(err, s.stop()) }()
		servers = append(servers, s)
		audit.args = append(audit.args, "--"+name+"-url", "http://"+addr)
	}
	at.Asset, at.Workorder, at.Delivery, at.Status = "http://"+servers[0].addr, "http://"+servers[1].addr, "http://"+servers[2].addr, "http://"+servers[3].addr
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
	return killed(ctx, cfg, chance, servers, at.Base(), func(user string) (string, error) { return issuer.Mint(user, time.Hour) }, audit)
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
