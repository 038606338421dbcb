//go:build integration

package consume_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/mongodoc"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume/consumetest"
	"github.com/bitacora-salud/bitacora/pkg/event/kafkabus"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

func TestMain(m *testing.M) {
	consumetest.Child(local, servers())
	goleak.VerifyTestMain(testenv.M(m))
}

// servers is what an installation runs on. A place is a prefix of the names of databases, topics and groups.
func servers() consumetest.Env {
	return consumetest.Env{
		Name: "servers",
		Place: func(t testing.TB) string {
			place := testenv.Name(t)
			t.Cleanup(func() { drop(t, place+"-publisher", place+"-listener", place+"-fresh") })
			return place
		},
		Driver: func(ctx context.Context, place, name string) (docstore.Driver, error) {
			cfg := mongodoc.Config{URI: os.Getenv(testenv.EnvMongoURI), Database: place + "-" + name}
			return mongodoc.Open(ctx, cfg, slog.New(slog.DiscardHandler), nil)
		},
		Bus: func(_ context.Context, _ string) (event.Bus, func(), error) {
			cfg := kafkabus.Config{Brokers: strings.Split(os.Getenv(testenv.EnvKafkaBrokers), ",")}
			bus, err := kafkabus.New(cfg, slog.New(slog.DiscardHandler), nil)
			return bus, func() {
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				defer cancel()
				_ = bus.Close(ctx) // the servers are shared; connections that had to be cut harm nobody
			}, err
		},
	}
}

func TestServers(t *testing.T) {
	// The suite's child processes find the servers where this process does: through the environment.
	t.Setenv(testenv.EnvMongoURI, testenv.Mongo(t))
	t.Setenv(testenv.EnvKafkaBrokers, strings.Join(testenv.Kafka(t), ","))
	consumetest.Run(t, servers())
}

func BenchmarkServers(b *testing.B) {
	b.Setenv(testenv.EnvMongoURI, testenv.Mongo(b))
	b.Setenv(testenv.EnvKafkaBrokers, strings.Join(testenv.Kafka(b), ","))
	consumetest.Bench(b, servers())
}

func drop(t testing.TB, databases ...string) {
	// A child that was killed in a transaction leaves it open, for as long as the server allows: a minute.
	ctx, cancel := context.WithTimeout(context.Background(), 75*time.Second)
	defer cancel()
	client, err := mongo.Connect(options.Client().ApplyURI(os.Getenv(testenv.EnvMongoURI)))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range databases {
		err = errors.Join(err, client.Database(name).Drop(ctx))
	}
	if err := errors.Join(err, client.Disconnect(ctx)); err != nil {
		t.Logf("databases stay behind: %v", err)
	}
}
