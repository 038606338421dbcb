package kafkabus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

const (
	gather       = 2 * time.Millisecond // how long Fetch waits for more once it has one record
	joinBackoff  = time.Second
	watchEvery   = 5 * time.Second // more than metadataTTL, so that watch never compares with metadata from before the generation
	groupTimeout = 5 * time.Second // of a call to the group's coordinator
	rebalance    = 10 * time.Second
	// stuckAfter is how long the library may have neither a generation nor an error before its group is closed and a new one joined: all its
	// calls have deadlines, the longest that of joining (rebalance + groupTimeout).
	stuckAfter = 3 * (rebalance + groupTimeout)
)

// subscription implements event.Subscription: one member of a group. One goroutine (run) keeps the membership; those of the
// generation it is in (see fetch.go) fetch ahead, at most one answer per broker.
//
// A hang is always noticed: every call to a broker has a deadline, a call that misses it is repeated on a new connection, and Alive advances only
// when a broker has answered.
type subscription struct {
	bus    *Bus
	group  string
	topics []string
	log    *slog.Logger
	conns  *connections
	cancel context.CancelFunc
	done   chan struct{} // closed when run has ended

	fetched chan delivery
	errs    chan error // the newest error that Fetch has not reported yet
	alive   atomic.Int64
	current atomic.Pointer[generation]
	// assigned counts the partitions of each topic that this member, as leader, assigned for the next generation; nil where another leads.
	assigned atomic.Pointer[map[string]int]

	rest     []event.Record // fetched by restFrom, not returned yet
	restFrom *generation

	bell chan struct{} // wakes Fetch when there is a loss to report
	mu   sync.Mutex
	// ids are the ids of the topics that this member's positions belong to, where known.
	ids map[string]string
	// restarting are the partitions that start from the log's beginning whatever is committed, until that start is committed.
	restarting map[topicPartition]bool
	// unreported are the topics of losses. Records of them that were fetched before the loss are not committed.
	unreported map[string]bool
	losses     []event.LostError
}

// delivery is the result of one fetch.
type delivery struct {
	from    *generation
	records []event.Record
}

// Subscribe implements event.Bus. It returns at once, and joins the group in the background.
func (b *Bus) Subscribe(group string, topics []string) (event.Subscription, error) {
	ctx, cancel := context.WithCancel(context.Background())
	s := &subscription{
		bus: b, group: b.config.Prefix + group, topics: b.wireNames(topics...), log: b.log.With("group", group), conns: newConnections(b.config),
		cancel: cancel, done: make(chan struct{}), fetched: make(chan delivery, 1), errs: make(chan error, 1),
		bell: make(chan struct{}, 1), ids: map[string]string{}, restarting: map[topicPartition]bool{}, unreported: map[string]bool{},
	}
	config := s.groupConfig()
	if err := config.Validate(); err != nil {
		cancel()
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		cancel()
		return nil, event.ErrClosed
	}
	b.subs[s] = struct{}{}
	go s.run(ctx)
	return s, nil
}

func (s *subscription) groupConfig() kafka.ConsumerGroupConfig {
	c := s.bus.config
	return kafka.ConsumerGroupConfig{
		ID: s.group, Brokers: c.Brokers, Topics: s.topics, StartOffset: kafka.FirstOffset,
		Dialer:            &kafka.Dialer{ClientID: c.ClientID, DialFunc: s.dial, Timeout: dialTimeout, SASLMechanism: s.bus.sasl},
		GroupBalancers:    []kafka.GroupBalancer{balancer{sub: s}},
		HeartbeatInterval: c.Session / 5, SessionTimeout: c.Session, RebalanceTimeout: rebalance, JoinGroupBackoff: joinBackoff,
		Timeout: groupTimeout,
		ErrorLogger: kafka.LoggerFunc(func(format string, args ...any) {
			s.log.Debug("consumer group", "detail", fmt.Sprintf(format, args...))
		}),
	}
}

// dial connects to a broker for the group.
func (s *subscription) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := s.conns.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &uncreating{Conn: c}, nil
}

// run keeps the membership until ctx ends.
func (s *subscription) run(ctx context.Context) {
	defer close(s.done)
	for ctx.Err() == nil {
		group, err := kafka.NewConsumerGroup(s.groupConfig())
		if err != nil {
			s.report(err) // does not happen: Subscribe has validated the configuration
			return
		}
		s.follow(ctx, group)
		_ = group.Close()
	}
}

// follow works through the generations of group until ctx ends or the group is stuck.
func (s *subscription) follow(ctx context.Context, group *kafka.ConsumerGroup) {
	for {
		waiting, cancel := context.WithTimeout(ctx, stuckAfter)
		next, err := group.Next(waiting)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			g := newGeneration(s, next)
			s.current.Store(g)
			s.touch()
			s.log.Debug("joined", "generation", next.ID, "partitions", len(g.positions))
			next.Start(g.fetch)
			next.Start(g.heartbeat)
			if assigned := s.assigned.Swap(nil); assigned != nil {
				next.Start(g.watch(*assigned))
			}
		case errors.Is(err, context.DeadlineExceeded) && waiting.Err() != nil:
			if g := s.current.Load(); g == nil || g.ended() {
				s.log.Error("no answer from the consumer group, joining again", "after", stuckAfter)
				return
			}
		case errors.Is(err, kafka.RebalanceInProgress):
		default:
			s.report(fmt.Errorf("join group %s: %w", s.group, err))
		}
	}
}

func (s *subscription) touch() { s.alive.Store(s.bus.config.Now().UnixNano()) }

// Alive implements event.Subscription.
func (s *subscription) Alive() time.Time {
	if ns := s.alive.Load(); ns != 0 {
		return time.Unix(0, ns)
	}
	return time.Time{}
}

// report keeps err for the next Fetch; only the newest counts.
func (s *subscription) report(err error) {
	for {
		select {
		case s.errs <- err:
			return
		default:
		}
		select {
		case older := <-s.errs:
			s.bus.log.Debug("an error that Fetch did not return is replaced", "error", older)
		default:
		}
	}
}

// Fetch implements event.Subscription.
func (s *subscription) Fetch(ctx context.Context, limit int) ([]event.Record, error) {
	if err := s.nextLoss(); err != nil {
		return nil, err
	}
	out := s.take(nil, limit)
	for len(out) == 0 {
		select {
		case <-s.bell:
			if err := s.nextLoss(); err != nil {
				return nil, err
			}
		case d := <-s.fetched:
			out = s.accept(d, nil, limit)
		case err := <-s.errs:
			return nil, err
		case <-s.done:
			return nil, event.ErrClosed
		case <-ctx.Done():
			return nil, nil
		}
	}
	more := time.NewTimer(gather)
	defer more.Stop()
	for len(out) < limit {
		select {
		case d := <-s.fetched:
			if d.from != s.restFrom { // a rebalance in between: keep it for the next Fetch
				s.rest, s.restFrom = d.records, d.from
				return s.count(out), nil
			}
			out = s.accept(d, out, limit)
			continue
		case <-more.C:
		case <-ctx.Done():
		}
		break
	}
	return s.count(out), nil
}

func (s *subscription) accept(d delivery, out []event.Record, limit int) []event.Record {
	s.rest, s.restFrom = d.records, d.from
	return s.take(out, limit)
}

// take moves records from rest to out. It drops them if their partitions were reassigned or their topic was created again.
func (s *subscription) take(out []event.Record, limit int) []event.Record {
	if s.restFrom != s.current.Load() || s.restFrom != nil && s.restFrom.void.Load() {
		s.rest = nil
		return out
	}
	n := min(limit-len(out), len(s.rest))
	out = append(out, s.rest[:n]...)
	s.rest = s.rest[n:]
	return out
}

func (s *subscription) count(records []event.Record) []event.Record {
	for _, r := range records {
		s.bus.metrics.fetched.WithLabelValues(r.Topic, s.group).Inc()
	}
	return records
}

// Commit implements event.Subscription. It commits with the present generation, so that an expelled member cannot; never below what was committed
// when the generation began; and with each offset the topic's id.
func (s *subscription) Commit(ctx context.Context, records []event.Record) error {
	g := s.current.Load()
	if g == nil {
		return nil // nothing was ever fetched
	}
	if g.void.Load() {
		return event.ErrRebalanced
	}
	offsets, lost := g.commitable(records)
	if len(offsets) > 0 {
		err := s.send(ctx, g, offsets)
		if err != nil && (g.ended() || isRebalance(err)) {
			return event.ErrRebalanced
		}
		if err != nil {
			return fmt.Errorf("commit for group %s: %w", s.group, err)
		}
		s.touch()
	}
	if lost {
		return event.ErrRebalanced
	}
	return nil
}

// send commits offsets at the coordinator. After a timeout it is not known whether they are committed.
func (s *subscription) send(ctx context.Context, g *generation, offsets map[string]map[int]int64) error {
	request := &kafka.OffsetCommitRequest{GroupID: g.membership.GroupID, GenerationID: int(g.membership.ID), MemberID: g.membership.MemberID,
		Topics: map[string][]kafka.OffsetCommit{}}
	s.mu.Lock()
	for topic, partitions := range offsets {
		for p, next := range partitions {
			request.Topics[topic] = append(request.Topics[topic], kafka.OffsetCommit{Partition: p, Offset: next, Metadata: s.ids[topic]})
		}
	}
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, groupTimeout)
	defer cancel()
	response, err := s.bus.client.OffsetCommit(ctx, request)
	if err != nil {
		return err
	}
	for topic, partitions := range response.Topics {
		for _, p := range partitions {
			if p.Error != nil {
				return fmt.Errorf("%s[%d]: %w", topic, p.Partition, p.Error)
			}
		}
	}
	return nil
}

func isRebalance(err error) bool {
	return errors.Is(err, kafka.IllegalGeneration) || errors.Is(err, kafka.UnknownMemberId) || errors.Is(err, kafka.RebalanceInProgress)
}

// Close implements event.Subscription. When ctx ends first it cuts the connections; the group then notices only after Config.Session.
func (s *subscription) Close(ctx context.Context) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	s.bus.mu.Lock()
	delete(s.bus.subs, s)
	s.bus.mu.Unlock()
	s.cancel()
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
	}
	s.conns.cutAll()
	last := time.NewTimer(graceful)
	defer last.Stop()
	select {
	case <-s.done:
	case <-last.C:
	}
	return fmt.Errorf("leave group %s: %w", s.group, ctx.Err())
}
