//go:build !integration

package app_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// servers are SQLite and the embedded broker.
func servers(t testing.TB) (*servicetest.World, docstore.Driver) {
	return servicetest.Open(t), servicetest.SQLite(t)
}
