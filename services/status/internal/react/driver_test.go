//go:build !integration

package react_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
)

func openDriver(whole testing.TB) (docstore.Driver, error) {
	return sqlitedoc.Open(context.Background(), sqlitedoc.Config{Path: filepath.Join(whole.TempDir(), "documents.db")})
}
