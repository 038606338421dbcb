package sqlitedoc_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/docstoretest"
	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openAt(t testing.TB, path string) *sqlitedoc.Driver {
	t.Helper()
	d, err := sqlitedoc.Open(t.Context(), sqlitedoc.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := d.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return d
}

func TestConformance(t *testing.T) {
	docstoretest.Run(t, func(t testing.TB) docstore.Driver { return openAt(t, filepath.Join(t.TempDir(), "store.db")) },
		docstoretest.Options{
			Durable: func(t testing.TB) string { return filepath.Join(t.TempDir(), "store.db") },
			Reopen:  func(t testing.TB, location string) docstore.Driver { return openAt(t, location) },
		})
}
