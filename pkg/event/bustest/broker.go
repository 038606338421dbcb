// Package bustest is the one specification of event.Bus: Run holds for the embedded broker and for a real cluster alike. It also
// gives the tests of what stands on a bus (relay, consumers) a broker whose network they can cut.
package bustest

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/embedded"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/kafkabus"
)

// Opener makes a broker with no topics and no groups, as the test sees it, and lets it go when the test ends.
type Opener func(t testing.TB) *Broker

// Broker is a broker to test against. The clients that Open makes reach it through a network that the test can cut.
type Broker struct {
	Network
	// Session is how long its groups wait for a silent member.
	Session time.Duration
	// Registerer gets the metrics of the clients that Open makes from then on; nil keeps them to the client.
	Registerer prometheus.Registerer

	config kafkabus.Config
}

// Embedded is an Opener: a broker in this process, in a folder of its own.
func Embedded(t testing.TB) *Broker {
	t.Helper()
	b, err := embedded.Start(t.Context(), embedded.Config{Dir: filepath.Join(t.TempDir(), "broker"), Logger: Logger(t), MinSession: time.Second})
	if err != nil {
		t.Fatalf("start the embedded broker: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := b.Stop(ctx); err != nil {
			t.Errorf("stop the embedded broker: %v", err)
		}
	})
	return newBroker(kafkabus.Config{Brokers: b.Brokers(), Dial: b.Dial, Session: 2 * time.Second})
}

// Real is a broker on a cluster that others use too; its names are its own.
func Real(t testing.TB, brokers []string) *Broker {
	t.Helper()
	return RealWith(t, kafkabus.Config{Brokers: brokers})
}

// RealWith is Real with what else the cluster asks for: TLS, SASL.
func RealWith(t testing.TB, config kafkabus.Config) *Broker {
	t.Helper()
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	config.Dial, config.Session, config.Prefix = dialer.DialContext, 6*time.Second, unique()+"-"
	return newBroker(config)
}

func newBroker(config kafkabus.Config) *Broker {
	b := &Broker{Session: config.Session, config: config}
	b.dial = config.Dial
	b.config.Dial = b.Dial
	return b
}

// Open makes a client, as another process would have; it is closed when the test ends.
func (b *Broker) Open(t testing.TB) *kafkabus.Bus {
	t.Helper()
	bus, err := kafkabus.New(b.config, Logger(t), b.Registerer)
	if err != nil {
		t.Fatalf("open the bus: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := bus.Close(ctx); err != nil {
			t.Errorf("close the bus: %v", err)
		}
	})
	return bus
}

// Topics makes n new topics.
func (b *Broker) Topics(t testing.TB, bus event.Bus, n int) []string {
	t.Helper()
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("test.%s", unique())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := bus.CreateTopics(ctx, names); err != nil {
		t.Fatalf("create topics: %v", err)
	}
	return names
}

func unique() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Logger writes to the test's log, as long as the test runs.
func Logger(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo}))
}

// ErrNetworkDown is what dialling through a network that is down answers.
var ErrNetworkDown = errors.New("the network is down")

// Network is a network that can be taken down.
type Network struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu     sync.Mutex
	down   bool
	silent bool
	open   map[*conn]struct{}
	hold   map[uint16]func()
}

// Hold has do run, once, when a client is about to send a request of a kind (its key in Kafka's protocol); the request goes out when do is over.
// What is encrypted is not seen.
func (n *Network) Hold(kind uint16, do func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hold = map[uint16]func(){kind: do}
}

// held takes what is to be done before the request that begins with p.
func (n *Network) held(p []byte) func() {
	if len(p) < 8 {
		return func() {}
	}
	kind := binary.BigEndian.Uint16(p[4:]) // behind the size
	n.mu.Lock()
	defer n.mu.Unlock()
	do := n.hold[kind]
	if do == nil {
		return func() {}
	}
	delete(n.hold, kind)
	return do
}

// Down refuses connections and ends those there are, as when the broker's process has died.
func (n *Network) Down() {
	n.mu.Lock()
	n.down = true
	open := n.open
	n.open = nil
	n.mu.Unlock()
	for c := range open {
		_ = c.Conn.Close()
	}
}

// Silent lets connections be made and stay, but nothing arrives any more, as when the broker's process is frozen or packets vanish.
func (n *Network) Silent() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.silent = true
}

// Up undoes Down and Silent. Connections that were silent stay silent for good: what they sent is lost.
func (n *Network) Up() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = false
	n.silent = false
}

// Dial connects through the network.
func (n *Network) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	n.mu.Lock()
	down := n.down
	n.mu.Unlock()
	if down {
		return nil, ErrNetworkDown
	}
	raw, err := n.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: raw, network: n}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.open == nil {
		n.open = map[*conn]struct{}{}
	}
	n.open[c] = struct{}{}
	return c, nil
}

func (n *Network) isSilent() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.silent
}

// conn loses, once the network has been silent while it was used, everything in both directions.
type conn struct {
	net.Conn
	network *Network
	lost    bool // used by one writer at a time, which is how clients of the protocol work
}

func (c *conn) Write(p []byte) (int, error) {
	c.network.held(p)()
	if c.lost = c.lost || c.network.isSilent(); c.lost {
		return len(p), nil // the answer never comes: a read waits for its deadline
	}
	return c.Conn.Write(p)
}

func (c *conn) Close() error {
	c.network.mu.Lock()
	delete(c.network.open, c)
	c.network.mu.Unlock()
	return c.Conn.Close()
}
