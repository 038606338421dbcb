package app_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.M(m)) }
