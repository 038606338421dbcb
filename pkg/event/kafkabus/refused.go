package kafkabus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/segmentio/kafka-go"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// What an operator can do about a broker that refuses this client.
const (
	adviceCertificate = "the broker's certificate is not believed: BITACORA_KAFKA_CA_FILE must name a file with its authority, and the certificate must name the host as the broker advertises it"
	adviceUser        = "the broker does not know this user: check BITACORA_KAFKA_SASL_USER, its password, and that the user has credentials of BITACORA_KAFKA_SASL_MECHANISM"
	adviceMechanism   = "the broker does not take this BITACORA_KAFKA_SASL_MECHANISM"
	adviceNoSASL      = "the broker's listener wants no SASL: BITACORA_KAFKA_BROKERS must name a listener with SASL, or BITACORA_KAFKA_SASL_MECHANISM must be empty"
	adviceClosed      = "the broker closes the connection at once: BITACORA_KAFKA_TLS and BITACORA_KAFKA_SASL_MECHANISM must be what its listener wants"
)

// refusal is an error that a retry does not change, with advice for the operator.
type refusal struct {
	advice string
	cause  error
}

func (r *refusal) Error() string { return r.advice + ": " + r.cause.Error() }
func (r *refusal) Unwrap() error { return r.cause }

// maybeUnavailable adds event.ErrUnavailable to an error that a retry may not meet: the broker did not answer in time, and did not refuse the
// client or the request.
func maybeUnavailable(err error) error {
	if _, refused := errors.AsType[*refusal](err); refused || err == nil {
		return err
	}
	if code, ok := errors.AsType[kafka.Error](err); ok && !code.Temporary() && code != kafka.BrokerNotAvailable {
		return err
	}
	return errors.Join(event.ErrUnavailable, err)
}

// diagnose finds out why no broker could be reached, by connecting to them: the library only says that none is available.
func (b *Bus) diagnose(ctx context.Context, err error) error {
	if !errors.Is(err, kafka.BrokerNotAvailable) {
		return err
	}
	for _, address := range b.config.Brokers {
		cause := b.probe(ctx, address)
		if cause == nil {
			return err
		}
		if advice := adviceOn(cause); advice != "" {
			return &refusal{advice, cause}
		}
		err = fmt.Errorf("%w: %s: %w", kafka.BrokerNotAvailable, address, cause)
	}
	return err
}

// probe connects as every call does and sends a request without side effects.
func (b *Bus) probe(ctx context.Context, address string) error {
	dialer := &kafka.Dialer{ClientID: b.config.ClientID, DialFunc: b.conns.dial, Timeout: dialTimeout, SASLMechanism: b.sasl}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	_, err = conn.Controller()
	return err
}

func adviceOn(err error) string {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return adviceCertificate
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return adviceClosed
	}
	switch {
	case errors.Is(err, kafka.SASLAuthenticationFailed):
		return adviceUser
	case errors.Is(err, kafka.UnsupportedSASLMechanism):
		return adviceMechanism
	case errors.Is(err, kafka.IllegalSASLState):
		return adviceNoSASL
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return adviceClosed
	}
	return ""
}
