//go:build !integration

package app_test

import (
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/pkg/embedded"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/kafkabus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// servers are SQLite and the embedded broker.
func (w *world) servers() (docstore.Driver, event.Bus) {
	w.Helper()
	driver, err := sqlitedoc.Open(w.ctx, sqlitedoc.Config{Path: filepath.Join(w.TempDir(), "workorder.db")})
	w.must(err)
	w.Cleanup(func() { w.must(driver.Close(w.ctx)) })
	broker, err := embedded.Start(w.ctx, embedded.Config{Dir: filepath.Join(w.TempDir(), "broker"), Logger: quiet()})
	w.must(err)
	w.Cleanup(func() { w.must(broker.Stop(w.ctx)) })
	bus, err := kafkabus.New(kafkabus.Config{Brokers: broker.Brokers(), Dial: broker.Dial}, quiet(), prometheus.NewRegistry())
	w.must(err)
	w.Cleanup(func() { w.must(bus.Close(w.ctx)) })
	return driver, bus
}
