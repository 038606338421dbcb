package kafkabus

import (
	"context"
	"fmt"
	"slices"

	"github.com/segmentio/kafka-go"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// noPosition is the position of a partition without a valid commit: it becomes the log's first offset, which is above 0 where records have been
// deleted.
const noPosition = -1

// setPositions sets the position of every partition that has none. It returns false when a topic was created again since the positions were
// committed: then the generation is void, and the next one starts that topic from its beginning.
func (g *generation) setPositions(ctx context.Context) (valid bool, err error) {
	s := g.sub
	if !g.idsLoaded {
		if err := g.loadTopicIDs(ctx); err != nil {
			return false, err
		}
		g.idsLoaded = true
	}
	if !g.sameTopics(ctx) {
		return false, nil
	}
	byTopic := map[string][]int{}
	g.mu.Lock()
	for tp, at := range g.positions {
		if at == noPosition {
			byTopic[tp.topic] = append(byTopic[tp.topic], tp.partition)
		}
	}
	g.mu.Unlock()
	for topic, partitions := range byTopic {
		firsts, err := s.bus.listOffsets(ctx, topic, partitions, kafka.FirstOffset)
		if err == nil {
			err = g.startAtFirst(ctx, topic, firsts)
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// startAtFirst sets partitions to the log's first offsets. For those of restarting it commits that at once, so that a later start does not find
// the invalid commit again.
func (g *generation) startAtFirst(ctx context.Context, topic string, firsts map[int]int64) error {
	s := g.sub
	anew := map[int]int64{}
	s.mu.Lock()
	for p, first := range firsts {
		if s.restarting[topicPartition{topic, p}] {
			anew[p] = first
		}
	}
	s.mu.Unlock()
	if len(anew) > 0 {
		if err := s.send(ctx, g, map[string]map[int]int64{topic: anew}); err != nil {
			return fmt.Errorf("restart %s: %w", topic, err)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for p, first := range firsts {
		tp := topicPartition{topic, p}
		g.positions[tp] = first
		if _, again := anew[p]; again {
			s.mu.Lock()
			delete(s.restarting, tp)
			s.mu.Unlock()
		} else if first > 0 {
			s.addLoss(topic, event.Trimmed)
		}
	}
	return nil
}

// loadTopicIDs reads the topic ids that were committed beside the offsets, for topics whose id this member does not know yet. Offsets that an
// earlier release committed have no id, and count as valid.
func (g *generation) loadTopicIDs(ctx context.Context) error {
	s := g.sub
	request := &kafka.OffsetFetchRequest{GroupID: s.group, Topics: map[string][]int{}}
	g.mu.Lock()
	for tp, committed := range g.committed {
		if committed >= 0 {
			request.Topics[tp.topic] = append(request.Topics[tp.topic], tp.partition)
		}
	}
	g.mu.Unlock()
	if len(request.Topics) == 0 {
		return nil
	}
	response, err := s.bus.client.OffsetFetch(ctx, request)
	if err != nil {
		return fmt.Errorf("read what group %s committed: %w", s.group, err)
	}
	now := s.bus.topicIDs(ctx, s.topics)
	s.mu.Lock()
	defer s.mu.Unlock()
	for topic, partitions := range response.Topics {
		if s.ids[topic] != "" {
			continue
		}
		for _, p := range partitions {
			if p.Error == nil && p.Metadata != "" && (s.ids[topic] == "" || p.Metadata != now[topic]) { // prefer an id that differs from today's
				s.ids[topic] = p.Metadata
			}
		}
	}
	return nil
}

// sameTopics reports whether no topic was created again since this member's positions. All partitions of one that was are restarted.
func (g *generation) sameTopics(ctx context.Context) bool {
	s := g.sub
	now := s.bus.topicIDs(ctx, s.topics)
	same := true
	for _, topic := range s.topics {
		s.mu.Lock()
		was := s.ids[topic]
		if now[topic] != "" {
			s.ids[topic] = now[topic]
		}
		s.mu.Unlock()
		if was == "" || now[topic] == "" || was == now[topic] {
			continue
		}
		same = false
		s.restart(topic, allPartitions...)
		s.addLoss(topic, event.Recreated)
	}
	return same
}

// restart makes the next generation start partitions from the log's beginning, whatever is committed.
func (s *subscription) restart(topic string, partitions ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range partitions {
		s.restarting[topicPartition{topic, p}] = true
	}
}

// addLoss makes the next Fetch return that records of a topic are gone.
func (s *subscription) addLoss(topic string, how event.Loss) {
	s.mu.Lock()
	defer s.mu.Unlock()
	loss := event.LostError{Topic: topic[len(s.bus.config.Prefix):], How: how}
	s.unreported[topic] = true
	if !slices.Contains(s.losses, loss) {
		s.losses = append(s.losses, loss)
	}
	select {
	case s.bell <- struct{}{}:
	default:
	}
}

// nextLoss returns the next loss for Fetch to report, or nil. Once a topic's loss is reported, its records may be committed again.
func (s *subscription) nextLoss() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.losses) == 0 {
		return nil
	}
	loss := s.losses[0]
	s.losses = s.losses[1:]
	delete(s.unreported, s.bus.config.Prefix+loss.Topic)
	return &loss
}

func (s *subscription) isUnreported(topic string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unreported[topic]
}
