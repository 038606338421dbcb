package kafkabus

import (
	"errors"
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/produce"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// TestPartition holds Partition against murmur2 as the Java client computes it: the values of its own test (UtilsTest.testMurmur2),
// cut to 31 bits and taken modulo the number of partitions as its default partitioner does.
func TestPartition(t *testing.T) {
	for key, hash := range map[string]int32{
		"21":                         -973932308,
		"foobar":                     -790332482,
		"a-little-bit-long-string":   -985981536,
		"a-little-bit-longer-string": -1486304829,
		"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
		"abc": 479470107,
	} {
		if got, want := Partition(key), int(hash&0x7fffffff)%event.Partitions; got != want {
			t.Errorf("partition of %q is %d, want %d", key, got, want)
		}
	}
}

func TestAnswer(t *testing.T) {
	for code, permanent := range map[kafka.Error]bool{
		kafka.MessageSizeTooLarge: true, kafka.RecordListTooLarge: true,
		kafka.NotLeaderForPartition: false, kafka.UnknownTopicOrPartition: false, kafka.NotEnoughReplicas: false, kafka.InvalidTimestamp: false,
	} {
		err := answer(produce.ResponsePartition{ErrorCode: int16(code)})
		if _, got := errors.AsType[*event.PermanentError](err); got != permanent || !errors.Is(err, code) {
			t.Errorf("%v: permanent %v, want %v", err, got, permanent)
		}
	}
}

// TestTooLargeBatchIsSentAgainRecordByRecord: in order, and before the rest.
func TestTooLargeBatchIsSentAgainRecordByRecord(t *testing.T) {
	tp := topicPartition{"t", 0}
	tooLarge := event.Permanent(kafka.MessageSizeTooLarge)
	p := &publication{errs: make([]error, 4), queues: map[topicPartition][][]int{tp: {{0, 1, 2}, {3}}}}
	p.record(tp, tooLarge)
	for i, err := range []error{nil, tooLarge, nil} {
		if q := p.queues[tp]; len(q[0]) != 1 || q[0][0] != i {
			t.Fatalf("next in the queue is %v, want record %d alone", q[0], i)
		}
		p.record(tp, err)
	}
	away := errors.New("away")
	p.record(tp, away)
	for i, want := range []error{nil, tooLarge, nil, away} {
		if !errors.Is(p.errs[i], want) {
			t.Errorf("record %d: %v, want %v", i, p.errs[i], want)
		}
	}
	if len(p.queues) != 0 {
		t.Errorf("left in the queues: %v", p.queues)
	}
}

func TestSASL(t *testing.T) {
	for _, mechanism := range []string{"", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "GSSAPI"} {
		_, err := New(Config{Brokers: []string{"b:9092"}, SASL: SASL{mechanism, "user", "secret"}}, nil, nil)
		if wrong := mechanism == "GSSAPI"; (err != nil) != wrong {
			t.Errorf("mechanism %q: %v", mechanism, err)
		}
	}
}
