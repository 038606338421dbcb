// Package kafkabus speaks Kafka's protocol for pkg/event: to a real cluster, or to the broker that pkg/embedded runs in the process.
// It is the only importer of kafka-go, of which it uses the wire protocol, the connection pool and the group membership, and not
// the Writer and the Reader: those send what their caller has given up on, hold a connection per partition, deliver records of
// partitions that were taken away, commit without the generation, and cannot be told to stop.
package kafkabus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

const (
	callTimeout = 10 * time.Second // of a call whose context has no deadline
	dialTimeout = 5 * time.Second
	metadataTTL = 3 * time.Second // how soon a new leader is known
	graceful    = time.Second     // what remains to clean up after the deadline of a Close
	inFlight    = 8               // concurrent Publish calls; more wait
)

// Config says where the cluster is and how to speak to it.
type Config struct {
	// Brokers are the addresses (host:port) to begin with.
	Brokers []string
	// Dial replaces TCP; nil is TCP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Prefix goes before every name of a topic or group on the wire, so that installations (or tests) can share a cluster.
	Prefix string
	// ClientID names this process in the broker's logs.
	ClientID string
	// ReplicationFactor of the topics that CreateTopics makes; 0 is the cluster's default.
	ReplicationFactor int
	// TLS, when set, encrypts every connection.
	TLS *tls.Config
	// SASL authenticates when Mechanism is not empty.
	SASL SASL
	// Session is how long a silent member of a group is waited for; 0 is 10 s. A broker's least is usually 6 s.
	Session time.Duration
	// MaxWait is how long an empty fetch waits at the broker; 0 is 500 ms, at most 1 s.
	MaxWait time.Duration
	// Now is the clock; nil is the system's.
	Now func() time.Time
}

// SASL is how to authenticate: "PLAIN" (only with TLS), "SCRAM-SHA-256" or "SCRAM-SHA-512".
type SASL struct{ Mechanism, User, Password string }

func (s SASL) mechanism() (sasl.Mechanism, error) {
	switch s.Mechanism {
	case "":
		return nil, nil
	case "PLAIN":
		return plain.Mechanism{Username: s.User, Password: s.Password}, nil
	case "SCRAM-SHA-256":
		return scram.Mechanism(scram.SHA256, s.User, s.Password)
	case "SCRAM-SHA-512":
		return scram.Mechanism(scram.SHA512, s.User, s.Password)
	}
	return nil, fmt.Errorf("unknown SASL mechanism %q; one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512", s.Mechanism)
}

// Bus implements event.Bus. It is safe for concurrent use.
type Bus struct {
	config     Config
	sasl       sasl.Mechanism
	log        *slog.Logger
	metrics    *metrics
	conns      *connections
	transport  *kafka.Transport
	client     *kafka.Client
	publishes  chan struct{} // one token per Publish under way
	identities identities

	mu     sync.Mutex
	closed bool
	subs   map[*subscription]struct{}
	// unseen are topics whose settings could not be seen, which the log has been told of.
	unseen map[string]bool
}

var _ event.Bus = (*Bus)(nil)

// New connects to nothing yet: the first call does. reg may be nil.
func New(config Config, logger *slog.Logger, reg prometheus.Registerer) (*Bus, error) {
	if len(config.Brokers) == 0 {
		return nil, errors.New("no broker is named")
	}
	mechanism, err := config.SASL.mechanism()
	if err != nil {
		return nil, err
	}
	if config.Dial == nil {
		config.Dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext
	}
	if config.Session == 0 {
		config.Session = 10 * time.Second
	}
	if config.MaxWait <= 0 || config.MaxWait > time.Second {
		config.MaxWait = 500 * time.Millisecond
	}
	if config.ReplicationFactor == 0 {
		config.ReplicationFactor = -1
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	b := &Bus{
		config: config, sasl: mechanism, log: logger, metrics: newMetrics(reg), conns: newConnections(config),
		publishes: make(chan struct{}, inFlight), subs: map[*subscription]struct{}{}, unseen: map[string]bool{},
	}
	b.transport = &kafka.Transport{Dial: b.conns.dial, DialTimeout: dialTimeout, MetadataTTL: metadataTTL,
		ClientID: config.ClientID, SASL: mechanism}
	b.client = &kafka.Client{Addr: kafka.TCP(config.Brokers...), Transport: b.transport}
	return b, nil
}

// bounded gives ctx a deadline if it has none.
func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, callTimeout)
}

// Close ends every subscription, refuses new calls, lets the calls under way finish until ctx ends, then cuts every connection. Only the
// first call does anything.
func (b *Bus) Close(ctx context.Context) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil
	}
	b.closed = true
	subs := b.subs
	b.subs = nil
	b.mu.Unlock()

	var wg sync.WaitGroup
	for s := range subs {
		wg.Go(func() { _ = s.Close(ctx) })
	}
	wg.Wait()
	finished := true
	for range inFlight { // taking every token waits for the publishes under way and admits no other
		select {
		case b.publishes <- struct{}{}:
		case <-ctx.Done():
			finished = false
		}
	}
	b.transport.CloseIdleConnections()
	if err := b.conns.drain(ctx); err != nil || !finished {
		return fmt.Errorf("close: connections were cut: %w", context.Cause(ctx))
	}
	return nil
}

// named is what a topic or group is called on the wire.
func (b *Bus) named(names ...string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = b.config.Prefix + name
	}
	return out
}

func (b *Bus) open() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return event.ErrClosed
	}
	return nil
}
