package kafkabus

import (
	"context"
	"fmt"
	"slices"

	"github.com/segmentio/kafka-go"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// unplaced is the position of a partition of which nothing is committed, or of which what is committed means nothing any more: it becomes the
// log's first offset, which is above 0 where records have been deleted.
const unplaced = -1

// place gives every partition of the generation its position. It answers false when topics turn out to be others than those that the positions
// are of: then the generation is void, and the next one begins them anew.
func (g *generation) place(ctx context.Context) (valid bool, err error) {
	s := g.sub
	if !g.recalled {
		if err := g.recall(ctx); err != nil {
			return false, err
		}
		g.recalled = true
	}
	if !g.sameTopics(ctx) {
		return false, nil
	}
	byTopic := map[string][]int{}
	g.mu.Lock()
	for tp, at := range g.positions {
		if at == unplaced {
			byTopic[tp.topic] = append(byTopic[tp.topic], tp.partition)
		}
	}
	g.mu.Unlock()
	for topic, partitions := range byTopic {
		firsts, err := s.bus.listOffsets(ctx, topic, partitions, kafka.FirstOffset)
		if err == nil {
			err = g.begin(ctx, topic, firsts)
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// begin places partitions at the log's first offsets. Where that is a new beginning, it is committed at once: what was committed before must not
// be found again by a later start.
func (g *generation) begin(ctx context.Context, topic string, firsts map[int]int64) error {
	s := g.sub
	anew := map[int]int64{}
	s.mu.Lock()
	for p, first := range firsts {
		if s.anew[topicPartition{topic, p}] {
			anew[p] = first
		}
	}
	s.mu.Unlock()
	if len(anew) > 0 {
		if err := s.send(ctx, g, map[string]map[int]int64{topic: anew}); err != nil {
			return fmt.Errorf("begin %s anew: %w", topic, err)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for p, first := range firsts {
		tp := topicPartition{topic, p}
		g.positions[tp] = first
		if _, again := anew[p]; again {
			s.mu.Lock()
			delete(s.anew, tp)
			s.mu.Unlock()
		} else if first > 0 {
			s.lose(topic, event.Trimmed)
		}
	}
	return nil
}

// recall reads which topics the committed offsets are of, which commit wrote beside them, and remembers it where this member does not know
// better. Offsets that an earlier release committed say nothing, and are believed.
func (g *generation) recall(ctx context.Context) error {
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
	now := s.bus.identify(ctx, s.topics)
	s.mu.Lock()
	defer s.mu.Unlock()
	for topic, partitions := range response.Topics {
		if s.ids[topic] != "" {
			continue
		}
		for _, p := range partitions {
			if p.Error == nil && p.Metadata != "" && (s.ids[topic] == "" || p.Metadata != now[topic]) { // one of another topic counts
				s.ids[topic] = p.Metadata
			}
		}
	}
	return nil
}

// sameTopics says whether the topics are those that this member's positions are of. Of one that is not, all is lost.
func (g *generation) sameTopics(ctx context.Context) bool {
	s := g.sub
	now := s.bus.identify(ctx, s.topics)
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
		s.lose(topic, event.Recreated)
	}
	return same
}

// restart has partitions begun anew by the next generation, and nothing committed for them that was fetched before Fetch has said so.
func (s *subscription) restart(topic string, partitions ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range partitions {
		s.anew[topicPartition{topic, p}] = true
	}
}

// lose has the next Fetch say that records of a topic are gone.
func (s *subscription) lose(topic string, how event.Loss) {
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

// lost is the next loss that Fetch has to tell, nil when there is none. From then on what is fetched of that topic may be committed.
func (s *subscription) lost() error {
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
