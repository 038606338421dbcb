//go:build !integration

package consume_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/event/consume/consumetest"
)

func TestMain(m *testing.M) {
	consumetest.Child(local)
	goleak.VerifyTestMain(m)
}
