package process

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/config"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service"
)

// brokers answer to each CreateTopics the next of errs, and after the last one nil.
type brokers struct {
	event.Bus
	errs  []error
	calls int
}

func (b *brokers) CreateTopics(context.Context, []string) error {
	b.calls++
	if b.calls > len(b.errs) {
		return nil
	}
	return b.errs[b.calls-1]
}

func (b *brokers) CheckTopics(context.Context, []string) error { return nil }

// A migration waits for brokers that are slow or away, and not for those that refuse.
func TestTopicsAreTriedAgainWhileBrokersAreSlow(t *testing.T) {
	slow := fmt.Errorf("create topic bitacora.units: %w", event.ErrUnavailable)
	for name, tt := range map[string]struct {
		errs  []error
		calls int
		fails bool
	}{
		"at once":            {nil, 1, false},
		"slow, then away":    {[]error{slow, event.ErrUnavailable}, 3, false},
		"slow, then refused": {[]error{slow, errors.New("create topic bitacora.units: not authorized")}, 2, true},
		"missing":            {[]error{errors.New("topics that do not exist: bitacora.units")}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := &brokers{errs: tt.errs}
			err := topics(t.Context(), b, true, []string{event.Units}, slog.New(slog.DiscardHandler))
			if b.calls != tt.calls || (err != nil) != tt.fails {
				t.Errorf("%d calls, error %v; want %d calls", b.calls, err, tt.calls)
			}
		})
	}
}

func TestKafkaSettingsThatContradictEachOther(t *testing.T) {
	for want, k := range map[string]Kafka{
		"PREFIX":                      {Prefix: "a b"},
		"needs SASL_USER":             {SASLMechanism: "SCRAM-SHA-512", SASLUser: "u"},
		"but SASL_MECHANISM is not":   {SASLUser: "u", SASLPassword: "p"},
		"SASL_PASSWORD is set":        {SASLPassword: "p"},
		"sent in the clear":           {SASLMechanism: "PLAIN", SASLUser: "u", SASLPassword: "p"},
		"CA_FILE is set but TLS is n": {CAFile: "/ca.crt"},
	} {
		if err := k.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", k, err, want)
		}
	}
	for _, k := range []Kafka{{}, {TLS: true, CAFile: "/ca.crt", SASLMechanism: "PLAIN", SASLUser: "u", SASLPassword: "p"}, {SASLMechanism: "SCRAM-SHA-256", SASLUser: "u", SASLPassword: "p"}} {
		if err := k.Validate(); err != nil {
			t.Errorf("%+v: %v", k, err)
		}
	}
}

// heard passes on the first log line that has the text.
type heard struct {
	text string
	once chan struct{}
}

func (h heard) Write(line []byte) (int, error) {
	if strings.Contains(string(line), h.text) {
		select {
		case h.once <- struct{}{}:
		default:
		}
	}
	return len(line), nil
}

// TestAProcessThatWaitsForMongoDBEndsWhenTold: the first signal ends it, whether the server refuses connections or takes them and is silent,
// and that is no failure.
func TestAProcessThatWaitsForMongoDBEndsWhenTold(t *testing.T) {
	away, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing := away.Addr().String()
	if err := away.Close(); err != nil {
		t.Fatal(err)
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	connected := make(chan struct{}, 1)
	go func() {
		for {
			conn, err := silent.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			select {
			case connected <- struct{}{}:
			default:
			}
		}
	}()
	tries := heard{"trying again", make(chan struct{}, 1)}
	for name, tt := range map[string]struct {
		addr    string
		timeout time.Duration
		waits   <-chan struct{}
	}{
		"between two tries": {refusing, 10 * time.Millisecond, tries.once},
		"in a call":         {silent.Addr().String(), time.Hour, connected},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Config{StopWithin: time.Minute}
			cfg.MongoDB.Timeout = tt.timeout
			cfg.MongoDB.URI = config.Secret("mongodb://" + tt.addr + "/?replicaSet=rs")
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			ended := make(chan error, 1)
			build := func(service.Config, service.Deps) (*service.Service, error) {
				return nil, errors.New("built without a store")
			}
			go func() {
				ended <- Serve(ctx, "toy", "test", cfg, build, slog.New(slog.NewTextHandler(tries, nil)), nil)
			}()
			select {
			case <-tt.waits:
			case err := <-ended:
				t.Fatalf("it did not wait: %v", err)
			}
			stop()
			select {
			case err := <-ended:
				if err != nil {
					t.Errorf("ended with %v", err)
				}
			case <-time.After(time.Minute):
				t.Error("it still waits")
			}
		})
	}
}
