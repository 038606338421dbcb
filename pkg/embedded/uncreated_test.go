package embedded_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/bustest"
	"github.com/bitacora-salud/bitacora/pkg/event/kafkabus"
)

// A broker that creates topics by itself makes none anew because a group reads it: the others are read, and it is named until migrate makes it.
func TestAGroupDoesNotHaveTheBrokerCreateAMissingTopic(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.AllowAutoTopicCreation(), kfake.DefaultNumPartitions(1),
		kfake.BrokerConfigs(map[string]string{"log.retention.ms": "-1"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	open := func() *kafkabus.Bus {
		bus, err := kafkabus.New(kafkabus.Config{Brokers: cluster.ListenAddrs()}, bustest.Logger(t), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = bus.Close(context.Background()) })
		return bus
	}
	bus := open()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := bus.CreateTopics(ctx, []string{"there"}); err != nil {
		t.Fatal(err)
	}
	sub, err := bus.Subscribe("g", []string{"missing", "there"})
	if err != nil {
		t.Fatal(err)
	}
	if errs := bus.Publish(ctx, []event.Record{{Topic: "there", Key: "k", Value: []byte("v")}}); errs != nil {
		t.Fatal(errs)
	}
	var got []event.Record
	for ctx.Err() == nil && len(got) == 0 { // what cannot be fetched yet is fetched again
		got, _ = sub.Fetch(ctx, 10)
	}
	if len(got) != 1 {
		t.Fatalf("%d records", len(got))
	}
	// Another one knows nothing of the broker yet.
	if err := open().CheckTopics(ctx, []string{"missing", "there"}); err == nil || !strings.Contains(err.Error(), "do not exist: missing") || strings.Contains(err.Error(), "there ") {
		t.Errorf("the topics: %v", err)
	}
}
