package kafkabus

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// balancer assigns each member the same range of partitions of every topic, so that all events of one key go to one member. It runs in the member
// that leads the group, and saves in subscription.assigned what watch compares. While one topic is missing the library finds no partition at
// all; balancer then reads the partitions itself, so that the other topics are consumed.
type balancer struct {
	kafka.RangeGroupBalancer
	sub *subscription
}

// AssignGroups implements kafka.GroupBalancer. If the partitions cannot be read it assigns none, until watch finds some.
func (b balancer) AssignGroups(members []kafka.GroupMember, there []kafka.Partition) kafka.GroupMemberAssignments {
	var topics []string
	for _, m := range members {
		topics = append(topics, m.Topics...)
	}
	if len(there) == 0 {
		ctx, cancel := context.WithTimeout(context.Background(), groupTimeout)
		defer cancel()
		var err error
		if there, err = b.sub.bus.partitions(ctx, topics); err != nil {
			b.sub.log.Warn("the partitions cannot be read; none is consumed until they can", "error", err)
		}
	}
	assigned := countPartitions(topics, there)
	b.sub.assigned.Store(&assigned)
	for topic, n := range assigned {
		if n == 0 && len(there) > 0 {
			topic = strings.TrimPrefix(topic, b.sub.bus.config.Prefix)
			b.sub.log.Warn("a topic that the group reads does not exist, the others are read", "topic", topic, "to_do", createAdvice(topic))
		}
	}
	return b.RangeGroupBalancer.AssignGroups(members, there)
}

// watch ends the generation, by returning, when the topics no longer have the partitions that were assigned, so that the group rebalances. It
// runs in the group's leader only, which made the assignment. It compares with the assignment and not with its own first reading, which would
// miss a topic that was created in between.
func (g *generation) watch(assigned map[string]int) func(context.Context) {
	topics := slices.Collect(maps.Keys(assigned))
	return func(life context.Context) {
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-life.Done():
				return
			case <-tick.C:
			}
			partitions, err := g.sub.bus.partitions(life, topics)
			if err != nil {
				continue // fetch reports a broker that does not answer
			}
			if there := countPartitions(topics, partitions); !maps.Equal(there, assigned) {
				g.sub.log.Warn("the topics have other partitions than those assigned: rebalancing", "assigned", assigned, "there", there)
				return
			}
		}
	}
}

// countPartitions counts the partitions of each of topics, 0 for one that does not exist.
func countPartitions(topics []string, partitions []kafka.Partition) map[string]int {
	n := make(map[string]int, len(topics))
	for _, t := range topics {
		n[t] = 0
	}
	for _, p := range partitions {
		n[p.Topic]++
	}
	return n
}

// partitions returns those of topics (wire names), from metadata that is at most metadataTTL old.
func (b *Bus) partitions(ctx context.Context, topics []string) (there []kafka.Partition, err error) {
	metadata, err := b.client.Metadata(ctx, &kafka.MetadataRequest{Topics: topics})
	if err != nil {
		return nil, fmt.Errorf("read the topics' partitions: %w", err)
	}
	for _, t := range metadata.Topics {
		there = append(there, t.Partitions...)
	}
	return there, nil
}

// createAdvice says what to do about a topic that does not exist.
func createAdvice(topic string) string {
	return "have migrate make it; if it was deleted, then run " + event.RepublishCommand(topic)
}
