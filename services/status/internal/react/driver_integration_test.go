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

// databases are those of the tests that run. A property test opens a hundred stores, one after the other, and MongoDB keeps the hundred files of each
// open for minutes after it was dropped: with a database each the server reached its limit of open files and ended.
var databases = map[testing.TB]struct{ uri, name string }{}

// openDriver is a driver on the database of the test, which it finds empty.
func openDriver(whole testing.TB) (docstore.Driver, error) {
	at, again := databases[whole]
	if !again {
		at.uri, at.name = testenv.Database(whole)
		databases[whole] = at
		whole.Cleanup(func() { delete(databases, whole) })
	} else if err := testenv.Empty(at.uri, at.name); err != nil {
		return nil, err
	}
	return mongodoc.Open(context.Background(), mongodoc.Config{URI: at.uri, Database: at.name}, slog.New(slog.DiscardHandler), nil)
}
