package kafkabus

import (
	"bytes"
	"net"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"
)

// written is a connection that keeps what is written.
type written struct {
	net.Conn
	sent []byte
}

func (w *written) Write(p []byte) (int, error) {
	w.sent = append(w.sent, p...)
	return len(p), nil
}

// TestNoRequestOfAGroupCreatesTopics: however requests are cut into writes, the one field is changed, nothing else, and nothing in the caller's
// bytes.
func TestNoRequestOfAGroupCreatesTopics(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var sent, want []byte
		for range rapid.IntRange(1, 5).Draw(rt, "requests") {
			var r, without kmsg.Request
			if version := rapid.Int16Range(1, 8).Draw(rt, "version"); rapid.Bool().Draw(rt, "metadata") {
				ask := func(creates bool) kmsg.Request {
					m := kmsg.NewPtrMetadataRequest()
					topic := kmsg.NewMetadataRequestTopic()
					topic.Topic = kmsg.StringPtr("t")
					m.Version, m.Topics, m.AllowAutoTopicCreation = version, append(m.Topics, topic), creates
					return m
				}
				r, without = ask(true), ask(version == 8) // which the library does not send
			} else {
				h := kmsg.NewPtrHeartbeatRequest()
				h.Group = rapid.StringN(0, 5, -1).Draw(rt, "group")
				r, without = h, h
			}
			f := kmsg.NewRequestFormatter(kmsg.FormatterClientID("c"))
			sent, want = append(sent, f.AppendRequest(nil, r, 1)...), append(want, f.AppendRequest(nil, without, 1)...)
		}
		to := &written{}
		c, mine := &uncreating{Conn: to}, bytes.Clone(sent)
		for rest := mine; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "cut")
			if got, err := c.Write(rest[:n]); got != n || err != nil {
				rt.Fatalf("%d of %d, %v", got, n, err)
			}
			rest = rest[n:]
		}
		if !bytes.Equal(to.sent, want) || !bytes.Equal(mine, sent) {
			rt.Fatalf("sent %x\ngot  %x\nwant %x", sent, to.sent, want)
		}
	})
}

func TestWhatAreNoRequestsIsSentAsItIs(t *testing.T) {
	to := &written{}
	c := &uncreating{Conn: to}
	p := []byte{0, 0, 0, 2, 'h', 'i', 0, 0, 0, 9, 0, 3, 0, 6, 1, 1, 1, 1, 1}
	if _, err := c.Write(p); err != nil || !bytes.Equal(to.sent, p) {
		t.Errorf("%x, %v", to.sent, err)
	}
}
