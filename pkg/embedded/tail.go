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

// InPlace returns an error once the folder, or a partition's, or the beginning of its log, was removed or replaced while the broker runs: what it
// writes would be lost with the process, and what was written can be read no more. The next start begins an empty log.
func (b *Broker) InPlace(context.Context) error {
	names := []string{".", "partitions"} // other files come and go
	for _, topic := range event.TopicNames() {
		for _, p := range b.cluster.PartitionInfos(topic) {
			dir := filepath.Join("partitions", fmt.Sprintf("%s-%d", topic, p.Partition))
			names = append(names, dir, filepath.Join(dir, "0.dat"))
		}
	}
	b.heldMu.Lock()
	defer b.heldMu.Unlock()
	held := map[string]os.FileInfo{}
	for _, name := range names {
		now, err := os.Stat(filepath.Join(b.config.Dir, name))
		if was := b.held[name]; was != nil && (err != nil || !os.SameFile(was, now)) {
			return fmt.Errorf("the broker's folder %s, or a part of it, was removed or replaced while it is in use: start bitacora again, which publishes everything again from the documents", b.config.Dir)
		}
		if err == nil {
			held[name] = now
		}
	}
	b.held = held
	return nil
}
