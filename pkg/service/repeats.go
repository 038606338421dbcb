package service

import (
	"context"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/caller"
)

// forgetEvery is how often old commands are deleted.
const forgetEvery = time.Minute

// forgetRepeats deletes, as long as the service runs, the stored commands older than a day, by which repeats are recognised. While the store does
// not answer they stay until the next time.
func (s *Service) forgetRepeats(ctx context.Context) error {
	ctx = caller.AsSystem(ctx, s.Name+".repeats")
	tick := time.NewTicker(forgetEvery)
	defer tick.Stop()
	for {
		if _, err := s.Store.ForgetRepeats(ctx); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "old commands cannot be deleted yet", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
