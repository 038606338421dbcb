package relay

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
)

// Count is what a collection holds.
type Count struct {
	Collection string
	// Documents is their number, Pending that of those with events still to be published.
	Documents, Pending int64
	// Digest stands for the ids, versions and bodies of all: equal stores of one kind have equal digests.
	Digest string
}

// TopicCount is what a topic holds, beside the documents that it is about.
type TopicCount struct {
	Topic   string
	Records int64
	// Ahead are the aggregates of which the topic tells a later version than the store has, Unknown those that the store does not have, Other
	// those whose version it tells otherwise. All come of a store that was restored from before what the topic tells; whoever reads that
	// topic from its beginning learns what the store knows nothing of.
	Ahead, Unknown, Other int64
	// Missing are the documents whose version is not on the topic although their outboxes are empty: republish publishes it.
	Missing int64
}

// Agrees says that the topic tells nothing that the store does not know.
func (t TopicCount) Agrees() bool { return t.Ahead == 0 && t.Unknown == 0 && t.Other == 0 }

// published is the latest version of an aggregate that a topic tells, and the first of its states that it tells of that version.
type published struct {
	version int64
	state   uint64
}

// Survey counts what the store's collections hold. With a bus it also reads all of the store's topics, leaving nothing behind there, and
// holds them against the documents: while nobody writes, else what is written meanwhile is found to differ. It takes about 150 bytes of memory for each aggregate of the topics.
func Survey(ctx context.Context, store *docstore.Store, bus event.Bus) (counts []Count, topics []TopicCount, err error) {
	ctx = caller.AsSystem(ctx, "survey")
	records := map[string]map[string]published{}
	if bus != nil {
		for _, spec := range store.Specs() {
			if spec.Topic() == "" || records[spec.Topic()] != nil {
				continue
			}
			t := TopicCount{Topic: spec.Topic()}
			if records[t.Topic], t.Records, err = readTopic(ctx, bus, t.Topic); err != nil {
				return nil, nil, fmt.Errorf("read %s: %w", t.Topic, err)
			}
			topics = append(topics, t)
		}
	}
	for _, spec := range store.Specs() {
		var topic *TopicCount
		if i := slices.IndexFunc(topics, func(t TopicCount) bool { return t.Topic == spec.Topic() }); i >= 0 {
			topic = &topics[i]
		}
		c, err := count(ctx, store, spec, topic, records[spec.Topic()])
		if err != nil {
			return nil, nil, fmt.Errorf("count %s: %w", spec.Name, err)
		}
		counts = append(counts, c)
	}
	for i := range topics {
		topics[i].Unknown = int64(len(records[topics[i].Topic])) // what no document was found for
	}
	return counts, topics, nil
}

// count goes through a collection. What it finds in the topic it takes out of known.
func count(ctx context.Context, store *docstore.Store, spec docstore.Spec, topic *TopicCount, known map[string]published) (Count, error) {
	c := Count{Collection: spec.Name}
	var digest uint64
	var missing []docstore.Ref
	err := store.Driver().Stream(ctx, spec.Name, docstore.Query{}, func(d docstore.Document) error {
		c.Documents++
		digest += sum(append([]byte(d.ID+"\x00"+strconv.FormatInt(d.Version, 10)+"\x00"), d.Body...))
		if topic == nil {
			return nil
		}
		is, ok := known[d.ID]
		delete(known, d.ID)
		switch {
		case !ok || is.version < d.Version:
			missing = append(missing, docstore.Ref{Collection: spec.Name, ID: d.ID})
		case is.version > d.Version:
			topic.Ahead++
		default:
			state, err := travelling(spec, d)
			if err != nil {
				return err
			}
			if state != is.state {
				topic.Other++
			}
		}
		return nil
	})
	if err != nil {
		return c, err
	}
	c.Digest = fmt.Sprintf("%016x", digest)
	if spec.Topic() == "" {
		return c, nil
	}
	if c.Pending, _, err = store.Driver().Backlog(ctx, []string{spec.Name}); err != nil || topic == nil {
		return c, err
	}
	topic.Missing += int64(len(missing))
	for some := range slices.Chunk(missing, snapshotBatch) {
		waiting, err := store.Driver().PendingOf(ctx, some)
		if err != nil {
			return c, err
		}
		topic.Missing -= int64(len(waiting))
	}
	return c, nil
}

// travelling is the digest of a document's public state as it is written into records.
func travelling(spec docstore.Spec, d docstore.Document) (uint64, error) {
	state, err := docstore.PublicState(spec, d)
	if err != nil {
		return 0, err
	}
	state, err = json.Marshal(state)
	return sum(state), err
}

func sum(b []byte) uint64 {
	h := sha256.Sum256(b)
	return binary.BigEndian.Uint64(h[:])
}

// readTopic reads a topic to where it ends.
func readTopic(ctx context.Context, bus event.Bus, topic string) (known map[string]published, n int64, err error) {
	known = map[string]published{}
	replay := consume.NewReplay(bus, "bitacora.survey", []string{topic})
	defer func() { err = errors.Join(err, replay.Close(ctx)) }()
	n, err = replay.ToEnd(ctx, func(r event.Record) error {
		e, err := event.Decode(r)
		if err != nil {
			return nil //nolint:nilerr // it tells nothing; consumers park it
		}
		if is, ok := known[e.Subject]; !ok || is.version < e.StateVersion {
			known[e.Subject] = published{e.StateVersion, sum(e.State)}
		}
		return nil
	})
	return known, n, err
}
