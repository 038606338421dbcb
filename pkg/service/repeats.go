package service

import (
	"context"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/caller"
)

// forgetEvery is how often commands are forgotten whose day is over.
const forgetEvery = time.Minute

// forgetRepeats takes away, as long as the service runs, the commands that were kept aside to recognise repeats and are older than a day.
// What is left behind when the store is away is taken the next time.
func (s *Service) forgetRepeats(ctx context.Context) error {
	ctx = caller.AsSystem(ctx, s.Name+".repeats")
	tick := time.NewTicker(forgetEvery)
	defer tick.Stop()
	for {
		if _, err := s.Store.ForgetRepeats(ctx); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "commands of yesterday are remembered for longer", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
