//go:build integration

package app_test

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/mongodoc"
	"github.com/bitacora-salud/bitacora/pkg/event/bustest"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.M(m)) }

// servers are a real MongoDB and a real Kafka: with the tag integration the whole suite runs on them.
func servers(t testing.TB) (*servicetest.World, docstore.Driver) {
	t.Helper()
	uri, name := testenv.Database(t)
	driver, err := mongodoc.Open(t.Context(), mongodoc.Config{URI: uri, Database: name}, bustest.Logger(t), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := driver.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	w := &servicetest.World{Bus: bustest.Real(t, testenv.Kafka(t)).Open(t), Now: time.Now}
	w.Topics(t)
	return w, driver
}
