package testenv

import (
	"bytes"
	"cmp"
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"hash"
	"net"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/testcontainers/testcontainers-go"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Secured is a server in a container of the test's own that requires TLS and authentication.
type Secured struct {
	// Address is host:port.
	Address string
	// Authority issued the server's certificate, and issues those of clients.
	Authority *Authority
	// User and Password are credentials for SCRAM, and with Kafka for PLAIN.
	User, Password string
	// Subject is that of client certificates which MongoDB accepts by X.509; not for Kafka.
	Subject pkix.Name
}

const (
	certificatesFolder = "/etc/test-tls/"
	aDay               = 24 * time.Hour
	iterations         = 4096 // of SCRAM: Kafka's least
)

// member is the subject of the servers' certificates. MongoDB takes a client that presents one for a member of the set, with all rights.
var member = pkix.Name{CommonName: "member", Organization: []string{"members"}}

// newSecured chooses where a server listens, and issues its certificate.
func newSecured(ctx context.Context) (s *Secured, port string, server []byte, err error) {
	address, port, err := chosenAddress(ctx)
	if err != nil {
		return nil, "", nil, err
	}
	host, _, _ := net.SplitHostPort(address)
	s = &Secured{Address: address, User: "bitacora", Password: rand.Text() + "/@:&", Subject: pkix.Name{CommonName: "bitacora", Organization: []string{"clients"}}}
	if s.Authority, err = NewAuthority(); err == nil {
		server, err = s.Authority.Issue(member, time.Now().Add(aDay), host, "localhost", "127.0.0.1")
	}
	return s, port, server, err
}

// secured starts a server and stops it when the test ends.
func secured(t testing.TB, what string, start func(ctx context.Context) (*Secured, func(context.Context) error, error)) *Secured {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	s, stop, err := start(ctx)
	if stop != nil {
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
			defer cancel()
			if err := stop(ctx); err != nil {
				t.Errorf("the container of %s was not stopped: %v", what, err)
			}
		})
	}
	if err != nil {
		unavailable(t, "no container of "+what+" that asks for TLS: "+err.Error())
	}
	return s
}

func withFile(name string, content []byte) testcontainers.CustomizeRequestOption {
	return testcontainers.WithFiles(testcontainers.ContainerFile{Reader: bytes.NewReader(content), ContainerFilePath: certificatesFolder + name, FileMode: 0o644})
}

// SecuredMongo starts a replica set of one member that requires TLS and has two users that may read and write any database: Secured.User by
// SCRAM, Secured.Subject by X.509.
func SecuredMongo(t testing.TB) *Secured {
	t.Helper()
	return secured(t, "MongoDB", startSecuredMongo)
}

func startSecuredMongo(ctx context.Context) (*Secured, func(context.Context) error, error) {
	s, port, certificate, err := newSecured(ctx)
	if err != nil {
		return nil, nil, err
	}
	// Members authenticate by their certificates, so that no key file is needed; with such a certificate the test may initiate the set and make
	// the users.
	container, err := testcontainers.Run(ctx, cmp.Or(os.Getenv(EnvMongoImage), defaultMongoImage), published(port, port),
		withFile("server.pem", certificate), withFile("ca.crt", s.Authority.PEM()),
		testcontainers.WithCmd("mongod", "--replSet", "rs0", "--port", port, "--wiredTigerCacheSizeGB", "0.25",
			"--tlsMode", "requireTLS", "--tlsCertificateKeyFile", certificatesFolder+"server.pem", "--tlsCAFile", certificatesFolder+"ca.crt",
			"--tlsAllowConnectionsWithoutCertificates", "--clusterAuthMode", "x509"))
	stop := terminator(container)
	if err != nil {
		return nil, stop, err
	}
	pair, err := tls.X509KeyPair(certificate, certificate)
	if err != nil {
		return nil, stop, err
	}
	asMember := options.Client().SetAuth(options.Credential{AuthMechanism: "MONGODB-X509", AuthSource: "$external"}).SetTLSConfig(s.Trusting(pair))
	if err := initiate(ctx, s.Address, asMember); err != nil {
		return nil, stop, err
	}
	return s, stop, s.makeMongoUsers(ctx, asMember)
}

func (s *Secured) makeMongoUsers(ctx context.Context, asMember *options.ClientOptions) error {
	client, err := mongo.Connect(asMember.SetHosts([]string{s.Address}).SetDirect(true))
	if err != nil {
		return err
	}
	defer func() { _ = client.Disconnect(context.WithoutCancel(ctx)) }()
	roles := bson.A{bson.D{{Key: "role", Value: "readWriteAnyDatabase"}, {Key: "db", Value: "admin"}}}
	return errors.Join(
		client.Database("admin").RunCommand(ctx, bson.D{{Key: "createUser", Value: s.User}, {Key: "pwd", Value: s.Password}, {Key: "roles", Value: roles}}).Err(),
		client.Database("$external").RunCommand(ctx, bson.D{{Key: "createUser", Value: s.Subject.String()}, {Key: "roles", Value: roles}}).Err())
}

// MongoURI returns a MongoDB connection string for a user ("" for none) with further options.
func (s *Secured) MongoURI(user, password string, options url.Values) string {
	u := url.URL{Scheme: "mongodb", Host: s.Address, Path: "/", RawQuery: "replicaSet=rs0&" + options.Encode()}
	if user != "" {
		u.User = url.UserPassword(user, password)
	}
	return u.String()
}

// Trusting returns a client's TLS configuration that trusts Authority, with client certificates or without.
func (s *Secured) Trusting(own ...tls.Certificate) *tls.Config {
	authorities := x509.NewCertPool()
	authorities.AddCert(s.Authority.certificate)
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: authorities, Certificates: own}
}

// SecuredKafka starts a broker that requires TLS and SASL: SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN with [Secured.User].
func SecuredKafka(t testing.TB) *Secured {
	t.Helper()
	return secured(t, "Kafka", startSecuredKafka)
}

func startSecuredKafka(ctx context.Context) (*Secured, func(context.Context) error, error) {
	s, port, certificate, err := newSecured(ctx)
	if err != nil {
		return nil, nil, err
	}
	const scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
	environment := kafkaEnvironment("SECURE", s.Address)
	for name, value := range map[string]string{
		"LISTENER_SECURITY_PROTOCOL_MAP":                          "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL",
		"SSL_KEYSTORE_TYPE":                                       "PEM",
		"SSL_KEYSTORE_LOCATION":                                   certificatesFolder + "server.pem",
		"LISTENER_NAME_SECURE_SASL_ENABLED_MECHANISMS":            "SCRAM-SHA-512,SCRAM-SHA-256,PLAIN",
		"LISTENER_NAME_SECURE_SCRAM___SHA___512_SASL_JAAS_CONFIG": scram,
		"LISTENER_NAME_SECURE_SCRAM___SHA___256_SASL_JAAS_CONFIG": scram,
		"LISTENER_NAME_SECURE_PLAIN_SASL_JAAS_CONFIG":             fmt.Sprintf("org.apache.kafka.common.security.plain.PlainLoginModule required user_%s=%q;", s.User, s.Password),
	} {
		environment["KAFKA_"+name] = value
	}
	container, err := testcontainers.Run(ctx, cmp.Or(os.Getenv(EnvKafkaImage), defaultKafkaImage), published(port, "9092"),
		withFile("server.pem", certificate), testcontainers.WithEnv(environment))
	stop := terminator(container)
	if err != nil {
		return nil, stop, err
	}
	return s, stop, until(ctx, s.makeKafkaUser)
}

// makeKafkaUser creates the SCRAM credentials. It authenticates by PLAIN, whose password is in the broker's configuration.
func (s *Secured) makeKafkaUser(ctx context.Context) error {
	transport := &kafka.Transport{TLS: s.Trusting(), SASL: plain.Mechanism{Username: s.User, Password: s.Password}}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(s.Address), Transport: transport, Timeout: 10 * time.Second}
	for mechanism, h := range map[kafka.ScramMechanism]func() hash.Hash{kafka.ScramMechanismSha256: sha256.New, kafka.ScramMechanismSha512: sha512.New} {
		salt := []byte(rand.Text())
		salted, err := pbkdf2.Key(h, s.Password, salt, iterations, h().Size())
		if err != nil {
			return err
		}
		made, err := client.AlterUserScramCredentials(ctx, &kafka.AlterUserScramCredentialsRequest{Upsertions: []kafka.UserScramCredentialsUpsertion{
			{Name: s.User, Mechanism: mechanism, Iterations: iterations, Salt: salt, SaltedPassword: salted}}})
		if err != nil {
			return err
		}
		for _, result := range made.Results {
			err = errors.Join(err, result.Error)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
