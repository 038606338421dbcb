//go:build !integration

package servicetest

import (
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// Servers opens the store and broker for tests: SQLite and the embedded broker, or with the tag integration a real MongoDB and a real Kafka.
func Servers(t testing.TB) (*World, docstore.Driver) {
	t.Helper()
	return Open(t), SQLite(t)
}
