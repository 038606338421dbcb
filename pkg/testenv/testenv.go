// Package testenv gives integration tests a real MongoDB replica set, a real Apache Kafka and a real Keycloak.
//
// Where they come from, first match wins:
//
//   - servers that already run: MONGODB_URI, KAFKA_BROKERS (host:port, comma separated), KEYCLOAK_URL;
//   - containers, when a container engine answers: the images named by BITACORA_TEST_MONGO_IMAGE
//     and BITACORA_TEST_KAFKA_IMAGE, by default the public ones. One container of each for a whole
//     test process (see [M]), or for a whole run of several packages (see the program withservers);
//     Keycloak is a plain process instead, which a script starts (see [EnvTools]);
//   - otherwise the test is skipped, with the reason. Under CI (CI or BITACORA_REQUIRE_INTEGRATION set
//     to anything but "", "0" or "false") it fails instead, so that nothing is skipped unnoticed.
//
// Servers are shared: a test takes its own names from [Name], its own database from [Database], its own realm from [NewRealm].
// Servers that require TLS and credentials are not: [SecuredMongo], [SecuredKafka]. Tests that kill servers use a cluster of plain processes
// instead: [MongoMembers], [KafkaBrokers].
//
// Nothing outside tests may import this package.
package testenv

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Environment variables this package reads.
const (
	EnvMongoURI     = "MONGODB_URI"
	EnvKafkaBrokers = "KAFKA_BROKERS"
	EnvMongoImage   = "BITACORA_TEST_MONGO_IMAGE"
	EnvKafkaImage   = "BITACORA_TEST_KAFKA_IMAGE"
	EnvRequire      = "BITACORA_REQUIRE_INTEGRATION"
)

const (
	startTimeout = 4 * time.Minute // the first pull of a public image is in it
	stopTimeout  = 30 * time.Second
)

// A server is shared by all tests of the process, hence package state; it is started by the first
// test that asks and stopped by M.
type server struct {
	once    sync.Once
	start   func(context.Context) (address string, stop func(context.Context) error, err error)
	address string
	stop    func(context.Context) error
	err     error
}

var (
	mongoServer = &server{start: StartMongo}
	kafkaServer = &server{start: StartKafka}

	keycloakServer = &server{start: StartKeycloak}
)

func (s *server) get(t testing.TB, what, env string) string {
	t.Helper()
	if address := os.Getenv(env); address != "" {
		return address
	}
	s.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
		defer cancel()
		s.address, s.stop, s.err = s.start(ctx)
	})
	if s.err != nil {
		unavailable(t, "no "+what+": "+env+" is not set and none could be started: "+s.err.Error())
	}
	return s.address
}

// Mongo returns the connection string of a MongoDB replica set with a primary.
func Mongo(t testing.TB) (uri string) {
	t.Helper()
	return mongoServer.get(t, "MongoDB", EnvMongoURI)
}

// Kafka returns the bootstrap addresses (host:port) of a Kafka cluster that does not create topics on first use.
func Kafka(t testing.TB) (brokers []string) {
	t.Helper()
	return strings.Split(kafkaServer.get(t, "Kafka", EnvKafkaBrokers), ",")
}

// Database returns [Mongo]'s connection string and the name of a database of the test's own, which is dropped when the test ends.
func Database(t testing.TB) (uri, name string) {
	t.Helper()
	uri, name = Mongo(t), Name(t)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		client, err := mongo.Connect(options.Client().ApplyURI(uri))
		if err == nil {
			err = errors.Join(client.Database(name).Drop(ctx), client.Disconnect(ctx))
		}
		if err != nil {
			t.Logf("database %s stays behind: %v", name, err)
		}
	})
	return uri, name
}

// Empty deletes all documents of a database and leaves its collections and indexes, which costs a server far less than another database.
func Empty(uri, name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		return err
	}
	defer func() { _ = client.Disconnect(context.WithoutCancel(ctx)) }()
	names, err := client.Database(name).ListCollectionNames(ctx, bson.D{})
	for _, c := range names {
		_, deleted := client.Database(name).Collection(c).DeleteMany(ctx, bson.D{})
		err = errors.Join(err, deleted)
	}
	return err
}

// Name returns a unique name for what the test makes on a shared server: lower-case letters, digits and "-", at most 41 characters, valid for a
// database, a topic prefix or a consumer group.
func Name(t testing.TB) string {
	t.Helper()
	const keep = 32
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, strings.TrimPrefix(t.Name(), "Test"))
	if len(clean) > keep {
		clean = clean[:keep]
	}
	var unique [4]byte
	if _, err := rand.Read(unique[:]); err != nil {
		t.Fatalf("a unique name: %v", err)
	}
	return clean + "-" + hex.EncodeToString(unique[:])
}

// M wraps a test main so that the containers of this process, if any were started, are stopped after its tests:
//
//	func TestMain(m *testing.M) { os.Exit(testenv.M(m).Run()) }
//	func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.M(m)) }
//
// Without it testcontainers' reaper stops them once it notices that the process has ended.
func M(m *testing.M) Main { return Main{run: m.Run} }

// Main is a test main that stops containers; [M] makes it.
type Main struct{ run func() int }

// Run runs the tests, stops the containers that they shared, and returns the exit code.
func (m Main) Run() int {
	code := m.run()
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	for _, s := range []*server{mongoServer, kafkaServer, keycloakServer} {
		if s.stop == nil {
			continue
		}
		if err := s.stop(ctx); err != nil {
			code = max(code, 1)
			os.Stderr.WriteString("testenv: a server was not stopped: " + err.Error() + "\n")
		}
	}
	return code
}

// unavailable skips the test, or fails it if servers are required.
func unavailable(t testing.TB, why string) {
	t.Helper()
	if required() {
		t.Fatalf("integration: %s (a failure, because CI or %s is set)", why, EnvRequire)
	}
	t.Skip("integration: " + why)
}

func required() bool {
	for _, name := range []string{"CI", EnvRequire} {
		switch os.Getenv(name) {
		case "", "0", "false":
		default:
			return true
		}
	}
	return false
}
