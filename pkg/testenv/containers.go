package testenv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/segmentio/kafka-go"
	"github.com/testcontainers/testcontainers-go"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const (
	defaultMongoImage = "mongo:6.0"
	defaultKafkaImage = "apache/kafka:4.1.1"
	poll              = 100 * time.Millisecond
)

// StartMongo starts a container with a MongoDB replica set of one member and waits until it is primary.
// The caller stops it. It fails when no container engine answers or the image cannot be pulled.
func StartMongo(ctx context.Context) (uri string, stop func(context.Context) error, err error) {
	// The member must find itself, and its clients must find it, under the one address in the set's
	// configuration: so it listens on the same port inside and outside, chosen before the start.
	address, port, err := chosenAddress(ctx)
	if err != nil {
		return "", nil, err
	}
	stop, err = started(ctx, cmp.Or(os.Getenv(EnvMongoImage), defaultMongoImage), func(ctx context.Context) error { return initiate(ctx, address, options.Client()) },
		published(port, port), testcontainers.WithCmd("mongod", "--replSet", "rs0", "--port", port, "--wiredTigerCacheSizeGB", "0.5",
			// A test's database holds some hundred files, which a server keeps open for ten minutes after their last use, and one that reaches the
			// engine's bound on open files (often 20,000) ends.
			"--setParameter", "wiredTigerFileHandleCloseIdleTime=30"))
	return "mongodb://" + address + "/?replicaSet=rs0", stop, err
}

// started runs a container and waits until it is ready; one that does not become ready is stopped.
func started(ctx context.Context, image string, ready func(context.Context) error, options ...testcontainers.ContainerCustomizer) (stop func(context.Context) error, err error) {
	server, err := testcontainers.Run(ctx, image, options...)
	stop = terminator(server)
	if err == nil {
		err = ready(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("container of %s: %w", image, err), stop(context.WithoutCancel(ctx)))
	}
	return stop, nil
}

func initiate(ctx context.Context, address string, as *options.ClientOptions) error {
	client, err := mongo.Connect(as.SetHosts([]string{address}).SetDirect(true).SetServerSelectionTimeout(startTimeout))
	if err != nil {
		return err
	}
	defer func() { _ = client.Disconnect(context.WithoutCancel(ctx)) }()
	config := bson.D{{Key: "_id", Value: "rs0"}, {Key: "members", Value: bson.A{
		bson.D{{Key: "_id", Value: 0}, {Key: "host", Value: address}}}}}
	admin := client.Database("admin")
	if err := admin.RunCommand(ctx, bson.D{{Key: "replSetInitiate", Value: config}}).Err(); err != nil {
		return fmt.Errorf("initiate the replica set: %w", err)
	}
	return until(ctx, func(ctx context.Context) error {
		var hello struct {
			Primary bool `bson:"isWritablePrimary"`
		}
		if err := admin.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil {
			return err
		}
		if !hello.Primary {
			return errors.New("no primary yet")
		}
		return nil
	})
}

// StartKafka starts a container with one Kafka broker in KRaft mode and waits until it answers.
// The caller stops it. It fails when no container engine answers or the image cannot be pulled.
func StartKafka(ctx context.Context) (brokers string, stop func(context.Context) error, err error) {
	// A broker advertises its address to clients, so it is chosen before the start.
	brokers, port, err := chosenAddress(ctx)
	if err != nil {
		return "", nil, err
	}
	stop, err = started(ctx, cmp.Or(os.Getenv(EnvKafkaImage), defaultKafkaImage), func(ctx context.Context) error {
		return until(ctx, func(ctx context.Context) error { return brokerAnswers(ctx, brokers) })
	}, published(port, "9092"), testcontainers.WithEnv(kafkaEnvironment("PLAINTEXT_HOST", brokers)))
	return brokers, stop, err
}

// kafkaEnvironment configures a broker that is its own controller. Its clients come in by the one listener that is named, in the clear
// unless LISTENER_SECURITY_PROTOCOL_MAP is set otherwise, on the container's port 9092 and under address.
func kafkaEnvironment(listener, address string) map[string]string {
	return map[string]string{
		"KAFKA_NODE_ID":                                  "1",
		"KAFKA_PROCESS_ROLES":                            "broker,controller",
		"KAFKA_LISTENERS":                                "PLAINTEXT://:19092,CONTROLLER://:9093," + listener + "://:9092",
		"KAFKA_ADVERTISED_LISTENERS":                     "PLAINTEXT://localhost:19092," + listener + "://" + address,
		"KAFKA_LISTENER_SECURITY_PROTOCOL_MAP":           "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT," + listener + ":PLAINTEXT",
		"KAFKA_INTER_BROKER_LISTENER_NAME":               "PLAINTEXT",
		"KAFKA_CONTROLLER_LISTENER_NAMES":                "CONTROLLER",
		"KAFKA_CONTROLLER_QUORUM_VOTERS":                 "1@localhost:9093",
		"KAFKA_AUTO_CREATE_TOPICS_ENABLE":                "false",
		"KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR":         "1",
		"KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS":             "8",
		"KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
		"KAFKA_TRANSACTION_STATE_LOG_MIN_ISR":            "1",
		"KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS":         "0",
		"KAFKA_HEAP_OPTS":                                "-Xmx384m",
	}
}

func brokerAnswers(ctx context.Context, address string) error {
	conn, err := kafka.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	_, err = conn.Controller()
	return err
}

// engine returns the host under which the container engine's published ports are reached.
func engine(ctx context.Context) (host string, err error) {
	// testcontainers panics where it finds no engine to ask.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("no container engine: %v", r)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	provider, err := testcontainers.NewDockerProvider()
	if err != nil {
		return "", fmt.Errorf("no container engine: %w", err)
	}
	if err := provider.Health(ctx); err != nil {
		return "", fmt.Errorf("no container engine: %w", err)
	}
	return provider.DaemonHost(ctx)
}

func terminator(server *testcontainers.DockerContainer) func(context.Context) error {
	return func(ctx context.Context) error {
		if server == nil {
			return nil
		}
		return server.Terminate(ctx, testcontainers.StopTimeout(0))
	}
}

// chosenAddress returns a free port of this machine, and with it the address under which the
// container engine will publish it.
func chosenAddress(ctx context.Context) (address, port string, err error) {
	host, err := engine(ctx)
	if err != nil {
		return "", "", err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", ":0")
	if err != nil {
		return "", "", fmt.Errorf("a free port: %w", err)
	}
	port = strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	return net.JoinHostPort(host, port), port, listener.Close()
}

// published makes the container's port reachable under the given port of the engine's host.
func published(hostPort, containerPort string) testcontainers.CustomizeRequestOption {
	return func(req *testcontainers.GenericContainerRequest) error {
		port, err := network.ParsePort(containerPort + "/tcp")
		if err != nil {
			return err
		}
		req.ExposedPorts = []string{port.String()}
		req.HostConfigModifier = func(host *container.HostConfig) {
			host.PortBindings = network.PortMap{port: {{HostPort: hostPort}}}
		}
		return nil
	}
}

// until repeats attempt until it succeeds; when ctx ends first, it returns the last failure.
func until(ctx context.Context, attempt func(context.Context) error) error {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for {
		err := attempt(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: last: %w", ctx.Err(), err)
		case <-ticker.C:
		}
	}
}
