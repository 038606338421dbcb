// Package process runs one service as a process of its own: documents in MongoDB, events on Kafka, tokens from an OIDC provider. Each
// service's cmd calls it; the single binary (services/bitacora) does not use it.
package process

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"regexp"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/config"
	"github.com/bitacora-salud/bitacora/pkg/event/kafkabus"
	"github.com/bitacora-salud/bitacora/pkg/service"
)

// Prefix begins the name of every environment variable.
const Prefix = "BITACORA"

// Config is a service's configuration, read from the environment by config.Load.
type Config struct {
	HTTP    HTTP
	MongoDB MongoDB `envconfig:"MONGODB"`
	Kafka   Kafka
	OIDC    OIDC `envconfig:"OIDC"`
	Service service.Config
	Log     Log
	// OTLPEndpoint is the value of OTEL_EXPORTER_OTLP_ENDPOINT, which has no prefix; this package fills it in.
	OTLPEndpoint string        `ignored:"true"`
	StopWithin   time.Duration `default:"25s" desc:"longest time from the signal to the end"`
}

// HTTP configures the listener.
type HTTP struct {
	Addr  string        `desc:"host:port to listen on; the service's own port when empty: asset 8081, workorder 8082, delivery 8083, status 8084, people 8085"`
	Drain time.Duration `default:"0s" desc:"time between saying not-ready and taking no more requests"`
}

// MongoDB configures the document store.
type MongoDB struct {
	URI      config.Secret `required:"true" desc:"connection string of a replica set; TLS and credentials are part of it"`
	Database string        `desc:"database of the service; bitacora_<service> when empty"`
	Timeout  time.Duration `default:"5s" desc:"longest time for one call"`
}

// Kafka configures the broker.
type Kafka struct {
	Brokers           []string      `required:"true" desc:"host:port of brokers to begin with, separated by commas"`
	ReplicationFactor int           `default:"0" desc:"replicas of topics that migrate makes; 0 is the cluster's default"`
	Prefix            string        `desc:"goes before every name of a topic or group, so that installations can share a cluster"`
	ManageTopics      bool          `default:"true" desc:"whether migrate makes missing topics; false: it only checks them"`
	TLS               bool          `envconfig:"TLS" default:"false" desc:"whether connections are encrypted"`
	CAFile            string        `envconfig:"CA_FILE" desc:"file with the authorities of the brokers' certificates; the system's when empty"`
	SASLMechanism     string        `envconfig:"SASL_MECHANISM" desc:"SCRAM-SHA-512, SCRAM-SHA-256, PLAIN or nothing"`
	SASLUser          string        `envconfig:"SASL_USER" desc:"user name"`
	SASLPassword      config.Secret `envconfig:"SASL_PASSWORD" desc:"password"`
}

// prefixShape is what Kafka admits at the front of a name, with room for the rest.
var prefixShape = regexp.MustCompile(`^[a-zA-Z0-9._-]{0,100}$`)

// Validate refuses a prefix that no name may have, and settings that contradict each other.
func (k Kafka) Validate() error {
	if !prefixShape.MatchString(k.Prefix) {
		return errors.New("PREFIX has at most 100 letters, digits, dots, hyphens and underscores")
	}
	if k.SASLMechanism != "" && (k.SASLUser == "" || k.SASLPassword == "") {
		return errors.New("a SASL mechanism needs SASL_USER and SASL_PASSWORD")
	}
	if k.SASLMechanism == "" && (k.SASLUser != "" || k.SASLPassword != "") {
		return errors.New("SASL_USER or SASL_PASSWORD is set but SASL_MECHANISM is not")
	}
	if k.SASLMechanism == "PLAIN" && !k.TLS {
		return errors.New("with the SASL mechanism PLAIN the password would be sent in the clear: TLS must be on")
	}
	if k.CAFile != "" && !k.TLS {
		return errors.New("CA_FILE is set but TLS is not on")
	}
	return nil
}

// Bus returns the settings of a connection under this client id. It fails when the CA file cannot be read or holds no certificate.
func (k Kafka) Bus(client string) (kafkabus.Config, error) {
	c := kafkabus.Config{Brokers: k.Brokers, Prefix: k.Prefix, ClientID: client, ReplicationFactor: k.ReplicationFactor,
		SASL: kafkabus.SASL{Mechanism: k.SASLMechanism, User: k.SASLUser, Password: k.SASLPassword.Reveal()}}
	if !k.TLS {
		return c, nil
	}
	c.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	if k.CAFile != "" {
		pem, err := os.ReadFile(k.CAFile)
		if err != nil {
			return c, fmt.Errorf("authorities of the brokers' certificates: %w", err)
		}
		c.TLS.RootCAs = x509.NewCertPool()
		if !c.TLS.RootCAs.AppendCertsFromPEM(pem) {
			return c, fmt.Errorf("%s holds no certificate", k.CAFile)
		}
	}
	return c, nil
}

// OIDC configures which tokens are accepted.
type OIDC struct {
	Issuer      string `required:"true" desc:"the tokens' issuer, found by discovery"`
	Audience    string `default:"bitacora" desc:"must be among the tokens' aud"`
	GrantsClaim string `default:"bitacora_grants" desc:"path of the claim with the grants, such as resource_access.bitacora.grants"`
}

// Log configures the log, which goes to standard error.
type Log struct {
	Level string `default:"info" desc:"debug, info, warn or error"`
}

// ports are the services' default addresses.
var ports = map[string]string{"asset": ":8081", "workorder": ":8082", "delivery": ":8083", "status": ":8084", "people": ":8085"}

func (c *Config) complete(name string) {
	if c.HTTP.Addr == "" {
		c.HTTP.Addr = ports[name]
	}
	if c.MongoDB.Database == "" {
		c.MongoDB.Database = "bitacora_" + name
	}
	c.OTLPEndpoint = os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT")
}
