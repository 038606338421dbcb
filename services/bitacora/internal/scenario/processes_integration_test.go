//go:build integration

package scenario_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/config"
	"github.com/bitacora-salud/bitacora/pkg/process"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/scenario"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.M(m)) }

// names are the services, each a process of its own
var names = []string{"asset", "workorder", "delivery", "status", "people"}

// TestScenarioOnFourProcesses walks the scenario, as its command does, through processes without an ingress in front, on a real
// MongoDB and a real Kafka, with tokens of a real Keycloak that everyone finds by discovery.
func TestScenarioOnFourProcesses(t *testing.T) {
	brokers, prefix := testenv.Kafka(t), testenv.Name(t)+"."
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	root, err := testenv.Checkout()
	if err != nil {
		t.Fatal(err)
	}
	programs, realm := built(t, root), testenv.NewRealm(t)
	var flags []string
	envs := map[string][]string{}
	for _, name := range names {
		uri, database := testenv.Database(t)
		addr, err := server.FreeAddress(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		envs[name] = append(os.Environ(), "BITACORA_MONGODB_URI="+uri, "BITACORA_MONGODB_DATABASE="+database, "BITACORA_KAFKA_BROKERS="+strings.Join(brokers, ","),
			"BITACORA_KAFKA_PREFIX="+prefix, "BITACORA_OIDC_ISSUER="+realm.Issuer, "BITACORA_HTTP_ADDR="+addr, "BITACORA_LOG_LEVEL=warn")
		s := &server.Server{Program: filepath.Join(programs, name), Env: envs[name], Addr: addr, Log: filepath.Join(t.TempDir(), name)}
		serving(t, s)
		flags = append(flags, "--"+name+"-url", s.URL())
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
	publishedAgain(t, envs)
}

// publishedAgain publishes everything anew beside the services, as `bitacora republish` does, and wants the topics to tell what the documents
// say, as `bitacora survey --topics` does.
func publishedAgain(t *testing.T, envs map[string][]string) {
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
			if !topic.Agrees() || topic.Missing != 0 || topic.Records == 0 {
				t.Errorf("%s: %+v", p.Name, topic)
			}
		}
	}
}

// built compiles the programs.
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

// serving migrates and starts a service, waits until it is ready, and stops it at the end as an operator would.
func serving(t *testing.T, s *server.Server) {
	t.Helper()
	if said, err := server.Run(t.Context(), s.Program, s.Env, "migrate"); err != nil {
		t.Fatalf("%s migrate: %v\n%s", s.Program, err, said)
	}
	if err := s.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatalf("%s: %v\n%s", s.Program, err, s.Said())
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("%s: %v", s.Program, err)
		}
		t.Logf("%s:\n%.20000s", s.Program, s.Said())
	})
}
