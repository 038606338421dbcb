//go:build integration

package session_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/mongodoc"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

func driver(t *testing.T) docstore.Driver {
	uri, name := testenv.Database(t)
	d, err := mongodoc.Open(t.Context(), mongodoc.Config{URI: uri, Database: name}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return d
}
