package kafkabus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/fetch"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

const (
	fetchBytes     = 1 << 20 // of one response, all partitions together
	fetchSlack     = 5 * time.Second
	heartbeatEvery = 3 * time.Second
	firstBackoff   = 50 * time.Millisecond
	longestBackoff = time.Second
)

// generation is one assignment of partitions to this member. It ends with the first sign of a rebalance; what it fetched and Fetch has not
// returned yet is dropped then.
type generation struct {
	sub        *subscription
	membership *kafka.Generation
	gone       chan struct{} // closed when the generation ends
	// void means that its positions are invalid: what it fetched is neither returned nor committed.
	void atomic.Bool
	// idsLoaded is set after loadTopicIDs; only the goroutine of fetch uses it.
	idsLoaded bool

	mu        sync.Mutex
	positions map[topicPartition]int64 // the next offset to fetch
	committed map[topicPartition]int64 // what was committed when it began, negative if nothing
}

func newGeneration(s *subscription, membership *kafka.Generation) *generation {
	g := &generation{sub: s, membership: membership, gone: make(chan struct{}),
		positions: map[topicPartition]int64{}, committed: map[topicPartition]int64{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	for topic, partitions := range membership.Assignments {
		for _, p := range partitions {
			tp := topicPartition{topic, p.ID}
			at := p.Offset
			if s.restarting[tp] || at < 0 {
				at = noPosition
			}
			g.positions[tp], g.committed[tp] = at, at
		}
	}
	// The members that have the others now restart them.
	maps.DeleteFunc(s.restarting, func(tp topicPartition, _ bool) bool { _, ours := g.positions[tp]; return !ours })
	return g
}

func (g *generation) ended() bool {
	select {
	case <-g.gone:
		return true
	default:
		return false
	}
}

// commitable returns the offsets to commit for records; lost means that some of their partitions are no longer this member's.
func (g *generation) commitable(records []event.Record) (offsets map[string]map[int]int64, lost bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	offsets = map[string]map[int]int64{}
	for _, r := range records {
		topic := g.sub.bus.config.Prefix + r.Topic
		before, ours := g.committed[topicPartition{topic, r.Partition}]
		if !ours || g.sub.isUnreported(topic) {
			lost = true
			continue
		}
		next := r.Offset + 1
		if next <= max(before, offsets[topic][r.Partition]) {
			continue
		}
		if offsets[topic] == nil {
			offsets[topic] = map[int]int64{}
		}
		offsets[topic][r.Partition] = next
	}
	return offsets, lost
}

// heartbeat sends heartbeats, so that Alive advances while nothing is fetched: because this member has no partition, or because the consumer is
// busy. (The library sends its own heartbeats but does not report their success.)
func (g *generation) heartbeat(life context.Context) {
	tick := time.NewTicker(heartbeatEvery)
	defer tick.Stop()
	for {
		select {
		case <-life.Done():
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(life, groupTimeout)
		_, err := g.sub.bus.client.Heartbeat(ctx, &kafka.HeartbeatRequest{
			GroupID: g.membership.GroupID, GenerationID: g.membership.ID, MemberID: g.membership.MemberID})
		cancel()
		if err == nil {
			g.sub.touch()
		}
	}
}

// fetch reads all partitions of the generation until life ends. In each round it polls every broker for the partitions that it leads; an error
// ends the round, and the next one looks up the leaders again.
func (g *generation) fetch(life context.Context) {
	defer close(g.gone)
	backoff := firstBackoff
	for life.Err() == nil && !g.void.Load() {
		began := g.sub.bus.config.Now()
		err := g.round(life)
		if err == nil || life.Err() != nil {
			continue
		}
		if g.void.Load() {
			return
		}
		g.sub.report(err)
		if g.sub.bus.config.Now().Sub(began) > longestBackoff {
			backoff = firstBackoff
		}
		pause := time.NewTimer(backoff)
		select {
		case <-pause.C:
		case <-life.Done():
		}
		pause.Stop()
		backoff = min(2*backoff, longestBackoff)
	}
}

func (g *generation) round(life context.Context) error {
	tps := make([]topicPartition, 0, len(g.positions))
	for tp := range g.committed {
		tps = append(tps, tp)
	}
	if len(tps) == 0 {
		<-life.Done()
		return nil
	}
	ctx, cancel := context.WithTimeout(life, groupTimeout)
	valid, err := g.setPositions(ctx)
	if !valid {
		cancel()
		g.void.Store(err == nil)
		return err
	}
	leaders, err := g.sub.bus.leaders(ctx, tps)
	cancel()
	if err != nil {
		return err
	}
	byLeader := map[int][]topicPartition{}
	for _, tp := range tps {
		id, ok := leaders[tp]
		if !ok {
			err = fmt.Errorf("topic %s, partition %d: %w", tp.topic, tp.partition, kafka.LeaderNotAvailable)
			continue
		}
		byLeader[id] = append(byLeader[id], tp)
	}
	ctx, cancel = context.WithCancel(life)
	defer cancel()
	if err != nil { // read what can be read, then look up the leaders again
		defer time.AfterFunc(metadataTTL, cancel).Stop()
	}
	errs := make(chan error, len(byLeader))
	for _, tps := range byLeader {
		go func() { errs <- g.poll(ctx, tps) }()
	}
	for range byLeader {
		if e := <-errs; e != nil && ctx.Err() == nil {
			err = e
			cancel()
		}
	}
	return err
}

// poll fetches tps from the one broker that leads them, until an error.
func (g *generation) poll(ctx context.Context, tps []topicPartition) error {
	for turn := 0; ctx.Err() == nil; turn++ {
		// Brokers fill the response in the order of the request: rotate, so that no partition is always last.
		turn %= len(tps)
		records, err := g.fetchOnce(ctx, slices.Concat(tps[turn:], tps[:turn]))
		if len(records) > 0 {
			select {
			case g.sub.fetched <- delivery{g, records}:
			case <-ctx.Done():
				g.rewind(records)
				return nil
			}
		}
		if err != nil {
			return err
		}
		if g.void.Load() || !g.sameTopics(ctx) {
			g.void.Store(true)
			return errVoid
		}
	}
	return nil
}

// errVoid ends a round of a generation that is void.
var errVoid = errors.New("topics were created again")

// rewind moves positions back to records that fetchOnce returned but that were not delivered.
func (g *generation) rewind(records []event.Record) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range slices.Backward(records) {
		g.positions[topicPartition{g.sub.bus.config.Prefix + r.Topic, r.Partition}] = r.Offset
	}
}

// fetchOnce sends one fetch request and moves the positions past the records. It may return both records and an error.
func (g *generation) fetchOnce(ctx context.Context, tps []topicPartition) ([]event.Record, error) {
	b := g.sub.bus
	ctx, cancel := context.WithTimeout(ctx, b.config.MaxWait+fetchSlack)
	defer cancel()
	message, err := b.transport.RoundTrip(ctx, b.client.Addr, g.request(tps))
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	response := message.(*fetch.Response)
	if response.ErrorCode != 0 {
		return nil, fmt.Errorf("fetch: %w", kafka.Error(response.ErrorCode))
	}
	g.sub.touch()
	var records []event.Record
	var errs []error
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, t := range response.Topics {
		for _, p := range t.Partitions {
			tp := topicPartition{t.Topic, int(p.Partition)}
			switch code := kafka.Error(p.ErrorCode); {
			case code == kafka.OffsetOutOfRange:
				g.sub.restart(tp.topic, tp.partition)
				g.sub.addLoss(tp.topic, event.OutOfLog)
				g.void.Store(true)
			case code != 0:
				errs = append(errs, fmt.Errorf("fetch %s[%d]: %w", tp.topic, tp.partition, code))
			default:
				var err error
				records, err = g.decode(records, tp, p.RecordSet.Records)
				errs = append(errs, err)
			}
		}
	}
	return records, errors.Join(errs...)
}

func (g *generation) request(tps []topicPartition) *fetch.Request {
	request := &fetch.Request{ReplicaID: -1, MaxWaitTime: int32(g.sub.bus.config.MaxWait.Milliseconds()), MinBytes: 1,
		MaxBytes: fetchBytes, SessionEpoch: -1}
	topics := map[string]int{}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, tp := range tps {
		i, ok := topics[tp.topic]
		if !ok {
			i = len(request.Topics)
			topics[tp.topic] = i
			request.Topics = append(request.Topics, fetch.RequestTopic{Topic: tp.topic})
		}
		request.Topics[i].Partitions = append(request.Topics[i].Partitions, fetch.RequestPartition{
			Partition: int32(tp.partition), CurrentLeaderEpoch: -1, FetchOffset: g.positions[tp], LogStartOffset: -1,
			PartitionMaxBytes: fetchBytes,
		})
	}
	return request
}

// decode appends the records of one partition. It skips those before the position: brokers send whole batches.
func (g *generation) decode(out []event.Record, tp topicPartition, set protocol.RecordReader) ([]event.Record, error) {
	stream, ok := set.(*protocol.RecordStream)
	if !ok {
		return out, nil // nothing came
	}
	for _, batch := range stream.Records {
		_, control := batch.(*protocol.ControlBatch)
		for {
			r, err := batch.ReadRecord()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return out, fmt.Errorf("fetch %s[%d]: %w", tp.topic, tp.partition, err)
			}
			if r.Offset < g.positions[tp] {
				continue
			}
			if !control {
				record, err := copyRecord(r)
				if err != nil {
					return out, fmt.Errorf("fetch %s[%d] at %d: %w", tp.topic, tp.partition, r.Offset, err)
				}
				record.Topic, record.Partition = strings.TrimPrefix(tp.topic, g.sub.bus.config.Prefix), tp.partition
				out = append(out, record)
			}
			g.positions[tp] = r.Offset + 1
		}
	}
	return out, nil
}

// copyRecord copies a record out of the library's buffers, which it reuses.
func copyRecord(r *protocol.Record) (event.Record, error) {
	for _, b := range []protocol.Bytes{r.Key, r.Value} {
		if b != nil {
			defer func() { _ = b.Close() }()
		}
	}
	key, err := protocol.ReadAll(r.Key)
	if err != nil {
		return event.Record{}, err
	}
	value, err := protocol.ReadAll(r.Value)
	if err != nil {
		return event.Record{}, err
	}
	record := event.Record{Offset: r.Offset, Key: string(key), Value: value, Time: r.Time}
	for _, h := range r.Headers {
		record.Headers = append(record.Headers, event.Header{Key: h.Key, Value: h.Value})
	}
	return record, nil
}
