//go:build integration

package bustest

import (
	"os"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

// TestMain stops the containers at the end; what their library leaves running is not ours to look for.
func TestMain(m *testing.M) { os.Exit(testenv.M(m).Run()) }

func TestReal(t *testing.T) {
	brokers := testenv.Kafka(t)
	Run(t, func(t testing.TB) *Broker { return Real(t, brokers) })
}
