// Package embedded runs a broker that speaks Kafka's protocol inside the process, for the single binary and for tests. Nothing but
// its own process can reach it: it listens in memory. It is the only importer of kfake and franz-go.
//
// Its folder is disposable: whatever it holds can be published again from the documents. So it is never repaired. When it is
// damaged in any way, or ends earlier than it is known to have ended once, it is set aside and an empty one takes its place;
// Fresh then says that everything is to be published again, and goes on saying so until that has been done. For the same reason nothing is
// synced to the disk: what was acknowledged outlives the process, but not a power cut. The owner must not let a log be used that one came over,
// and tells it by Config.Owner.
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
	address     = "embedded:9092" // a name for the protocol, which wants one; nothing listens there
	pipeBytes   = 256 << 10
	callTimeout = 5 * time.Second
	tailTimeout = 30 * time.Second
)

// ErrInUse is what Start returns when another broker, of this process or another, has the folder.
var ErrInUse = errors.New("in use by another broker")

// Config says where the broker keeps its log.
type Config struct {
	// Dir is the broker's own folder; it is made. Next to it appear Dir.lock and, once it was damaged, Dir.damaged (the last only).
	Dir string
	// Logger gets one line when the folder is set aside, and the broker's own warnings.
	Logger *slog.Logger
	// MinSession is the shortest session that a group member may ask for; 0 is the usual 6 s. Tests set less.
	MinSession time.Duration
	// Owner is whose the folder must be, 0 when nobody asks. A folder that is another's, or of another generation than Generations names, is as
	// good as damaged; one without a mark, of before there were marks, is taken as it is.
	Owner       uint32
	Generations []uint32
}

// Broker is a broker that runs.
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

// Start opens the folder, or begins an empty one. It fails when another broker has the folder, or when no folder can be made.
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

// begin opens the folder as it is or, when it is damaged, an empty one.
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
		if damage = b.ledger.of(b.config); damage == nil {
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

// open starts kfake on the folder. What kfake would mend silently, with a warning, is damage here.
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

// Brokers are the addresses to give to kafkabus together with Dial.
func (b *Broker) Brokers() []string { return []string{address} }

// Dial connects to the broker, whatever address is asked for.
func (b *Broker) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return b.listener.DialContext(ctx)
}

// Fresh says that the log does not hold everything that was ever published: the owner resets its groups and republishes everything
// from the documents, then calls Whole. It stays true over restarts until then.
func (b *Broker) Fresh() bool {
	b.ledger.mu.Lock()
	defer b.ledger.mu.Unlock()
	return b.ledger.Fresh
}

// Whole records that the log holds everything, whose it is from now on, and of which generation: both at once, so that no power cut leaves a log
// that is taken for whole and says nothing of when it was written.
func (b *Broker) Whole(owner, generation uint32) error {
	b.ledger.mu.Lock()
	defer b.ledger.mu.Unlock()
	b.ledger.Fresh, b.ledger.Owner, b.ledger.Generation = false, owner, generation
	return b.ledger.write(b.config.Dir)
}

// Stop closes the log in good order, which speeds up the next start. When ctx ends first it returns its error; the log is then as
// after a kill, which is just as safe.
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

// listener gives the in-memory listener an address in the form that the protocol sends to clients.
type listener struct{ *bufconn.Listener }

func (listener) Addr() net.Addr { return addr{} }

type addr struct{}

func (addr) Network() string { return "tcp" }
func (addr) String() string  { return address }

// warnings passes kfake's warnings to the log, and remembers those that came while the folder was read.
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
