// Package embedded runs a broker that speaks Kafka's protocol inside the process, for the single binary and for tests. Only its own process
// can reach it: it listens in memory. It is the only importer of kfake and franz-go.
//
// Its folder is disposable: whatever it holds can be published again from the documents. So it is never repaired. When it is damaged in any
// way, or ends earlier than it once did, Start renames it and begins an empty one; Fresh is then true until everything has been published
// again. For the same reason nothing is synced to the disk: what was acknowledged survives a kill of the process, but not a power cut. So the
// caller must pass another Config.Owner after a power cut: the single binary derives it from the machine's boot id.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"google.golang.org/grpc/test/bufconn"
)

const (
	address     = "embedded:9092" // the protocol needs an address; nothing listens there
	pipeBytes   = 256 << 10
	callTimeout = 5 * time.Second
	tailTimeout = 30 * time.Second
)

// ErrInUse is returned by Start when another broker, of this process or another, uses the folder.
var ErrInUse = errors.New("in use by another broker")

// Config configures a broker.
type Config struct {
	// Dir is the broker's own folder, which it creates. Beside it are Dir.lock and, once it was damaged, Dir.damaged (the latest only).
	Dir string
	// Logger gets a warning when the folder is damaged, and kfake's own warnings.
	Logger *slog.Logger
	// MinSession is the shortest session that a group member may ask for; 0 is the usual 6 s. Tests set less.
	MinSession time.Duration
	// Owner is the id of the folder's owner, 0 for none. A folder that was last marked (Whole) by another owner, or with a generation that is not
	// among Generations, counts as damaged; one that an earlier release left without a mark does not.
	Owner       uint32
	Generations []uint32
}

// Broker is a running broker.
type Broker struct {
	config   Config
	listener *bufconn.Listener
	cluster  *kfake.Cluster
	client   *kgo.Client
	warnings *warnings
	ledger   *ledger
	unlock   func()
	stop     context.CancelFunc
	stopped  sync.WaitGroup

	heldMu sync.Mutex
	held   map[string]os.FileInfo
}

// Start opens the folder and runs the broker; a folder that is missing or damaged becomes an empty one. It fails with ErrInUse, or when the
// folder cannot be created.
func Start(ctx context.Context, config Config) (*Broker, error) {
	if err := os.MkdirAll(filepath.Dir(config.Dir), 0o700); err != nil {
		return nil, fmt.Errorf("broker's folder: %w", err)
	}
	unlock, err := lock(config.Dir + ".lock")
	if err != nil {
		return nil, fmt.Errorf("broker's folder %s: %w", config.Dir, err)
	}
	b := &Broker{config: config, unlock: unlock, held: map[string]os.FileInfo{}}
	if err := b.begin(ctx); err != nil {
		unlock()
		return nil, err
	}
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	b.stop = stop
	b.stopped.Go(func() { b.keepLedger(life) })
	return b, nil
}

// begin opens the folder or, when it is damaged, an empty one.
func (b *Broker) begin(ctx context.Context) error {
	dir := b.config.Dir
	entries, err := os.ReadDir(dir)
	if len(entries) == 0 && (err == nil || errors.Is(err, fs.ErrNotExist)) {
		return b.beginEmpty()
	}
	var damage error
	if err != nil {
		damage = err
	} else if b.ledger, damage = readLedger(dir); damage == nil {
		if damage = b.ledger.checkOwner(b.config); damage == nil {
			damage = b.open()
		}
		if damage == nil {
			if damage = b.inspect(ctx); damage == nil {
				return nil
			}
			b.shut()
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	aside := dir + ".damaged"
	b.config.Logger.Warn("the embedded broker's folder is damaged or not of these stores: set aside, everything is to be published again",
		"folder", aside, "damage", damage)
	if err := errors.Join(os.RemoveAll(aside), os.Rename(dir, aside)); err != nil {
		return fmt.Errorf("set the broker's folder aside: %w", err)
	}
	return b.beginEmpty()
}

func (b *Broker) beginEmpty() error {
	b.ledger = &ledger{Fresh: true}
	if err := errors.Join(os.MkdirAll(b.config.Dir, 0o700), b.ledger.write(b.config.Dir)); err != nil {
		return fmt.Errorf("broker's folder: %w", err)
	}
	return b.open()
}

// open starts kfake on the folder. What kfake repairs with no more than a warning counts as damage.
func (b *Broker) open() error {
	b.listener = bufconn.Listen(pipeBytes)
	b.warnings = &warnings{log: b.config.Logger, loading: true}
	options := []kfake.Opt{
		kfake.NumBrokers(1), kfake.DataDir(b.config.Dir), kfake.WithLogger(b.warnings),
		kfake.ListenFn(func(string, string) (net.Listener, error) { return listener{b.listener}, nil }),
		kfake.BrokerConfigs(map[string]string{
			"log.retention.ms":          "-1",
			"offsets.retention.minutes": "52560000", // a century: a group that was away for a week is not a new one
			"state.log.compact.bytes":   "524288",   // rewrites the log of commits, which would grow for ever, at 512 KiB
		}),
	}
	if b.config.MinSession > 0 {
		options = append(options, kfake.GroupMinSessionTimeout(b.config.MinSession))
	}
	var err error
	if b.cluster, err = kfake.NewCluster(options...); err != nil {
		return fmt.Errorf("open the broker: %w", err)
	}
	b.client, err = kgo.NewClient(kgo.SeedBrokers(address), kgo.Dialer(b.Dial), kgo.RequestRetries(1), kgo.RetryTimeout(callTimeout))
	if err == nil {
		err = b.warnings.loaded()
	}
	if err != nil {
		b.shut()
	}
	return err
}

func (b *Broker) shut() {
	if b.client != nil {
		b.client.Close()
	}
	b.cluster.Close()
	b.cluster, b.client = nil, nil
}

// Brokers returns the addresses for kafkabus, which must connect with Dial.
func (b *Broker) Brokers() []string { return []string{address} }

// Dial connects to the broker; it ignores network and address.
func (b *Broker) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return b.listener.DialContext(ctx)
}

// Fresh reports that the log lacks events that were published before: the owner must reset its groups, republish everything from the documents
// and call Whole. Until then it stays true, also after restarts.
func (b *Broker) Fresh() bool {
	b.ledger.mu.Lock()
	defer b.ledger.mu.Unlock()
	return b.ledger.Fresh
}

// Whole ends Fresh and marks the log with its owner and generation, in one write: a power cut cannot leave a log that is whole without a mark.
func (b *Broker) Whole(owner, generation uint32) error {
	b.ledger.mu.Lock()
	defer b.ledger.mu.Unlock()
	b.ledger.Fresh, b.ledger.Owner, b.ledger.Generation = false, owner, generation
	return b.ledger.write(b.config.Dir)
}

// Stop closes the log, which makes the next start faster. When ctx ends first it returns ctx's error and leaves the log as after a kill, which
// loses nothing.
func (b *Broker) Stop(ctx context.Context) error {
	b.stop()
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		b.stopped.Wait()
		b.shut()
		b.unlock()
	}()
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop the broker: %w", ctx.Err())
	}
}

// listener gives the in-memory listener an address that can be sent to clients.
type listener struct{ *bufconn.Listener }

func (listener) Addr() net.Addr { return addr{} }

type addr struct{}

func (addr) Network() string { return "tcp" }
func (addr) String() string  { return address }

// warnings passes kfake's warnings to the log; those while the folder is read it collects as damage.
type warnings struct {
	log *slog.Logger

	mu      sync.Mutex
	loading bool
	damage  []error
}

// Logf implements kfake.Logger.
func (w *warnings) Logf(level kfake.LogLevel, format string, args ...any) {
	if level > kfake.LogLevelWarn {
		return
	}
	message := fmt.Sprintf(format, args...)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.loading {
		w.damage = append(w.damage, errors.New(message))
		return
	}
	w.log.Warn("embedded broker", "detail", message)
}

func (w *warnings) loaded() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.loading = false
	return errors.Join(w.damage...)
}
