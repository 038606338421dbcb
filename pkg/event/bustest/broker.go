// Package bustest is the test suite of event.Bus, for the embedded broker and for a real cluster alike. It also has a broker whose network can
// be cut, for the tests of relay and consumers.
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

// Opener makes a broker without topics and groups, as the test sees it, and closes it when the test ends.
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

// Embedded is an Opener: it runs a broker in this process, in a temporary folder.
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

// Real makes a broker on a shared cluster, with a prefix of its own for topics and groups.
func Real(t testing.TB, brokers []string) *Broker {
	t.Helper()
	return RealWith(t, kafkabus.Config{Brokers: brokers})
}

// RealWith is Real with the settings of config, such as TLS and SASL.
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

// Open makes a new client, as another process would; it is closed when the test ends.
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

// Topics creates n new topics and returns their names.
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

// Logger makes a logger that writes to the test's log while the test runs.
func Logger(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo}))
}

// ErrNetworkDown is returned by Dial while the network is down.
var ErrNetworkDown = errors.New("the network is down")

// Network is a network that a test can cut.
type Network struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu     sync.Mutex
	down   bool
	silent bool
	open   map[*conn]struct{}
	hold   map[uint16]func()
}

// Hold calls do once, before a client sends the next request of a kind (its key in Kafka's protocol); the request is sent when do returns.
// Requests on encrypted connections are not noticed.
func (n *Network) Hold(kind uint16, do func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hold = map[uint16]func(){kind: do}
}

// held removes and returns what Hold set for the request that begins with p, or nil.
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

// Down refuses new connections and closes the others, as when the broker's process has died.
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

// Silent keeps connections open and accepts new ones, but drops all data, as when the broker's process is frozen or packets are lost.
func (n *Network) Silent() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.silent = true
}

// Up ends Down and Silent. Connections that were used while silent stay silent: what they sent is lost.
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
