package embedded

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// Tail calls each with the newest records of every partition of the topics, at most n of a partition, in any order. An error of each ends it.
func (b *Broker) Tail(ctx context.Context, topics []string, n int64, each func(event.Record) error) error {
	ctx, cancel := context.WithTimeout(ctx, tailTimeout)
	defer cancel()
	left := map[string]map[int32]int64{} // the end of each partition that is not read yet
	from := map[string]map[int32]kgo.Offset{}
	for _, t := range topics {
		for _, p := range b.cluster.PartitionInfos(t) {
			if p.HighWatermark == 0 {
				continue
			}
			if left[t] == nil {
				left[t], from[t] = map[int32]int64{}, map[int32]kgo.Offset{}
			}
			left[t][p.Partition] = p.HighWatermark
			from[t][p.Partition] = kgo.NewOffset().At(max(p.HighWatermark-n, 0))
		}
	}
	if len(from) == 0 {
		return nil
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.Dialer(b.Dial), kgo.ConsumePartitions(from))
	if err != nil {
		return fmt.Errorf("read the topics' ends: %w", err)
	}
	defer client.Close()
	for len(left) > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			return fmt.Errorf("read the topics' ends: %w", err)
		}
		var failed error
		fetches.EachRecord(func(r *kgo.Record) {
			end, open := left[r.Topic][r.Partition]
			if failed != nil || !open || r.Offset >= end {
				return
			}
			failed = each(record(r))
			if r.Offset+1 == end {
				if delete(left[r.Topic], r.Partition); len(left[r.Topic]) == 0 {
					delete(left, r.Topic)
				}
			}
		})
		if failed != nil {
			return failed
		}
	}
	return nil
}

func record(r *kgo.Record) event.Record {
	out := event.Record{Topic: r.Topic, Partition: int(r.Partition), Offset: r.Offset, Key: string(r.Key), Value: r.Value, Time: r.Timestamp}
	for _, h := range r.Headers {
		out.Headers = append(out.Headers, event.Header{Key: h.Key, Value: h.Value})
	}
	return out
}

// InPlace returns an error once the folder, or that of the partitions, was removed or replaced while the broker runs: what it writes would be
// lost with the process. The next start begins an empty log.
func (b *Broker) InPlace(context.Context) error {
	b.heldMu.Lock()
	defer b.heldMu.Unlock()
	for _, name := range []string{".", "partitions"} { // files come and go
		now, err := os.Stat(filepath.Join(b.config.Dir, name))
		was := b.held[name]
		switch {
		case was == nil && err == nil:
			b.held[name] = now
		case was != nil && (err != nil || !os.SameFile(was, now)):
			return fmt.Errorf("the broker's folder %s was removed or replaced while it is in use: start bitacora again, which publishes everything again from the documents", b.config.Dir)
		}
	}
	return nil
}
