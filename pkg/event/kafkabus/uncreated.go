package kafkabus

import (
	"bytes"
	"encoding/binary"
	"net"

	"github.com/segmentio/kafka-go/protocol"
)

// uncreating is a connection on which no request has the broker create a topic. The library's group leader asks for the partitions of its topics
// with allow_auto_topic_creation, which cannot be switched off there: a broker that creates topics by itself would make one that was deleted
// anew, with settings of its own, while everybody waits for migrate to make it. Brokers before 2.0, which do not know the field, still do.
type uncreating struct {
	net.Conn
	// head is what was written of the present request's size and header, left what is still to come of it; asks says that its last byte is the
	// field.
	head []byte
	left int
	asks bool
	// lost says that what is written are no requests, so that nothing is looked for any more.
	lost bool
}

// headBytes are those of a request's size, its key and its version.
const headBytes = 8

// Write sends p as it is, but for that byte. A request may come in several writes, and a write may hold several requests.
func (c *uncreating) Write(p []byte) (int, error) {
	out := p
	for at := 0; at < len(p) && !c.lost; {
		if c.left == 0 {
			n := min(headBytes-len(c.head), len(p)-at)
			c.head = append(c.head, p[at:at+n]...)
			at += n
			c.begin()
			continue
		}
		n := min(c.left, len(p)-at)
		at += n
		if c.left -= n; c.left == 0 && c.asks {
			if &out[0] == &p[0] {
				out = bytes.Clone(p) // the caller's stay as they are
			}
			out[at-1] = 0
		}
	}
	return c.Conn.Write(out)
}

// begin reads the head of a request once it is whole.
func (c *uncreating) begin() {
	if len(c.head) < headBytes {
		return
	}
	key, version := binary.BigEndian.Uint16(c.head[4:]), binary.BigEndian.Uint16(c.head[6:])
	c.left = int(int32(binary.BigEndian.Uint32(c.head))) - (headBytes - 4) // the size does not count itself
	c.asks = key == uint16(protocol.Metadata) && version >= 4 && version <= 7
	c.head, c.lost = c.head[:0], c.left <= 0
}
