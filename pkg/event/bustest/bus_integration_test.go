//go:build integration

package bustest

import (
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

func TestReal(t *testing.T) {
	brokers := testenv.Kafka(t)
	Run(t, func(t testing.TB) *Broker { return Real(t, brokers) })
}
