//go:build integration

package servicetest

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/mongodoc"
	"github.com/bitacora-salud/bitacora/pkg/event/bustest"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

// Servers opens a database of a real MongoDB and a real Kafka. The test's package needs a TestMain with testenv.M.
func Servers(t testing.TB) (*World, docstore.Driver) {
	t.Helper()
	uri, name := testenv.Database(t)
	driver, err := mongodoc.Open(t.Context(), mongodoc.Config{URI: uri, Database: name}, bustest.Logger(t), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, "store", driver.Close) })
	w := &World{Bus: bustest.Real(t, testenv.Kafka(t)).Open(t), Now: time.Now}
	w.Topics(t)
	return w, driver
}
