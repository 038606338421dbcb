package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/config"
)

type httpConfig struct {
	Addr       string        `default:"127.0.0.1:8080" desc:"where to listen"`
	DrainDelay time.Duration `default:"5s"`
}

func (c *httpConfig) Validate() error {
	if c.DrainDelay < 0 {
		return errors.New("drain delay: negative")
	}
	return nil
}

type Shared struct {
	LogLevel slog.Level `default:"info"`
}

type testConfig struct {
	Shared
	HTTP     httpConfig
	Kafka    *kafkaConfig
	MongoURI config.Secret `envconfig:"MONGODB_URI" required:"true" desc:"where the documents are"`
	Limit    int           `default:"200"`
	Skipped  func()        `ignored:"true"`
}

type kafkaConfig struct {
	Brokers []string
	Tags    map[string]int
}

func TestLoad(t *testing.T) {
	var cfg testConfig
	err := config.Load("BITACORA", &cfg, []string{
		"BITACORA_HTTP_DRAIN_DELAY=1s", "BITACORA_HTTP_ADDR=", "BITACORA_MONGODB_URI=mongodb://u:p@h", "BITACORA_LOG_LEVEL=warn",
		`BITACORA_KAFKA_BROKERS=a:1,b:"2"`, "BITACORA_KAFKA_TAGS=x:1", "UNRELATED=1", "MONGODB_URI=not this one",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := testConfig{Shared: Shared{LogLevel: slog.LevelWarn}, HTTP: httpConfig{Addr: "127.0.0.1:8080", DrainDelay: time.Second},
		Kafka: &kafkaConfig{Brokers: []string{"a:1", `b:"2"`}, Tags: map[string]int{"x": 1}}, MongoURI: "mongodb://u:p@h", Limit: 200}
	if diff := cmp.Diff(want, cfg, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Skipped" }, cmp.Ignore())); diff != "" {
		t.Error(diff)
	}
}

// All that is wrong is said at once, and no secret is in it.
func TestMistakesAreSaidTogether(t *testing.T) {
	var cfg testConfig
	err := config.Load("BITACORA", &cfg, []string{"BITACORA_LIMIT=many", "BITACORA_HTTP_DRAIN_DELAY=soon", "BITACORA_MONGODB_URI="})
	for _, want := range []string{
		`BITACORA_LIMIT: "many" is not a whole number: invalid syntax`, `BITACORA_HTTP_DRAIN_DELAY: "soon" is not a duration`, "BITACORA_MONGODB_URI is required and not set",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
	err = config.Load("BITACORA", &cfg, []string{"BITACORA_MONGODB_URI=x", "BITACORA_HTTP_DRAIN_DELAY=-1s"})
	if err == nil || err.Error() != "BITACORA_HTTP: drain delay: negative" {
		t.Errorf("got %v", err)
	}
}

func TestSecretFromAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "uri")
	if err := os.WriteFile(path, []byte("mongodb://u:p@h\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var cfg testConfig
	if err := config.Check("BITACORA", &cfg, []string{"BITACORA_MONGODB_URI_FILE=" + path}); err != nil || cfg.MongoURI.Reveal() != "mongodb://u:p@h" {
		t.Errorf("%v, %q", err, cfg.MongoURI.Reveal())
	}
	for _, env := range [][]string{
		{"BITACORA_MONGODB_URI_FILE=" + path, "BITACORA_MONGODB_URI=x"},
		{"BITACORA_MONGODB_URI_FILE=" + path + "-not"},
	} {
		if err := config.Load("BITACORA", &cfg, env); err == nil {
			t.Errorf("%v was taken", env)
		}
	}
}

func TestSecretIsNeverShown(t *testing.T) {
	cfg := testConfig{MongoURI: "hush"}
	var b, logged strings.Builder
	if err := config.Print(&b, "BITACORA", &cfg); err != nil {
		t.Fatal(err)
	}
	js, err := json.Marshal(struct{ S config.Secret }{"hush"})
	if err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("m", "secret", cfg.MongoURI)
	all := b.String() + string(js) + logged.String() + fmt.Sprintf("%v %+v %#v %s %q", cfg, cfg, cfg.MongoURI, cfg.MongoURI, cfg.MongoURI)
	if strings.Contains(all, "hush") || !strings.Contains(b.String(), "BITACORA_MONGODB_URI=[secret]\n") {
		t.Error(all)
	}
}

func TestHelp(t *testing.T) {
	var b strings.Builder
	if err := config.Help(&b, "BITACORA", &testConfig{}); err != nil {
		t.Fatal(err)
	}
	want := `VARIABLE                   TYPE                  DEFAULT         DESCRIPTION
BITACORA_LOG_LEVEL         level                 info            
BITACORA_HTTP_ADDR         text                  127.0.0.1:8080  where to listen
BITACORA_HTTP_DRAIN_DELAY  duration              5s              
BITACORA_KAFKA_BROKERS     comma-separated list                  
BITACORA_KAFKA_TAGS        list of key:value                     
BITACORA_MONGODB_URI       secret                (required)      where the documents are (or a file's name in BITACORA_MONGODB_URI_FILE)
BITACORA_LIMIT             whole number          200             
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownVariables(t *testing.T) {
	env := []string{
		"BITACORA_MONGODB_URI=x", "BITACORA_HTTP_ADR=:1", "BITACORA_LIMT=3", "BITACORA_TEST_MONGO_IMAGE=y", "OTHER_THING=1",
		// What Kubernetes adds for a Service called bitacora-http.
		"BITACORA_HTTP_SERVICE_HOST=10.0.0.7", "BITACORA_HTTP_SERVICE_PORT=80", "BITACORA_HTTP_SERVICE_PORT_WEB=80",
		"BITACORA_HTTP_PORT=tcp://10.0.0.7:80", "BITACORA_HTTP_PORT_80_TCP=tcp://10.0.0.7:80", "BITACORA_HTTP_PORT_80_TCP_ADDR=10.0.0.7",
	}
	want := []string{
		"BITACORA_HTTP_ADR is not a variable of this program; did you mean BITACORA_HTTP_ADDR?",
		"BITACORA_LIMT is not a variable of this program; did you mean BITACORA_LIMIT?",
	}
	if diff := cmp.Diff(want, config.Unknown("BITACORA", &testConfig{}, env)); diff != "" {
		t.Error(diff)
	}
	var cfg testConfig
	if err := config.Load("BITACORA", &cfg, env); err != nil {
		t.Errorf("load: %v", err)
	}
	if err := config.Check("BITACORA", &cfg, env); err == nil || !strings.Contains(err.Error(), "BITACORA_LIMIT?") {
		t.Errorf("check: %v", err)
	}
}

// A service link must not become a port.
func TestServiceLinkIsNotAValue(t *testing.T) {
	var cfg struct {
		Asset struct {
			Port int `default:"8081"`
		}
	}
	err := config.Load("BITACORA", &cfg, []string{"BITACORA_ASSET_PORT=tcp://10.0.0.7:80", "BITACORA_ASSET_SERVICE_HOST=10.0.0.7", "BITACORA_ASSET_SERVICE_PORT=80"})
	if err != nil || cfg.Asset.Port != 8081 {
		t.Errorf("%v, port %d", err, cfg.Asset.Port)
	}
}
