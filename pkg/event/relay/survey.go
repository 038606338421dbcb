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

// Count is the content of a collection, in numbers.
type Count struct {
	Collection string
	// Documents is the number of documents, Pending that of those with unpublished events.
	Documents, Pending int64
	// Digest is a hash of all ids, versions and bodies: equal content has equal digests, in stores of the same driver.
	Digest string
}

// TopicCount compares a topic with the documents whose events it has.
type TopicCount struct {
	Topic   string
	Records int64
	// Ahead counts the aggregates whose version on the topic is later than the store's, Unknown those that the store does not have, Other those
	// with another state for the same version. All are signs of a store that was restored from an old backup: the topic's readers know more
	// than the store.
	Ahead, Unknown, Other int64
	// Missing counts the documents whose version is not on the topic although their outboxes are empty: Republish publishes them.
	Missing int64
}

// Agrees reports whether the topic has nothing that the store lacks. Missing does not matter.
func (t TopicCount) Agrees() bool { return t.Ahead == 0 && t.Unknown == 0 && t.Other == 0 }

// published is the latest version of an aggregate on a topic, and the digest of the first state with that version.
type published struct {
	version int64
	state   uint64
}

// Survey counts the documents of the store's collections. With a bus it also reads all of the store's topics, as a group that commits nothing, and
// compares them with the documents; what is written meanwhile shows up as differences. It uses about 150 bytes of memory per aggregate.
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
		topics[i].Unknown = int64(len(records[topics[i].Topic])) // those left have no document
	}
	return counts, topics, nil
}

// count reads a collection and compares it with known, from which it removes what it finds.
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
			state, err := publicDigest(spec, d)
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

// publicDigest hashes a document's public state as it is encoded in records.
func publicDigest(spec docstore.Spec, d docstore.Document) (uint64, error) {
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
			return nil //nolint:nilerr // consumers park it
		}
		if is, ok := known[e.Subject]; !ok || is.version < e.StateVersion {
			known[e.Subject] = published{e.StateVersion, sum(e.State)}
		}
		return nil
	})
	return known, n, err
}
