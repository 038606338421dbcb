package process

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/event"
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
