//go:build integration

package testenv_test

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.M(m)) }

// Transactions are what the document store needs a replica set for.
func TestMongoCommitsATransaction(t *testing.T) {
	uri, database := testenv.Database(t)
	client := connect(t, uri)
	c := client.Database(database).Collection("facts")
	session, err := client.StartSession()
	if err != nil {
		t.Fatal(err)
	}
	defer session.EndSession(t.Context())
	_, err = session.WithTransaction(t.Context(), func(ctx context.Context) (any, error) {
		if _, err := c.InsertOne(ctx, bson.M{"_id": 1}); err != nil {
			return nil, err
		}
		return c.InsertOne(ctx, bson.M{"_id": 2})
	}, options.Transaction().SetWriteConcern(writeconcern.Majority()))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := c.CountDocuments(t.Context(), bson.M{}); err != nil || n != 2 {
		t.Fatalf("%d documents, error %v; want 2", n, err)
	}
}

func TestKafkaGivesBackWhatItTook(t *testing.T) {
	brokers := testenv.Kafka(t)
	topic := makeTopic(t, brokers, 1)
	write(t, brokers, topic, "hola")
	expect(t, brokers, topic, "hola")
}

func TestMongoMembersElectAnotherPrimary(t *testing.T) {
	members := testenv.MongoMembers(t)
	client := connect(t, members.URI)
	c := client.Database(testenv.Name(t)).Collection("facts")
	defer func() { _ = c.Database().Drop(context.WithoutCancel(t.Context())) }()
	if _, err := c.InsertOne(t.Context(), bson.M{"_id": "before"}); err != nil {
		t.Fatal(err)
	}
	var hello struct {
		Primary string `bson:"primary"`
	}
	if err := client.Database("admin").RunCommand(t.Context(), bson.M{"hello": 1}).Decode(&hello); err != nil {
		t.Fatal(err)
	}
	members.Kill(t, members.Index(t, hello.Primary))
	if _, err := c.InsertOne(t.Context(), bson.M{"_id": "after"}); err != nil {
		t.Fatalf("no other primary took the write: %v", err)
	}
	if n, err := c.CountDocuments(t.Context(), bson.M{}); err != nil || n != 2 {
		t.Fatalf("%d documents, error %v; want 2", n, err)
	}
}

func TestKafkaBrokersSurviveOneFrozenAndOneKilled(t *testing.T) {
	brokers := testenv.KafkaBrokers(t)
	topic := makeTopic(t, brokers.Addrs, 3)
	brokers.Signal(t, 0, syscall.SIGSTOP)
	brokers.Signal(t, 0, syscall.SIGCONT)
	brokers.Kill(t, 2)
	write(t, brokers.Addrs[:2], topic, "with two of three")
	brokers.Restart(t)
	write(t, brokers.Addrs[2:], topic, "with all of them")
	expect(t, brokers.Addrs[2:], topic, "with two of three", "with all of them")
}

func connect(t *testing.T, uri string) *mongo.Client {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetTimeout(30 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	return client
}

func makeTopic(t *testing.T, brokers []string, replicas int) string {
	t.Helper()
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(brokers...), Transport: transport, Timeout: 30 * time.Second}
	topic := testenv.Name(t)
	made, err := client.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: 1, ReplicationFactor: replicas}}})
	if err != nil || made.Errors[topic] != nil {
		t.Fatalf("topic not made: %v, %+v", err, made)
	}
	return topic
}

func write(t *testing.T, brokers []string, topic, value string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	transport := &kafka.Transport{MetadataTTL: time.Second}
	defer transport.CloseIdleConnections()
	// Attempts enough for the remaining brokers to notice that one is gone, which takes them up to 10 s.
	w := &kafka.Writer{Addr: kafka.TCP(brokers...), Topic: topic, RequiredAcks: kafka.RequireAll,
		BatchTimeout: time.Millisecond, MaxAttempts: 60, Transport: transport}
	if err := errors.Join(w.WriteMessages(ctx, kafka.Message{Value: []byte(value)}), w.Close()); err != nil {
		t.Fatal(err)
	}
}

// expect reads the values in their order; a repeated one is what a write in doubt leaves behind.
func expect(t *testing.T, brokers []string, topic string, values ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r := kafka.NewReader(kafka.ReaderConfig{Brokers: brokers, Topic: topic})
	defer func() { _ = r.Close() }()
	for last := ""; len(values) > 0; {
		got, err := r.ReadMessage(ctx)
		switch value := string(got.Value); {
		case err == nil && value == values[0]:
			last, values = value, values[1:]
		case err != nil || value != last:
			t.Fatalf("read %q, error %v; want %q", value, err, values[0])
		}
	}
}
