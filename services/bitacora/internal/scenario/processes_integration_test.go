//go:build integration

package scenario_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/config"
	"github.com/bitacora-salud/bitacora/pkg/process"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/scenario"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.M(m)) }

// names are the services, each a process of its own.
var names = []string{"asset", "workorder", "delivery", "status"}

// TestScenarioOnFourProcesses walks the scenario, as its command does, through four processes without an ingress in front, on a real
// MongoDB and a real Kafka, with tokens of a real Keycloak that everyone finds by discovery.
func TestScenarioOnFourProcesses(t *testing.T) {
	brokers, prefix := testenv.Kafka(t), testenv.Name(t)+"."
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	root := checkout(t)
	programs, realm := built(t, root), testenv.NewRealm(t)
	var flags []string
	envs := map[string][]string{}
	for _, name := range names {
		uri, database := testenv.Database(t)
		addr := freeAddress(t)
		env := append(os.Environ(), "BITACORA_MONGODB_URI="+uri, "BITACORA_MONGODB_DATABASE="+database, "BITACORA_KAFKA_BROKERS="+strings.Join(brokers, ","),
			"BITACORA_KAFKA_PREFIX="+prefix, "BITACORA_OIDC_ISSUER="+realm.Issuer, "BITACORA_HTTP_ADDR="+addr, "BITACORA_LOG_LEVEL=warn")
		envs[name] = env
		migrated(t, filepath.Join(programs, name), env)
		serving(t, filepath.Join(programs, name), addr, env)
		flags = append(flags, "--"+name+"-url", "http://"+addr)
	}
	flags = append(flags, "--oidc-issuer", realm.Issuer, "--clients", filepath.Join(root, "deploy", "keycloak", "clients.json"))
	for range 2 {
		command := scenario.Command()
		var out bytes.Buffer
		command.SetArgs(flags)
		command.SetOut(&out)
		err := command.ExecuteContext(t.Context())
		t.Log("\n" + out.String())
		if err != nil {
			t.Fatal(err)
		}
	}
	toldAgain(t, envs)
}

// toldAgain publishes everything anew beside the services, as `bitacora republish` does, and wants the topics to tell what the documents
// say, as `bitacora survey --topics` does.
func toldAgain(t *testing.T, envs map[string][]string) {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	for _, p := range local.Parts() {
		var cfg process.Config
		if err := config.Load(process.Prefix, &cfg, envs[p.Name]); err != nil {
			t.Fatal(err)
		}
		published, err := process.Republish(t.Context(), p.Name, cfg, p.New, log)
		if err != nil {
			t.Fatalf("republish %s: %v", p.Name, err)
		}
		_, topics, err := process.Survey(t.Context(), p.Name, cfg, p.New, log, true)
		if err != nil {
			t.Fatalf("survey %s: %v", p.Name, err)
		}
		if published == 0 && len(topics) > 0 {
			t.Errorf("%s published nothing anew", p.Name)
		}
		for _, topic := range topics {
			if !topic.Agrees() || topic.Untold != 0 || topic.Records == 0 {
				t.Errorf("%s: %+v", p.Name, topic)
			}
		}
	}
}

// checkout is the folder of go.work above this package.
func checkout(t *testing.T) (root string) {
	t.Helper()
	root, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(root, "go.work")); missing == nil {
			return root
		}
		if root == filepath.Dir(root) {
			break
		}
		root = filepath.Dir(root)
	}
	t.Fatalf("no go.work above this package: %v", err)
	return ""
}

// built compiles the four programs.
func built(t *testing.T, root string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range names {
		build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, name), "./services/"+name+"/cmd/"+name)
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", name, err, out)
		}
	}
	return dir
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // its address is all that is wanted
	return l.Addr().String()
}

func migrated(t *testing.T, program string, env []string) {
	t.Helper()
	migrate := exec.CommandContext(t.Context(), program, "migrate")
	migrate.Env = env
	if out, err := migrate.CombinedOutput(); err != nil {
		t.Fatalf("%s migrate: %v\n%s", program, err, out)
	}
}

// serving starts a service, waits until it is ready, and stops it at the end as an operator would.
func serving(t *testing.T, program, addr string, env []string) {
	t.Helper()
	process := exec.Command(program)
	var log bytes.Buffer
	process.Env, process.Stderr = env, &log
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- process.Wait() }()
	t.Cleanup(func() {
		_ = process.Process.Signal(syscall.SIGTERM) // it may be gone already: then ended says so
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("%s: %v", program, err)
			}
		case <-time.After(40 * time.Second):
			t.Errorf("%s does not stop", program)
			t.Logf("killed: %v, %v", process.Process.Kill(), <-ended)
		}
		if log.Len() > 0 {
			t.Logf("%s:\n%.20000s", program, log.String())
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/readyz", nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				http.DefaultClient.CloseIdleConnections()
				return
			}
		}
		select {
		case <-tick.C:
		case err := <-ended:
			ended <- err
			t.Fatalf("%s ended: %v\n%s", program, err, log.String())
		case <-ctx.Done():
			t.Fatalf("%s is not ready after a minute", program)
		}
	}
}
