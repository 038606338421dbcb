package kafkabus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/compress"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/produce"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

const (
	// maxRecordBytes is the largest record, key and headers included: a broker's default limit is 1 MiB for a whole batch.
	maxRecordBytes = 1000 * 1000
	// batchBytes bounds what goes into one batch of one partition, before compression.
	batchBytes = 512 * 1000
	// requestBytes bounds one produce request, which holds a batch for each of many partitions.
	requestBytes = 8 << 20
)

type topicPartition struct {
	topic     string
	partition int
}

// partitioner chooses like the Java client's default for records with a key.
var partitioner = kafka.Murmur2Balancer{Consistent: true}

var allPartitions = func() []int {
	all := make([]int, event.Partitions)
	for i := range all {
		all[i] = i
	}
	return all
}()

// Partition returns the partition of a key: murmur2 of its bytes modulo event.Partitions, as the Java client computes it.
func Partition(key string) int {
	return partitioner.Balance(kafka.Message{Key: []byte(key)}, allPartitions...)
}

// Publish implements event.Bus. It sends the records of one partition in order, one batch after the other; after a batch that fails, the rest of
// its partition is not sent. Nothing is sent after it has returned, but a request that was sent may still be carried out.
func (b *Bus) Publish(ctx context.Context, records []event.Record) []error {
	if len(records) == 0 {
		return nil
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	p := &publication{bus: b, records: records, errs: make([]error, len(records)), queues: map[topicPartition][][]int{}}
	if err := b.acquire(ctx); err != nil {
		p.fail(err)
	} else {
		p.run(ctx)
		<-b.publishes
	}
	return p.outcome()
}

// acquire takes one of the tokens.
func (b *Bus) acquire(ctx context.Context) error {
	if err := b.open(); err != nil { // Close keeps the tokens
		return err
	}
	select {
	case b.publishes <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// publication is one Publish under way.
type publication struct {
	bus     *Bus
	records []event.Record
	errs    []error
	// queues holds, per partition, the batches still to be sent: indexes into records.
	queues map[topicPartition][][]int
}

func (p *publication) fail(err error) {
	for i := range p.errs {
		p.errs[i] = err
	}
}

// outcome counts and returns the errors, or nil when there is none.
func (p *publication) outcome() []error {
	failed := false
	for i, err := range p.errs {
		topic := p.records[i].Topic
		switch _, permanent := errors.AsType[*event.PermanentError](err); {
		case err == nil:
			p.bus.metrics.published.WithLabelValues(topic).Inc()
			continue
		case permanent:
			p.bus.metrics.failed.WithLabelValues(topic, "permanent").Inc()
		default:
			p.bus.metrics.failed.WithLabelValues(topic, "unavailable").Inc()
		}
		failed = true
	}
	if failed {
		return p.errs
	}
	return nil
}

func (p *publication) run(ctx context.Context) {
	p.enqueue()
	for len(p.queues) > 0 {
		requests := p.requests(ctx)
		var wg sync.WaitGroup
		var mu sync.Mutex // queues and errs
		for _, tps := range requests {
			wg.Go(func() {
				mu.Lock()
				request := p.request(ctx, tps)
				mu.Unlock()
				answers, err := p.send(ctx, tps, request)
				mu.Lock()
				defer mu.Unlock()
				for _, tp := range tps {
					if err == nil {
						p.record(tp, answers[tp])
					} else {
						p.record(tp, err)
					}
				}
			})
		}
		wg.Wait()
	}
}

// enqueue makes the batches.
func (p *publication) enqueue() {
	sizes := map[topicPartition]int{}
	for i, r := range p.records {
		size := recordBytes(r)
		if size > maxRecordBytes {
			p.errs[i] = event.Permanent(fmt.Errorf("record %s of topic %s is %d bytes, more than %d", r.Key, r.Topic, size, maxRecordBytes))
			continue
		}
		tp := topicPartition{p.bus.config.Prefix + r.Topic, Partition(r.Key)}
		if q := p.queues[tp]; len(q) > 0 && sizes[tp]+size <= batchBytes {
			q[len(q)-1] = append(q[len(q)-1], i)
			sizes[tp] += size
			continue
		}
		p.queues[tp] = append(p.queues[tp], []int{i})
		sizes[tp] = size
	}
}

func recordBytes(r event.Record) int {
	size := len(r.Key) + len(r.Value) + 32
	for _, h := range r.Headers {
		size += len(h.Key) + len(h.Value) + 4
	}
	return size
}

// requests groups the first batches of all queues into requests of bounded size, each for one leader; partitions without a known leader fail.
func (p *publication) requests(ctx context.Context) [][]topicPartition {
	tps := make([]topicPartition, 0, len(p.queues))
	for tp := range p.queues {
		tps = append(tps, tp)
	}
	leaders, err := p.bus.leaders(ctx, tps)
	byLeader := map[int][]topicPartition{}
	for _, tp := range tps {
		switch id, ok := leaders[tp]; {
		case err != nil:
			p.record(tp, err)
		case !ok:
			p.record(tp, fmt.Errorf("topic %s, partition %d: %w", tp.topic, tp.partition, kafka.LeaderNotAvailable))
		default:
			byLeader[id] = append(byLeader[id], tp)
		}
	}
	var requests [][]topicPartition
	for _, tps := range byLeader {
		size := requestBytes
		for _, tp := range tps {
			if size += batchBytes; size > requestBytes {
				requests = append(requests, nil)
				size = batchBytes
			}
			requests[len(requests)-1] = append(requests[len(requests)-1], tp)
		}
	}
	return requests
}

// request makes a request with the first batch of each of tps.
func (p *publication) request(ctx context.Context, tps []topicPartition) *produce.Request {
	deadline, _ := ctx.Deadline()
	request := &produce.Request{Acks: int16(kafka.RequireAll), Timeout: int32(time.Until(deadline).Milliseconds())}
	topics := map[string]int{}
	for _, tp := range tps {
		i, ok := topics[tp.topic]
		if !ok {
			i = len(request.Topics)
			topics[tp.topic] = i
			request.Topics = append(request.Topics, produce.RequestTopic{Topic: tp.topic})
		}
		request.Topics[i].Partitions = append(request.Topics[i].Partitions, produce.RequestPartition{
			Partition: int32(tp.partition),
			RecordSet: protocol.RecordSet{Attributes: protocol.Attributes(compress.Snappy), Records: p.reader(p.queues[tp][0])},
		})
	}
	return request
}

// send sends the request for tps, which share a leader, and returns the outcome of each.
func (p *publication) send(ctx context.Context, tps []topicPartition, request *produce.Request) (map[topicPartition]error, error) {
	response, err := p.bus.transport.RoundTrip(ctx, p.bus.client.Addr, request)
	if err != nil {
		return nil, fmt.Errorf("produce: %w", err)
	}
	answers := make(map[topicPartition]error, len(tps))
	for _, tp := range tps {
		answers[tp] = errors.New("produce: the broker did not answer for this partition")
	}
	for _, t := range response.(*produce.Response).Topics {
		for _, r := range t.Partitions {
			answers[topicPartition{t.Topic, int(r.Partition)}] = answer(r)
		}
	}
	return answers, nil
}

// answer returns the error of a partition, as *event.PermanentError if a retry cannot succeed. A refused timestamp is not permanent: one of the
// two clocks is wrong and will be corrected.
func answer(r produce.ResponsePartition) error {
	if r.ErrorCode == 0 {
		return nil
	}
	code := kafka.Error(r.ErrorCode)
	err := fmt.Errorf("produce: %w %s", code, r.ErrorMessage)
	switch code {
	case kafka.MessageSizeTooLarge, kafka.RecordListTooLarge:
		return event.Permanent(err)
	}
	return err
}

// record saves the outcome of the first batch of a partition's queue.
func (p *publication) record(tp topicPartition, err error) {
	queue := p.queues[tp]
	batch, rest := queue[0], queue[1:]
	_, permanent := errors.AsType[*event.PermanentError](err)
	switch {
	case err == nil:
	case permanent && len(batch) > 1: // one record of it may be at fault, or only their sum
		singles := make([][]int, len(batch), len(batch)+len(rest))
		for i, record := range batch {
			singles[i] = []int{record}
		}
		p.queues[tp] = append(singles, rest...)
		return
	case permanent:
		p.errs[batch[0]] = err
	default:
		for _, b := range queue {
			for _, record := range b {
				p.errs[record] = err
			}
		}
		rest = nil
	}
	if len(rest) == 0 {
		delete(p.queues, tp)
	} else {
		p.queues[tp] = rest
	}
}

func (p *publication) reader(batch []int) protocol.RecordReader {
	now := p.bus.config.Now()
	records := make([]protocol.Record, len(batch))
	for i, index := range batch {
		r := p.records[index]
		if r.Time.IsZero() || r.Time.After(now) { // brokers refuse the future
			r.Time = now
		}
		records[i] = protocol.Record{Time: r.Time, Key: protocol.NewBytes([]byte(r.Key)), Value: protocol.NewBytes(r.Value)}
		for _, h := range r.Headers {
			records[i].Headers = append(records[i].Headers, protocol.Header{Key: h.Key, Value: h.Value})
		}
	}
	return protocol.NewRecordReader(records...)
}
