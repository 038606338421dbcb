//go:build integration

package react_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/mongodoc"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

func openDriver(whole testing.TB) (docstore.Driver, error) {
	uri, name := testenv.Database(whole)
	return mongodoc.Open(context.Background(), mongodoc.Config{URI: uri, Database: name}, slog.New(slog.DiscardHandler), nil)
}
