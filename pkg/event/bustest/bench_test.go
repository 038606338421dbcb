package bustest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// The benchmarks run on the embedded broker, or on the cluster that KAFKA_BROKERS names.
func benchmarked(b *testing.B) (*Broker, event.Bus, string) {
	b.Helper()
	broker := Embedded
	if addresses := os.Getenv("KAFKA_BROKERS"); addresses != "" {
		broker = func(t testing.TB) *Broker { return Real(t, strings.Split(addresses, ",")) }
	}
	on := broker(b)
	bus := on.Open(b)
	return on, bus, on.Topics(b, bus, 1)[0]
}

// kilobytes makes n records of 1 KB, half of it incompressible.
func kilobytes(topic string, n int) []event.Record {
	out := make([]event.Record, n)
	for i := range out {
		value := []byte(strings.Repeat(`"functioning":"working",`, 43)[:1024])
		for j := range 512 {
			value[j] = byte(rand.Uint32())
		}
		out[i] = event.Record{Topic: topic, Key: fmt.Sprint(i), Value: value}
	}
	return out
}

func BenchmarkPublish500(b *testing.B) {
	_, bus, topic := benchmarked(b)
	records := kilobytes(topic, 500)
	for b.Loop() {
		publish(b, bus, records...)
	}
	b.ReportMetric(float64(b.N*len(records))/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkFetch(b *testing.B) {
	_, bus, topic := benchmarked(b)
	const calls = 100
	records := kilobytes(topic, 500)
	for range calls {
		publish(b, bus, records...)
	}
	n := 0
	for b.Loop() {
		n++
		s := subscribe(b, bus, fmt.Sprint("g", n), topic)
		fetch(b, s, 1) // joining is not measured
		for got := 1; got < calls*len(records); {
			got += len(fetch(b, s, 500))
		}
		b.StopTimer()
		closeNow(b, s)
		b.StartTimer()
	}
	b.ReportMetric(float64(b.N*calls*len(records))/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkRoundTrip is the time from Publish of one record to its return from Fetch and its commit.
func BenchmarkRoundTrip(b *testing.B) {
	_, bus, topic := benchmarked(b)
	s := subscribe(b, bus, "g", topic)
	record := kilobytes(topic, 1)
	publish(b, bus, record...)
	commit(b, s, collect(b, s, 1))
	for b.Loop() {
		publish(b, bus, record...)
		commit(b, s, fetch(b, s, 1))
	}
}
