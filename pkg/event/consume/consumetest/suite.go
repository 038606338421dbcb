// Package consumetest is the test suite of relay and consumers on any store and any broker. It runs on the stores and brokers of local mode and,
// with the build tag integration, on real servers.
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
	// Name is unique among the environments of a test program.
	Name string
	// Place makes a new place and returns its name. It is removed when the test ends.
	Place func(t testing.TB) string
	// Driver opens the store of that name; the caller closes it.
	Driver func(ctx context.Context, place, name string) (docstore.Driver, error)
	// Bus opens the broker; stop closes the bus and what else runs in the process. It is a LossyBus if a kill can damage the log.
	Bus func(ctx context.Context, place string) (bus event.Bus, stop func(), err error)
}

// LossyBus is the bus of a broker that begins an empty log if a kill has damaged the old one.
type LossyBus interface {
	event.Bus
	// Fresh reports that everything must be published again.
	Fresh() bool
	// Whole records that this has been done.
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
