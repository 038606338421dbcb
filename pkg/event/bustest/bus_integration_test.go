//go:build integration

package bustest

import (
	"os"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/event/kafkabus"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

// TestMain stops the containers at the end; what their library leaves running is not ours to look for.
func TestMain(m *testing.M) { os.Exit(testenv.M(m).Run()) }

func TestReal(t *testing.T) {
	brokers := testenv.Kafka(t)
	Run(t, func(t testing.TB) *Broker { return Real(t, brokers) })
}

// TestSecured: TLS and SCRAM change nothing of what a bus promises, not even when connections are cut or fall silent.
func TestSecured(t *testing.T) {
	s := testenv.SecuredKafka(t)
	Run(t, func(t testing.TB) *Broker {
		return RealWith(t, kafkabus.Config{Brokers: []string{s.Address}, TLS: s.Trusting(), SASL: kafkabus.SASL{Mechanism: "SCRAM-SHA-512", User: s.User, Password: s.Password}})
	})
}
