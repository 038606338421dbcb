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
	// replayTimeout is how long a broker is waited for that does not say where its topics end, and how long topics that are not yet at
	// their end may bring nothing, the group's coming about included.
	replayTimeout = time.Minute
)

// Replay reads topics from their beginning, as a consumer group of its own, which commits nothing and is forgotten by the broker. It is
// used by one goroutine.
type Replay struct {
	bus    event.Bus
	group  string
	topics []string
	sub    event.Subscription
	taken  int64
}

// NewReplay is a replay that has read nothing. The name is what its group's begins with.
func NewReplay(bus event.Bus, name string, topics []string) *Replay {
	return &Replay{bus: bus, group: name + "." + uuid.NewString(), topics: topics}
}

// ToEnd gives each the records not yet read, up to where the topics end now, and answers how many have been read since the beginning.
// A broker that is away is waited for a minute. An error of each ends it, as do records that are gone.
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

// end is how many records there are: what a group that committed nothing is behind.
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
			continue // what is there is to be read
		}
		if err == nil || errors.Is(err, event.ErrOffsetLost) || errors.Is(err, event.ErrClosed) || ctx.Err() != nil {
			return records, err
		}
	}
}

// Close leaves the group, whatever became of ctx, within 20 s.
func (r *Replay) Close(ctx context.Context) error {
	if r.sub == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return r.sub.Close(ctx)
}
