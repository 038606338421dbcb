// Package consumetest is what a relay and consumers must hold on any store and any broker: one suite, run on the stores and brokers
// of local mode and, with the build tag integration, on real servers.
package consumetest

import (
	"context"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// Env opens stores and brokers. A place has one broker and any number of stores; the same place has the same content whoever opens
// it, after a kill too.
type Env struct {
	// Name tells it from the other environments of a test program.
	Name string
	// Place names a new place. It ends with the test.
	Place func(t testing.TB) string
	// Driver opens the store of that name; the caller closes it.
	Driver func(ctx context.Context, place, name string) (docstore.Driver, error)
	// Bus opens the broker; stop ends what it runs in the process, the bus included. It is a LossyBus where a kill can cost the log.
	Bus func(ctx context.Context, place string) (bus event.Bus, stop func(), err error)
}

// LossyBus is a bus of a broker that begins an empty log where a kill has torn the one that it had.
type LossyBus interface {
	event.Bus
	// Fresh says that everything is to be published again.
	Fresh() bool
	// Whole says that this has been done.
	Whole() error
}

// Run runs the suite.
func Run(t *testing.T, env Env) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Env)
	}{
		{"EventsCarryStateTraceAndCause", testFlow},
		{"HistoryIsComplete", testHistory},
		{"TwoRelaysRace", testTwoRelays},
		{"LateAndRepeatedRecordsChangeNothing", testLate},
		{"ReplayAndNewConsumersGetTheSame", testReplay},
		{"RepublishGivesTheSame", testRepublish},
		{"TwoConsumersShareAGroup", testSharedGroup},
		{"UnavailableIsNotFailed", testOutages},
		{"PartlyAway", testPartlyAway},
		{"CrashBeforeRemovalPublishesAgain", testPublishedLost},
		{"PoisonIsParkedAndTheRestFlows", testPoison},
		{"NewerSuccessClears", testNewerClears},
		{"ReferenceArrives", testNotYet},
		{"OlderAgainBehindOneThatWaits", testOlderAgain},
		{"TooLargeIsParked", testTooLarge},
		{"KilledWhileHandling", testKilledHandling},
		{"KilledAtRandom", testKilled},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, env) })
	}
}
