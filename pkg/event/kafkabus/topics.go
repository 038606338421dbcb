package kafkabus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// topicConfig makes a topic keep all records, compressed as they were sent.
var topicConfig = []kafka.ConfigEntry{
	{ConfigName: "cleanup.policy", ConfigValue: "delete"},
	{ConfigName: "retention.ms", ConfigValue: "-1"},
	{ConfigName: "retention.bytes", ConfigValue: "-1"},
	{ConfigName: "compression.type", ConfigValue: "producer"},
}

// CreateTopics implements event.Bus.
func (b *Bus) CreateTopics(ctx context.Context, names []string) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	topics := make([]kafka.TopicConfig, len(names))
	for i, name := range b.wireNames(names...) {
		topics[i] = kafka.TopicConfig{Topic: name, NumPartitions: event.Partitions, ReplicationFactor: b.config.ReplicationFactor,
			ConfigEntries: topicConfig}
	}
	response, err := b.client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: topics})
	if err != nil {
		return maybeUnavailable(fmt.Errorf("create topics: %w", b.diagnose(ctx, err)))
	}
	var errs []error
	for name, err := range response.Errors {
		if err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
			errs = append(errs, maybeUnavailable(fmt.Errorf("create topic %s: %w", name, err)))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return b.awaitLeaders(ctx, names)
}

// awaitLeaders waits until every partition's leader answers: metadata names leaders before they are ready, and until then writes fail and
// joins get no partitions.
func (b *Bus) awaitLeaders(ctx context.Context, names []string) error {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for _, name := range b.wireNames(names...) {
		for {
			_, err := b.listOffsets(ctx, name, allPartitions, kafka.LastOffset)
			if err == nil {
				break
			}
			pause.Reset(100 * time.Millisecond)
			select {
			case <-pause.C:
			case <-ctx.Done():
				return maybeUnavailable(fmt.Errorf("topic %s is not ready: %w", name, err))
			}
		}
	}
	return b.CheckTopics(ctx, names)
}

// CheckTopics implements event.Bus.
func (b *Bus) CheckTopics(ctx context.Context, names []string) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	metadata, err := b.client.Metadata(ctx, &kafka.MetadataRequest{Topics: b.wireNames(names...)})
	if err != nil {
		return maybeUnavailable(fmt.Errorf("read the list of topics: %w", b.diagnose(ctx, err)))
	}
	var missing, wrong, there []string
	for _, t := range metadata.Topics {
		switch n := len(t.Partitions); {
		case t.Error != nil:
			missing = append(missing, b.missing(t.Name))
			continue
		case n != event.Partitions:
			wrong = append(wrong, fmt.Sprintf("%s (%d)", t.Name, n))
		}
		there = append(there, t.Name)
	}
	var errs []error
	if len(missing) > 0 {
		errs = append(errs, fmt.Errorf(absent, strings.Join(missing, ", ")))
	}
	if len(wrong) > 0 {
		errs = append(errs, fmt.Errorf("topics that do not have %d partitions: %s; adding partitions to a topic with records would break their order: delete it, have migrate make it again, then run %s",
			event.Partitions, strings.Join(wrong, ", "), event.RepublishCommand("")))
	}
	forgetful, err := b.checkRetention(ctx, there)
	if err != nil {
		return maybeUnavailable(err)
	}
	return errors.Join(append(errs, forgetful...)...)
}

const absent = "topics that do not exist: %s"

// missing returns a topic's wire name with what to do about its absence.
func (b *Bus) missing(topic string) string {
	return fmt.Sprintf("%s (%s)", topic, createAdvice(strings.TrimPrefix(topic, b.config.Prefix)))
}

// retention are the settings by which a topic keeps all records.
var retention = map[string]string{"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}

// checkRetention returns an error, with what to do, for each of topics (wire names) that does not keep all records. Settings that this client may
// not read are logged, once per topic.
func (b *Bus) checkRetention(ctx context.Context, topics []string) (found []error, err error) {
	if len(topics) == 0 {
		return nil, nil
	}
	request := &kafka.DescribeConfigsRequest{}
	names := slices.Sorted(maps.Keys(retention))
	for _, t := range topics {
		request.Resources = append(request.Resources, kafka.DescribeConfigRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: t, ConfigNames: names})
	}
	response, err := b.client.DescribeConfigs(ctx, request)
	if err != nil {
		return nil, fmt.Errorf("read the settings of the topics: %w", b.diagnose(ctx, err))
	}
	for _, r := range response.Resources {
		if errors.Is(r.Error, kafka.UnknownTopicOrPartition) { // deleted since the list was read
			found = append(found, fmt.Errorf(absent, b.missing(r.ResourceName)))
			continue
		}
		if r.Error != nil {
			b.unseenSettings(ctx, r.ResourceName, r.Error)
			continue
		}
		var wrong []string
		for _, c := range r.ConfigEntries {
			if right := retention[c.ConfigName]; right != "" && c.ConfigValue != right {
				wrong = append(wrong, c.ConfigName+"="+c.ConfigValue)
			}
		}
		if len(wrong) > 0 {
			found = append(found, fmt.Errorf("topic %s forgets (%s), and the events that it forgets are gone: set retention.ms=-1,retention.bytes=-1,cleanup.policy=delete, "+
				"in its KafkaTopic resource or with kafka-configs.sh --alter --entity-type topics --entity-name %s --add-config; then %s", r.ResourceName,
				strings.Join(wrong, ", "), r.ResourceName, event.RepublishCommand(strings.TrimPrefix(r.ResourceName, b.config.Prefix))))
		}
	}
	return found, nil
}

func (b *Bus) unseenSettings(ctx context.Context, topic string, reason error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.unseen[topic] {
		b.unseen[topic] = true
		b.log.WarnContext(ctx, "whether the topic keeps its whole log cannot be seen: the user needs DescribeConfigs on it", "topic", topic, "error", reason)
	}
}

// leaders maps those of tps that have a leader to the leader's id, from metadata at most a few seconds old.
func (b *Bus) leaders(ctx context.Context, tps []topicPartition) (map[topicPartition]int, error) {
	var names []string
	for _, tp := range tps {
		if !slices.Contains(names, tp.topic) {
			names = append(names, tp.topic)
		}
	}
	there, err := b.partitions(ctx, names)
	if err != nil {
		return nil, err
	}
	leaders := make(map[topicPartition]int, len(tps))
	for _, p := range there {
		if p.Leader.Host != "" { // the zero Broker stands for "no such broker"
			leaders[topicPartition{p.Topic, p.ID}] = p.Leader.ID
		}
	}
	return leaders, nil
}

// listOffsets returns, per partition, the first offset or the one after the last (which: kafka.FirstOffset or LastOffset).
func (b *Bus) listOffsets(ctx context.Context, topic string, partitions []int, which int64) (map[int]int64, error) {
	offsets := make(map[int]int64, len(partitions))
	for some := range slices.Chunk(partitions, 4) { // the library asks for each partition on a connection of its own
		request := make([]kafka.OffsetRequest, len(some))
		for i, p := range some {
			request[i] = kafka.OffsetRequest{Partition: p, Timestamp: which}
		}
		response, err := b.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: request}})
		if err != nil {
			return nil, fmt.Errorf("read the offsets of %s: %w", topic, err)
		}
		for _, p := range response.Topics[topic] {
			if p.Error != nil {
				return nil, fmt.Errorf("read the offsets of %s[%d]: %w", topic, p.Partition, p.Error)
			}
			offsets[p.Partition] = p.LastOffset
			if which == kafka.FirstOffset {
				offsets[p.Partition] = p.FirstOffset
			}
		}
		for _, p := range some {
			if _, ok := offsets[p]; !ok {
				return nil, fmt.Errorf("read the offsets of %s[%d]: no answer", topic, p)
			}
		}
	}
	return offsets, nil
}

// Lag implements event.Bus. In partitions where the group has committed nothing all records count. What the group has committed is asked
// of its coordinator, whichever broker leads the topics.
func (b *Bus) Lag(ctx context.Context, group string, topics []string) (map[string]int64, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	group = b.config.Prefix + group
	request := &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{}}
	for _, t := range b.wireNames(topics...) {
		request.Topics[t] = allPartitions
	}
	committed, err := b.client.OffsetFetch(ctx, request)
	if err == nil && !errors.Is(committed.Error, kafka.GroupIdNotFound) { // some brokers say so of a group that has committed nothing
		err = committed.Error
	}
	if err != nil {
		return nil, fmt.Errorf("read the offsets of group %s: %w", group, err)
	}
	lag := make(map[string]int64, len(topics))
	var errs []error
	for i, t := range b.wireNames(topics...) {
		n, err := b.lagIn(ctx, group, t, committed.Topics[t])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		lag[topics[i]] = n
	}
	return lag, errors.Join(errs...)
}

// lagIn is the lag in one topic (wire name), by what the group has committed there.
func (b *Bus) lagIn(ctx context.Context, group, topic string, committed []kafka.OffsetFetchPartition) (lag int64, err error) {
	ends, err := b.listOffsets(ctx, topic, allPartitions, kafka.LastOffset)
	if err != nil {
		return 0, err
	}
	begun := map[int]int64{}
	for _, p := range committed {
		if p.Error != nil {
			return 0, fmt.Errorf("read the offset of group %s in %s[%d]: %w", group, topic, p.Partition, p.Error)
		}
		if p.CommittedOffset >= 0 {
			begun[p.Partition] = p.CommittedOffset
		}
	}
	var firsts map[int]int64
	if len(begun) < len(ends) { // the others are begun where the log does
		if firsts, err = b.listOffsets(ctx, topic, allPartitions, kafka.FirstOffset); err != nil {
			return 0, err
		}
	}
	for p, end := range ends {
		at, ok := begun[p]
		if !ok {
			at = firsts[p]
		}
		lag += max(end-at, 0)
	}
	return lag, nil
}

// ResetGroup implements event.Bus.
func (b *Bus) ResetGroup(ctx context.Context, group string, topics []string) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	group = b.config.Prefix + group
	request := &kafka.OffsetCommitRequest{GroupID: group, GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{}}
	for _, t := range b.wireNames(topics...) {
		firsts, err := b.listOffsets(ctx, t, allPartitions, kafka.FirstOffset)
		if err != nil {
			return err
		}
		for p, first := range firsts {
			request.Topics[t] = append(request.Topics[t], kafka.OffsetCommit{Partition: p, Offset: first})
		}
	}
	response, err := b.client.OffsetCommit(ctx, request)
	if err != nil {
		return fmt.Errorf("reset group %s: %w", group, err)
	}
	for t, partitions := range response.Topics {
		for _, p := range partitions {
			if p.Error != nil { // a group with members refuses commits of others
				return fmt.Errorf("reset group %s in %s[%d]: %w", group, t, p.Partition, p.Error)
			}
		}
	}
	return nil
}
