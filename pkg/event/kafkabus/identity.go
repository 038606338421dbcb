package kafkabus

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	// identityEvery is how old known topic ids may be: a topic that was created again is noticed within about that time.
	identityEvery = 5 * time.Second
	// identityVersion is the first version of the Metadata request that returns the ids of topics asked for by name (Kafka 3.1, 2022).
	identityVersion = 12
	// identityBytes bounds the response.
	identityBytes = 16 << 20
)

// identities caches topic ids: a topic that is deleted and created again has another id, and positions in the old one are invalid. With a broker
// that returns no ids, only positions outside of the log are noticed.
type identities struct {
	asking sync.Mutex // held during a request

	mu    sync.Mutex
	known map[string]string
	at    time.Time
}

// topicIDs returns the ids of topics (wire names), at most identityEvery old, or older while the broker does not answer. Topics that do not
// exist, or whose id is not known, are absent.
func (b *Bus) topicIDs(ctx context.Context, topics []string) map[string]string {
	ids := &b.identities
	ids.mu.Lock()
	due := b.config.Now().Sub(ids.at) > identityEvery
	for _, t := range topics {
		_, known := ids.known[t]
		due = due || !known
	}
	ids.mu.Unlock()
	if due && ids.asking.TryLock() {
		found, err := b.fetchTopicIDs(ctx, topics)
		ids.asking.Unlock()
		ids.mu.Lock()
		if err != nil { // keep the old ids, and ask again after identityEvery
			b.log.DebugContext(ctx, "the topics' ids cannot be read", "error", err)
			for t := range found {
				found[t] = ids.known[t]
			}
		}
		ids.known, ids.at = found, b.config.Now()
		ids.mu.Unlock()
	}
	ids.mu.Lock()
	defer ids.mu.Unlock()
	out := make(map[string]string, len(topics))
	for _, t := range topics {
		if id := ids.known[t]; id != "" {
			out[t] = id
		}
	}
	return out
}

// fetchTopicIDs reads the ids of topics and of all that are cached. The map has each of them, with "" for an unknown id, also with an error.
func (b *Bus) fetchTopicIDs(ctx context.Context, topics []string) (map[string]string, error) {
	found := map[string]string{}
	b.identities.mu.Lock()
	for t := range b.identities.known {
		found[t] = ""
	}
	b.identities.mu.Unlock()
	request := kmsg.NewPtrMetadataRequest()
	request.Version = identityVersion
	for _, t := range topics {
		found[t] = ""
	}
	for t := range found {
		topic := kmsg.NewMetadataRequestTopic()
		topic.Topic = kmsg.StringPtr(t)
		request.Topics = append(request.Topics, topic)
	}
	ctx, cancel := context.WithTimeout(ctx, groupTimeout)
	defer cancel()
	response := kmsg.NewPtrMetadataResponse()
	response.Version = identityVersion
	if err := b.roundTrip(ctx, request, response); err != nil {
		return found, err
	}
	for _, t := range response.Topics {
		if t.ErrorCode == 0 && t.Topic != nil && t.TopicID != [16]byte{} {
			found[*t.Topic] = fmt.Sprintf("%x", t.TopicID)
		}
	}
	return found, nil
}

// roundTrip sends one request, on a new connection, in a version that kafka-go does not support.
func (b *Bus) roundTrip(ctx context.Context, request kmsg.Request, response kmsg.Response) error {
	var raw net.Conn
	dial := func(ctx context.Context, network, address string) (c net.Conn, err error) {
		raw, err = b.conns.dial(ctx, network, address)
		return raw, err
	}
	dialer := &kafka.Dialer{ClientID: b.config.ClientID, DialFunc: dial, Timeout: dialTimeout, SASLMechanism: b.sasl}
	var conn *kafka.Conn
	err := error(kafka.BrokerNotAvailable)
	for _, address := range b.config.Brokers {
		if conn, err = dialer.DialContext(ctx, "tcp", address); err == nil {
			break
		}
	}
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return err
	}
	versions, err := conn.ApiVersions()
	if err != nil {
		return err
	}
	for _, v := range versions {
		if v.ApiKey == int16(protocol.Metadata) && v.MaxVersion < identityVersion {
			return fmt.Errorf("the broker's Metadata goes to version %d, ids are returned from %d on", v.MaxVersion, identityVersion)
		}
	}
	// The library reads no further than the responses to its own requests, so the rest of the connection is ours.
	if _, err := raw.Write(kmsg.NewRequestFormatter(kmsg.FormatterClientID(b.config.ClientID)).AppendRequest(nil, request, 1)); err != nil {
		return err
	}
	var head [4]byte
	if _, err := io.ReadFull(raw, head[:]); err != nil {
		return err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size < 5 || size > identityBytes {
		return fmt.Errorf("an answer of %d bytes", size)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(raw, body); err != nil {
		return err
	}
	return response.ReadFrom(body[5:]) // behind the correlation id and a header without tags
}
