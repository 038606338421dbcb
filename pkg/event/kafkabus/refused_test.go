package kafkabus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/segmentio/kafka-go"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// Errors that a retry may not meet are ErrUnavailable, refusals are not.
func TestUnavailable(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		want bool
	}{
		"nothing":                {nil, false},
		"slow":                   {kafka.RequestTimedOut, true},
		"nobody there":           {kafka.BrokerNotAvailable, true},
		"without a leader":       {kafka.LeaderNotAvailable, true},
		"no route":               {&net.OpError{Op: "dial", Err: errors.New("no route to host")}, true},
		"silent":                 {context.DeadlineExceeded, true},
		"hung up":                {io.ErrUnexpectedEOF, true},
		"hung up, and known why": {&refusal{adviceClosed, io.EOF}, false},
		"not allowed":            {kafka.TopicAuthorizationFailed, false},
		"unknown":                {kafka.UnknownTopicOrPartition, true},
	} {
		t.Run(name, func(t *testing.T) {
			err := tt.err
			if err != nil {
				err = fmt.Errorf("create topics: %w", err)
			}
			got := maybeUnavailable(err)
			if errors.Is(got, event.ErrUnavailable) != tt.want || !errors.Is(got, tt.err) {
				t.Errorf("maybeUnavailable(%v) = %v, unavailable should be %t", err, got, tt.want)
			}
		})
	}
}

// What a broker says to whom it will not have names what to set, and ends the tries.
func TestAdvice(t *testing.T) {
	for name, tt := range map[string]struct {
		cause error
		want  string
	}{
		"listener without SASL": {kafka.IllegalSASLState, adviceNoSASL},
		"unknown user":          {kafka.SASLAuthenticationFailed, adviceUser},
		"other mechanism":       {kafka.UnsupportedSASLMechanism, adviceMechanism},
		"hung up":               {io.EOF, adviceClosed},
		"nobody there":          {&net.OpError{Op: "dial", Err: errors.New("refused")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			cause := fmt.Errorf("sasl handshake: %w", tt.cause)
			if got := adviceOn(cause); got != tt.want {
				t.Fatalf("advice %q, want %q", got, tt.want)
			}
			if tt.want != "" && errors.Is(maybeUnavailable(&refusal{tt.want, cause}), event.ErrUnavailable) {
				t.Error("a refusal would be tried again")
			}
		})
	}
}
