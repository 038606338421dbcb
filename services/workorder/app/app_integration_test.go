//go:build integration

package app_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/mongodoc"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/kafkabus"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.M(m)) }

// servers are a real MongoDB and a real Kafka: with the tag integration the whole suite runs on them.
func (w *world) servers() (docstore.Driver, event.Bus) {
	w.Helper()
	uri, name := testenv.Database(w.T)
	driver, err := mongodoc.Open(w.ctx, mongodoc.Config{URI: uri, Database: name}, quiet(), prometheus.NewRegistry())
	w.must(err)
	w.Cleanup(func() { w.must(driver.Close(w.ctx)) })
	bus, err := kafkabus.New(kafkabus.Config{Brokers: testenv.Kafka(w.T), Prefix: name + "."}, quiet(), prometheus.NewRegistry())
	w.must(err)
	w.Cleanup(func() { w.must(bus.Close(w.ctx)) })
	return driver, bus
}
