package bench_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/segmentio/kafka-go"

	asset "github.com/bitacora-salud/bitacora/services/asset/app"
	status "github.com/bitacora-salud/bitacora/services/status/app"
)

const (
	// samples of each of the two are taken, one every pace in turns: that is what the machine does beside them.
	samples = 400
	pace    = 25 * time.Millisecond
	// units share what is registered.
	units = 4
)

// visible is the fourth budget: the time from the answer to a registration to that of the first look at the unit's figures that include
// it, beside the sum of an insert, a record through the same broker and another insert, all by the bare drivers.
func visible(b *testing.B, g *ground) {
	bus := g.bus(b)
	assets, figures := g.start(b, "service", asset.New, bus), g.start(b, "status", status.New, bus)
	beds := assets.beds(b)
	for u := range units {
		assets.unit(b, placeOf(1+u).unit)
	}
	engineer, planner := g.token(b, "engineer", "biomedical_engineer@nation"), g.token(b, "planner", "planner@nation")
	sample := func(n int) time.Duration {
		unit := placeOf(1 + n%units).unit
		said, err := assets.send(ask{http.MethodPost, "/v1/assets", engineer, registration(unit, beds, int64(n)), http.StatusCreated})
		must(b, err)
		start := time.Now()
		must(b, figures.seen(unit, said.Get("Bitacora-Written"), planner))
		return time.Since(start)
	}
	alone := bareWay(b, g, g.bare(b, assets.place))
	for n := range 2 * units { // the first of all: groups are joined, connections made
		sample(samples + n)
		alone(samples + n)
	}
	took := [2][]float64{}
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for n := range samples {
		for i, take := range []func(int) time.Duration{sample, alone} {
			<-tick.C
			took[i] = append(took[i], take(n).Seconds()*1000)
		}
	}
	for i, name := range []string{"visible", "bare"} {
		note("%s: p50 %.1f ms, p90 %.1f ms, p99 %.1f ms, most %.1f ms", name, median(took[i]), quantile(took[i], 0.9), quantile(took[i], 0.99), slices.Max(took[i]))
	}
	ceiling(b, "visible-p99/"+g.name, quantile(took[0], 0.99)/quantile(took[1], 0.99), 3)
	ceiling(b, "visible-p50/"+g.name, median(took[0])/median(took[1]), 3)
}

// seen looks at the unit's figures until they include what was written. The service waits a second by itself.
func (r *running) seen(unit, mark, token string) (err error) {
	for range 30 {
		_, err = r.send(ask{http.MethodGet, "/v1/status/units/" + unit + "?min_as_of=" + mark, token, "", http.StatusOK})
		if err == nil {
			return nil
		}
	}
	return err
}

// bareWay makes what does an insert, a record's way through the broker, and another insert.
func bareWay(b *testing.B, g *ground, store bare) func(n int) time.Duration {
	topic := g.prefix + "bare"
	transport := &kafka.Transport{Dial: g.dial}
	b.Cleanup(transport.CloseIdleConnections)
	client := &kafka.Client{Addr: kafka.TCP(g.brokers...), Transport: transport}
	made, err := client.CreateTopics(b.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: 1, ReplicationFactor: 1}}})
	must(b, err)
	must(b, made.Errors[topic])
	writer := &kafka.Writer{Addr: client.Addr, Topic: topic, RequiredAcks: kafka.RequireAll, BatchTimeout: time.Millisecond, Transport: transport}
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: g.brokers, Topic: topic, MinBytes: 1, MaxBytes: 1 << 20, MaxWait: 500 * time.Millisecond,
		Dialer: &kafka.Dialer{DialFunc: g.dial, Timeout: 5 * time.Second}})
	stopped(b, func(context.Context) error { return reader.Close() })
	stopped(b, func(context.Context) error { return writer.Close() })
	at := placeOf(1)
	value := []byte(registration(at.unit, uuid.NewString(), 0))
	return func(n int) time.Duration {
		ctx, cancel := context.WithTimeout(b.Context(), 10*time.Second)
		defer cancel()
		first, second := newDocument(at, "hospital_bed", "working", int64(2*n)), newDocument(at, "hospital_bed", "working", int64(2*n+1))
		start := time.Now()
		must(b, store.insert(ctx, &first))
		must(b, writer.WriteMessages(ctx, kafka.Message{Key: []byte(fmt.Sprint(n)), Value: value}))
		_, err := reader.ReadMessage(ctx)
		must(b, err)
		must(b, store.insert(ctx, &second))
		return time.Since(start)
	}
}
