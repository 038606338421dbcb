// Package kafkabus implements event.Bus on Kafka's protocol: for a real cluster, or the broker that pkg/embedded runs in the process.
// It is the only importer of kafka-go. It uses its wire protocol, connection pool and group membership, but not Writer and Reader, which send
// records after their caller's deadline, hold a connection per partition, deliver records of partitions that were reassigned, commit without
// the generation, and cannot be stopped.
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
	metadataTTL = 3 * time.Second // how soon a new leader is noticed
	graceful    = time.Second     // for cleaning up after the deadline of a Close
	inFlight    = 8               // concurrent Publish calls; more wait
)

// Config configures a Bus. Only Brokers has no default.
type Config struct {
	// Brokers are bootstrap addresses, host:port.
	Brokers []string
	// Dial replaces TCP; nil is TCP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Prefix is put in front of every topic and group in the cluster, so that installations (or tests) can share one.
	Prefix string
	// ClientID names this process in the broker's logs.
	ClientID string
	// ReplicationFactor is that of topics that CreateTopics creates; 0 is the cluster's default.
	ReplicationFactor int
	// TLS, when set, encrypts every connection.
	TLS *tls.Config
	// SASL authenticates when Mechanism is not empty.
	SASL SASL
	// Session is how long a group waits for a silent member before its partitions are reassigned; 0 is 10 s. Brokers usually require 6 s.
	Session time.Duration
	// MaxWait is how long the broker holds a fetch that finds no records; 0, or above 1 s, is 500 ms.
	MaxWait time.Duration
	// Now is the clock; nil is the system's.
	Now func() time.Time
}

// SASL holds credentials. Mechanism is "PLAIN" (for TLS only), "SCRAM-SHA-256", "SCRAM-SHA-512" or "" for none.
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
	// unseen are topics whose settings this client may not read, which is logged once.
	unseen map[string]bool
}

var _ event.Bus = (*Bus)(nil)

// New makes a Bus; the first call connects. It fails without brokers or with an unknown SASL mechanism. reg may be nil.
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

// Close implements event.Bus: it closes every subscription, refuses new calls, and waits for publishes under way. When ctx ends first it cuts
// the connections and returns an error. Only the first call does anything.
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

// wireNames returns the names of topics or groups in the cluster.
func (b *Bus) wireNames(names ...string) []string {
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
