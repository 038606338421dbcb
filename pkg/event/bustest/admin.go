package bustest

import (
	"context"
	"crypto/tls"
	"net"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// admin does to topics what an operator can and the product does not.
type admin struct {
	t      testing.TB
	prefix string
	client *kgo.Client
}

func (b *Broker) admin(t testing.TB) admin {
	t.Helper()
	options := []kgo.Opt{kgo.SeedBrokers(b.config.Brokers...), kgo.Dialer(func(ctx context.Context, network, address string) (net.Conn, error) {
		raw, err := b.Dial(ctx, network, address)
		if err != nil || b.config.TLS == nil {
			return raw, err
		}
		config := b.config.TLS.Clone()
		if config.ServerName, _, err = net.SplitHostPort(address); err != nil {
			return nil, err
		}
		return tls.Client(raw, config), nil
	})}
	if user := b.config.SASL; user.Mechanism == "SCRAM-SHA-512" {
		options = append(options, kgo.SASL(scram.Auth{User: user.User, Pass: user.Password}.AsSha512Mechanism()))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		t.Fatalf("admin: %v", err)
	}
	t.Cleanup(client.Close)
	return admin{t, b.config.Prefix, client}
}

func (a admin) do(ctx context.Context, request kmsg.Request) kmsg.Response {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, waitLimit)
	defer cancel()
	response, err := a.client.Request(ctx, request)
	if err != nil {
		a.t.Fatalf("admin: %v", err)
	}
	return response
}

func (a admin) must(code int16) {
	a.t.Helper()
	if err := kerr.ErrorForCode(code); err != nil {
		a.t.Fatalf("admin: %v", err)
	}
}

// set changes a setting of a topic.
func (a admin) set(topic, name, value string) {
	a.t.Helper()
	request := kmsg.NewPtrIncrementalAlterConfigsRequest()
	resource := kmsg.NewIncrementalAlterConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = kmsg.ConfigResourceTypeTopic, a.prefix+topic
	config := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
	config.Name, config.Op, config.Value = name, kmsg.IncrementalAlterConfigOpSet, kmsg.StringPtr(value)
	resource.Configs = append(resource.Configs, config)
	request.Resources = append(request.Resources, resource)
	a.must(a.do(a.t.Context(), request).(*kmsg.IncrementalAlterConfigsResponse).Resources[0].ErrorCode)
}

// create makes a topic of any number of partitions that keeps its log.
func (a admin) create(topic string, partitions int32) {
	a.t.Helper()
	request := kmsg.NewPtrCreateTopicsRequest()
	made := kmsg.NewCreateTopicsRequestTopic()
	made.Topic, made.NumPartitions, made.ReplicationFactor = a.prefix+topic, partitions, 1
	for name, value := range map[string]string{"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"} {
		config := kmsg.NewCreateTopicsRequestTopicConfig()
		config.Name, config.Value = name, kmsg.StringPtr(value)
		made.Configs = append(made.Configs, config)
	}
	request.Topics = append(request.Topics, made)
	a.must(a.do(a.t.Context(), request).(*kmsg.CreateTopicsResponse).Topics[0].ErrorCode)
	a.until(topic, true)
}

// delete deletes a topic.
func (a admin) delete(topic string) {
	a.t.Helper()
	request := kmsg.NewPtrDeleteTopicsRequest()
	deleted := kmsg.NewDeleteTopicsRequestTopic()
	deleted.Topic = kmsg.StringPtr(a.prefix + topic)
	request.Topics, request.TopicNames, request.TimeoutMillis = append(request.Topics, deleted), []string{a.prefix + topic}, 10_000
	a.must(a.do(a.t.Context(), request).(*kmsg.DeleteTopicsResponse).Topics[0].ErrorCode)
	a.until(topic, false)
}

// until waits until the broker says that a topic is there, or is not. Before that it takes records for the topic that was deleted.
func (a admin) until(topic string, there bool) {
	a.t.Helper()
	request := kmsg.NewPtrMetadataRequest()
	asked := kmsg.NewMetadataRequestTopic()
	asked.Topic = kmsg.StringPtr(a.prefix + topic)
	request.Topics = append(request.Topics, asked)
	for deadline := time.Now().Add(waitLimit); (a.do(a.t.Context(), request).(*kmsg.MetadataResponse).Topics[0].ErrorCode == 0) != there; {
		if time.Now().After(deadline) {
			a.t.Fatalf("admin: whether topic %s is there stays %v", topic, !there)
		}
	}
}

// trim deletes the records of each partition before an offset.
func (a admin) trim(topic string, before int64) {
	a.t.Helper()
	request := kmsg.NewPtrDeleteRecordsRequest()
	trimmed := kmsg.NewDeleteRecordsRequestTopic()
	trimmed.Topic = a.prefix + topic
	for p := range int32(event.Partitions) {
		partition := kmsg.NewDeleteRecordsRequestTopicPartition()
		partition.Partition, partition.Offset = p, before
		trimmed.Partitions = append(trimmed.Partitions, partition)
	}
	request.Topics, request.TimeoutMillis = append(request.Topics, trimmed), int32((10 * time.Second).Milliseconds())
	for _, t := range a.do(a.t.Context(), request).(*kmsg.DeleteRecordsResponse).Topics {
		for _, p := range t.Partitions {
			a.must(p.ErrorCode)
		}
	}
}

// Delete deletes a topic, as an operator can.
func (b *Broker) Delete(t testing.TB, topic string) {
	t.Helper()
	b.admin(t).delete(topic)
}

// Set changes a setting of a topic, as an operator can.
func (b *Broker) Set(t testing.TB, topic, name, value string) {
	t.Helper()
	b.admin(t).set(topic, name, value)
}
