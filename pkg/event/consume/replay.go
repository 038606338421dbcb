package consume

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

const (
	replayFetch = 5000
	// replayTimeout bounds the wait for a broker that does not answer where its topics end, and the wait for the next records, joining the group
	// included.
	replayTimeout = time.Minute
)

// Replay reads topics from their beginning, as a consumer group of its own that commits nothing, so that nothing is left at the broker. It is not
// safe for concurrent use.
type Replay struct {
	bus    event.Bus
	group  string
	topics []string
	sub    event.Subscription
	taken  int64
}

// NewReplay makes a replay at the topics' beginning. Its group's name begins with name.
func NewReplay(bus event.Bus, name string, topics []string) *Replay {
	return &Replay{bus: bus, group: name + "." + uuid.NewString(), topics: topics}
}

// ToEnd calls each with the records that are not read yet, up to where the topics end now, and returns how many were read since the beginning. It
// fails when the broker does not answer for a minute, with an error of each, or when records are gone.
func (r *Replay) ToEnd(ctx context.Context, each func(event.Record) error) (int64, error) {
	end, err := r.end(ctx)
	if err != nil {
		return r.taken, err
	}
	for r.taken < end {
		records, err := r.fetch(ctx)
		if len(records) == 0 {
			return r.taken, errors.Join(fmt.Errorf("%d of %d records came", r.taken, end), err)
		}
		for _, record := range records {
			r.taken++
			if err := each(record); err != nil {
				return r.taken, err
			}
		}
	}
	return r.taken, nil
}

// end returns the number of records: the lag of a group that committed nothing.
func (r *Replay) end(ctx context.Context) (n int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, replayTimeout)
	defer cancel()
	backoff := NewBackoff(100*time.Millisecond, 2*time.Second)
	for {
		lag, err := r.bus.Lag(ctx, r.group, r.topics)
		if err == nil {
			for _, records := range lag {
				n += records
			}
			return n, nil
		}
		if backoff.Wait(ctx) != nil {
			return 0, err
		}
	}
}

func (r *Replay) fetch(ctx context.Context) (records []event.Record, err error) {
	if r.sub == nil {
		if r.sub, err = r.bus.Subscribe(r.group, r.topics); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, replayTimeout)
	defer cancel()
	for {
		records, err = r.sub.Fetch(ctx, replayFetch)
		if loss, ok := errors.AsType[*event.LostError](err); ok && loss.How == event.Trimmed {
			continue // read those that exist
		}
		if err == nil || errors.Is(err, event.ErrOffsetLost) || errors.Is(err, event.ErrClosed) || ctx.Err() != nil {
			return records, err
		}
	}
}

// Close leaves the group within 20 s, also when ctx has ended.
func (r *Replay) Close(ctx context.Context) error {
	if r.sub == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return r.sub.Close(ctx)
}
