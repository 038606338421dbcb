//go:build !integration

package session_test

import (
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

func driver(t *testing.T) docstore.Driver { return servicetest.SQLite(t) }
