//go:build integration

package process_test

import (
	"context"
	"crypto/x509/pkix"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/config"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/pkg/process"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.M(m)) }

// The toy service keeps notes and hears of its own.

type note struct {
	Text string `json:"text"`
}

var (
	notes = event.NewSet(event.Units, "unit")
	noted = event.Define[note](notes, "unit.noted", "A note was taken")
)

type toy struct {
	notes *docstore.Collection[note]
	heard chan string
}

func (toy *toy) build(cfg service.Config, deps service.Deps) (*service.Service, error) {
	s, err := service.New("toy", "Toy", cfg, deps)
	if err != nil {
		return nil, err
	}
	toy.notes, toy.heard = docstore.Open[note](s.Store, docstore.Spec{Name: "notes", Events: notes}, nil), make(chan string, 1)
	return s, s.Consume("notes", []string{event.Units}, consume.React(func(ctx context.Context, e event.Envelope) error {
		select {
		case toy.heard <- e.Subject:
		case <-ctx.Done():
		}
		return nil
	}))
}

// environment is a service's, as the charts give it: secrets and certificates in files.
func environment(t *testing.T, settings map[string]string) process.Config {
	t.Helper()
	dir := t.TempDir()
	var env []string
	for name, value := range settings {
		if secret, ok := strings.CutSuffix(name, "_FILE"); ok && value != "" && !filepath.IsAbs(value) {
			path := filepath.Join(dir, secret)
			if err := os.WriteFile(path, []byte(value), 0o600); err != nil {
				t.Fatal(err)
			}
			value = path
		}
		env = append(env, process.Prefix+"_"+name+"="+value)
	}
	var cfg process.Config
	if err := config.Check(process.Prefix, &cfg, env); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// secured are two servers that let nobody in without TLS and a name.
type secured struct {
	mongo, kafka *testenv.Secured
	settings     map[string]string
}

func start(t *testing.T) *secured {
	t.Helper()
	s := &secured{mongo: testenv.SecuredMongo(t), kafka: testenv.SecuredKafka(t)}
	s.settings = map[string]string{
		"HTTP_ADDR": "127.0.0.1:0", "OIDC_ISSUER": provider(t), "LOG_LEVEL": "warn",
		"MONGODB_URI_FILE": s.scram(s.mongo.User, s.mongo.Password, authority(t, s.mongo.Authority)), "MONGODB_DATABASE": "toy", "MONGODB_TIMEOUT": "2s",
		"KAFKA_BROKERS": s.kafka.Address, "KAFKA_PREFIX": testenv.Name(t) + ".", "KAFKA_TLS": "true",
		"KAFKA_CA_FILE": authority(t, s.kafka.Authority), "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512", "KAFKA_SASL_USER": s.kafka.User,
		"KAFKA_SASL_PASSWORD_FILE": s.kafka.Password,
	}
	return s
}

func provider(t *testing.T) string {
	t.Helper()
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	issuer, err := devissuer.Open(devissuer.Config{Dir: t.TempDir(), URL: server.URL, Audience: "bitacora"})
	if err != nil {
		t.Fatal(err)
	}
	handler = issuer.Handler()
	return server.URL
}

func authority(t *testing.T, a *testenv.Authority) (path string) {
	t.Helper()
	return testenv.File(t, a.PEM(), nil)
}

func stranger(t *testing.T) *testenv.Authority {
	t.Helper()
	a, err := testenv.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// scram is a connection string with a password, x509 one with a certificate.
func (s *secured) scram(user, password, authority string) string {
	return s.mongo.MongoURI(user, password, url.Values{"tls": {"true"}, "tlsCAFile": {authority}, "authSource": {"admin"}})
}

func (s *secured) x509(t *testing.T, by *testenv.Authority, subject pkix.Name, until time.Duration) string {
	t.Helper()
	certificate, err := by.Issue(subject, time.Now().Add(until))
	return s.mongo.MongoURI("", "", url.Values{"tls": {"true"}, "tlsCAFile": {authority(t, s.mongo.Authority)},
		"tlsCertificateKeyFile": {testenv.File(t, certificate, err)}, "authMechanism": {"MONGODB-X509"}, "authSource": {"$external"}})
}

// with is the settings with some of them changed; an empty one is not set.
func (s *secured) with(changes map[string]string) map[string]string {
	all := map[string]string{}
	for _, m := range []map[string]string{s.settings, changes} {
		for name, value := range m {
			if all[name] = value; value == "" {
				delete(all, name)
			}
		}
	}
	return all
}

// TestSecuredServers walks the whole way of the configuration through servers that ask for TLS and credentials: migrate, serve, a
// document written, its event relayed and consumed.
func TestSecuredServers(t *testing.T) {
	s := start(t)
	for name, changes := range map[string]map[string]string{
		"SCRAM-SHA-512 and SCRAM": {},
		"SCRAM-SHA-256 and X.509": {"KAFKA_SASL_MECHANISM": "SCRAM-SHA-256", "MONGODB_URI_FILE": s.x509(t, s.mongo.Authority, s.mongo.Subject, time.Hour)},
		"PLAIN within TLS":        {"KAFKA_SASL_MECHANISM": "PLAIN"},
	} {
		t.Run(name, func(t *testing.T) { roundTrip(t, environment(t, s.with(changes)), name) })
	}
	t.Run("refused", func(t *testing.T) { refusals(t, s) })
}

func roundTrip(t *testing.T, cfg process.Config, id string) {
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	var served toy
	if err := process.Migrate(t.Context(), "toy", cfg, served.build, log); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended, listening := make(chan error, 1), make(chan string, 1)
	go func() {
		ended <- process.Serve(ctx, "toy", "test", cfg, served.build, log, func(addr string) { listening <- addr })
	}()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	select {
	case <-listening:
	case err := <-ended:
		ended <- nil
		t.Fatalf("ended: %v", err)
	}
	if err := served.notes.Insert(caller.AsSystem(t.Context(), "test"), id, &note{Text: "hola"}, noted.New(note{Text: "hola"})); err != nil {
		t.Fatal(err)
	}
	limit := time.After(time.Minute)
	for {
		select {
		case heard := <-served.heard:
			if heard == id {
				return
			}
		case <-limit:
			t.Fatal("the event was not consumed within a minute")
		}
	}
}

// refusals: what is set wrongly ends the migration at once with words that say what to set right, and without a secret.
func refusals(t *testing.T, s *secured) {
	const wrong = "wr0ng-secret"
	for name, tt := range map[string]struct {
		changes map[string]string
		want    string
	}{
		"mongodb: authority of somebody else": {map[string]string{"MONGODB_URI_FILE": s.scram(s.mongo.User, s.mongo.Password, authority(t, stranger(t)))}, "tlsCAFile must name"},
		"mongodb: wrong password":             {map[string]string{"MONGODB_URI_FILE": s.scram(s.mongo.User, wrong, authority(t, s.mongo.Authority))}, "check the user, its password"},
		"mongodb: unknown user":               {map[string]string{"MONGODB_URI_FILE": s.scram("nobody", wrong, authority(t, s.mongo.Authority))}, "check the user, its password"},
		"mongodb: no user":                    {map[string]string{"MONGODB_URI_FILE": s.scram("", "", authority(t, s.mongo.Authority))}, "if the connection string names one"},
		"mongodb: expired certificate":        {map[string]string{"MONGODB_URI_FILE": s.x509(t, s.mongo.Authority, s.mongo.Subject, -time.Hour)}, "tlsCertificateKeyFile"},
		"mongodb: certificate of a stranger":  {map[string]string{"MONGODB_URI_FILE": s.x509(t, stranger(t), s.mongo.Subject, time.Hour)}, "tlsCertificateKeyFile"},
		"mongodb: certificate of no user":     {map[string]string{"MONGODB_URI_FILE": s.x509(t, s.mongo.Authority, pkix.Name{CommonName: "nobody", Organization: []string{"clients"}}, time.Hour)}, "the subject of the certificate"},
		"mongodb: without TLS":                {map[string]string{"MONGODB_URI_FILE": s.mongo.MongoURI(s.mongo.User, s.mongo.Password, url.Values{})}, "tls=true"},
		"mongodb: no such file":               {map[string]string{"MONGODB_URI_FILE": s.scram(s.mongo.User, s.mongo.Password, "/nowhere/ca.crt")}, "/nowhere/ca.crt"},
		"kafka: authority of somebody else":   {map[string]string{"KAFKA_CA_FILE": authority(t, stranger(t))}, "BITACORA_KAFKA_CA_FILE"},
		"kafka: wrong password":               {map[string]string{"KAFKA_SASL_PASSWORD_FILE": wrong}, "check BITACORA_KAFKA_SASL_USER"},
		"kafka: wrong password of PLAIN":      {map[string]string{"KAFKA_SASL_PASSWORD_FILE": wrong, "KAFKA_SASL_MECHANISM": "PLAIN"}, "check BITACORA_KAFKA_SASL_USER"},
		"kafka: unknown user":                 {map[string]string{"KAFKA_SASL_USER": "nobody"}, "check BITACORA_KAFKA_SASL_USER"},
		"kafka: no user":                      {map[string]string{"KAFKA_SASL_MECHANISM": "", "KAFKA_SASL_USER": "", "KAFKA_SASL_PASSWORD_FILE": ""}, "BITACORA_KAFKA_SASL_MECHANISM must be"},
		"kafka: without TLS":                  {map[string]string{"KAFKA_TLS": "false", "KAFKA_CA_FILE": ""}, "BITACORA_KAFKA_TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			begun := time.Now()
			err := process.Migrate(ctx, "toy", environment(t, s.with(tt.changes)), new(toy).build, slog.New(slog.NewTextHandler(t.Output(), nil)))
			t.Log(time.Since(begun), err)
			if err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("after %s: %v; want at once a word about %s", time.Since(begun), err, tt.want)
			}
			for _, secret := range []string{wrong, s.mongo.Password, url.QueryEscape(s.mongo.Password), s.kafka.Password} {
				if err != nil && strings.Contains(err.Error(), secret) {
					t.Error("the error shows a secret")
				}
			}
		})
	}
}
