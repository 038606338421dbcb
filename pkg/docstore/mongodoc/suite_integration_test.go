//go:build integration

package mongodoc_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/docstoretest"
	"github.com/bitacora-salud/bitacora/pkg/docstore/mongodoc"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

func TestConformance(t *testing.T) {
	docstoretest.Run(t, func(t testing.TB) docstore.Driver {
		uri, name := testenv.Database(t)
		return open(t, uri, name)
	}, docstoretest.Options{
		Durable: func(t testing.TB) string {
			uri, name := testenv.Database(t)
			return name + " " + uri
		},
		Reopen: func(t testing.TB, location string) docstore.Driver {
			name, uri, _ := strings.Cut(location, " ")
			return open(t, uri, name)
		},
	})
}

// open opens a driver until the test ends.
func open(t testing.TB, uri, database string) *mongodoc.Driver {
	t.Helper()
	d, err := mongodoc.Open(t.Context(), mongodoc.Config{URI: uri, Database: database}, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := d.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d
}
