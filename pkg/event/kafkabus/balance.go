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

// balancer gives each member the same range of partitions of every topic, so that what has one key comes to one place. The member that leads
// the group calls it, and keeps in given what the generation is made from. While one topic is missing the library reads no partition at all;
// balancer then asks itself, so that the others are read.
type balancer struct {
	kafka.RangeGroupBalancer
	sub *subscription
}

// AssignGroups implements kafka.GroupBalancer. Where the broker does not say what is there nothing is given out, until watch sees it.
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
			b.sub.log.Warn("which partitions there are is not told, none is read until it is", "error", err)
		}
	}
	given := counted(topics, there)
	b.sub.given.Store(&given)
	for topic, n := range given {
		if n == 0 && len(there) > 0 {
			topic = strings.TrimPrefix(topic, b.sub.bus.config.Prefix)
			b.sub.log.Warn("a topic that the group reads does not exist, the others are read", "topic", topic, "to_do", remake(topic))
		}
	}
	return b.RangeGroupBalancer.AssignGroups(members, there)
}

// watch ends the generation, by returning, when the topics have not the partitions that were given out in it. Only the leader, who gave them
// out, can tell, and have the group give them out anew. It compares with what it gave, not with what it saw first: a topic that comes back
// between the two would not be noticed. A generation that is not for long is not ended before watchEvery has passed.
func (g *generation) watch(given map[string]int) func(context.Context) {
	topics := slices.Collect(maps.Keys(given))
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
				continue // a broker that is away is seen by whoever fetches
			}
			if there := counted(topics, partitions); !maps.Equal(there, given) {
				g.sub.log.Warn("the topics have other partitions than those given out, which are given out anew", "given", given, "there", there)
				return
			}
		}
	}
}

// counted is how many partitions each of topics has; one that does not exist has none.
func counted(topics []string, partitions []kafka.Partition) map[string]int {
	n := make(map[string]int, len(topics))
	for _, t := range topics {
		n[t] = 0
	}
	for _, p := range partitions {
		n[p.Topic]++
	}
	return n
}

// partitions are those of topics (names on the wire), at most metadataTTL old.
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

// remake says what to do about a topic that does not exist.
func remake(topic string) string {
	return "have migrate make it; if it was deleted, then run " + event.RepublishCommand(topic)
}
