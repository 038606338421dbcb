package consume_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/pkg/embedded"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume/consumetest"
	"github.com/bitacora-salud/bitacora/pkg/event/kafkabus"
)

// local is what local mode runs on: SQLite files and the broker in the process, in one folder.
var local = consumetest.Env{
	Name:  "local",
	Place: func(t testing.TB) string { return t.TempDir() },
	Driver: func(ctx context.Context, place, name string) (docstore.Driver, error) {
		return sqlitedoc.Open(ctx, sqlitedoc.Config{Path: filepath.Join(place, name+".db")})
	},
	Bus: func(ctx context.Context, place string) (event.Bus, func(), error) {
		quiet := slog.New(slog.DiscardHandler)
		broker, err := embedded.Start(ctx, embedded.Config{Dir: filepath.Join(place, "broker"), Logger: quiet, MinSession: time.Second})
		if err != nil {
			return nil, nil, err
		}
		bus, err := kafkabus.New(kafkabus.Config{Brokers: broker.Brokers(), Dial: broker.Dial, Session: 2 * time.Second}, quiet, nil)
		stop := func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if err := errors.Join(bus.Close(ctx), broker.Stop(ctx)); err != nil {
				panic(err)
			}
		}
		return lossyBus{bus, broker}, stop, err
	},
}

// lossyBus tells of a log that was set aside because a kill came in the middle of one of its records.
type lossyBus struct {
	*kafkabus.Bus
	broker *embedded.Broker
}

func (b lossyBus) Fresh() bool  { return b.broker.Fresh() }
func (b lossyBus) Whole() error { return b.broker.Whole(0, 0) }

func TestLocal(t *testing.T) { consumetest.Run(t, local) }

func BenchmarkLocal(b *testing.B) { consumetest.Bench(b, local) }
