package event

import (
	"context"
	"errors"
	"time"
)

var (
	// ErrRebalanced is returned by Commit when the partitions were reassigned since the records were fetched: what is not committed is
	// delivered again, to this member or another. It is no failure; continue with Fetch.
	ErrRebalanced = errors.New("the group has given the partitions out anew")
	// ErrOffsetLost matches every LostError: records that the group may not have read are gone. The next Fetch continues with the first
	// record that exists.
	ErrOffsetLost = errors.New("records are gone")
	// ErrUnavailable matches the errors of a broker that does not answer in time: a retry may succeed. A broker's refusal does not match.
	ErrUnavailable = errors.New("the broker does not answer")
	// ErrClosed is returned by a closed Bus or Subscription.
	ErrClosed = errors.New("closed")
)

// Loss says why records of a topic are gone.
type Loss string

const (
	// Recreated means that the topic was deleted and created again.
	Recreated Loss = "it was deleted and made again"
	// OutOfLog means that the group's position is below the log's beginning, or above its end.
	OutOfLog Loss = "what the group was to read next is not there any more"
	// Trimmed means that the group reads the topic for the first time, and its first records were deleted.
	Trimmed Loss = "its first records were deleted"
)

// LostError is returned by Fetch, once for each loss, when records of a topic are gone.
type LostError struct {
	Topic string
	How   Loss
}

func (e *LostError) Error() string { return "topic " + e.Topic + ": " + string(e.How) }

// Unwrap makes errors.Is(err, ErrOffsetLost) true.
func (e *LostError) Unwrap() error { return ErrOffsetLost }

// Record is one record of a topic.
type Record struct {
	Topic     string
	Partition int
	Offset    int64
	Key       string
	Value     []byte
	Headers   []Header
	Time      time.Time
}

// Header is one header of a record.
type Header struct {
	Key   string
	Value []byte
}

// Bus is a broker that speaks Kafka's protocol. pkg/event/kafkabus implements it for every broker, the embedded one included
// (pkg/embedded only starts one in the process).
type Bus interface {
	// Publish returns once every record is either acknowledged by all in-sync replicas or refused. errs is nil when all were
	// acknowledged, else as long as records, nil where acknowledged. Records of one key keep their order. A deadline that passes
	// leaves the outcome unknown: the record may still appear.
	Publish(ctx context.Context, records []Record) (errs []error)
	// Subscribe joins a consumer group on topics. The topics must exist.
	Subscribe(group string, topics []string) (Subscription, error)
	// CreateTopics creates those of the names that do not exist, waits until each partition has a leader, then checks as CheckTopics.
	CreateTopics(ctx context.Context, names []string) error
	// CheckTopics returns an error for topics that do not exist, have another number of partitions, or do not keep the whole log: it names
	// them and says what to do. Or it returns ErrUnavailable.
	CheckTopics(ctx context.Context, names []string) error
	// Lag returns, per topic, the number of records in the log that group has not committed. A topic whose lag cannot be read is left out, and
	// is in the error. Without topics it asks whether the group's broker answers.
	Lag(ctx context.Context, group string, topics []string) (map[string]int64, error)
	// ResetGroup moves the group back to the first record of each topic. It fails while the group has members.
	ResetGroup(ctx context.Context, group string, topics []string) error
	// Close closes the subscriptions, waits for calls under way until ctx ends, and closes the connections.
	Close(ctx context.Context) error
}

// Subscription is one member of a consumer group. It is used by one goroutine.
type Subscription interface {
	// Fetch waits for the first record until ctx ends, then takes what arrives within a few milliseconds, at most limit.
	// Records of one partition come in order. When ctx ends first it returns no record and no error. An error is a *LostError (once for each
	// loss), ErrClosed, or means that the broker cannot be reached: call again; Fetch itself waits between tries.
	Fetch(ctx context.Context, limit int) ([]Record, error)
	// Commit marks everything up to and including records, per partition, as handled. Its error is ErrRebalanced, or means that the broker
	// cannot be reached: call again, or leave it to a later Commit of the same partitions.
	Commit(ctx context.Context, records []Record) error
	// Alive is when the broker last answered this member (a fetch, empty or not, or a heartbeat); zero if it never did.
	Alive() time.Time
	// Close leaves the group. When ctx ends first it cuts the connections and returns an error.
	Close(ctx context.Context) error
}

// PermanentError marks an error that a retry does not change: a record too large, undecodable content, a refusal. The relay retries every
// other error without end; a consumer retries unavailability without end, and parks what it does not know after a few tries.
type PermanentError struct{ Err error }

func (e *PermanentError) Error() string { return e.Err.Error() }

func (e *PermanentError) Unwrap() error { return e.Err }

// Permanent marks err as an error that a retry does not change.
func Permanent(err error) error { return &PermanentError{err} }
