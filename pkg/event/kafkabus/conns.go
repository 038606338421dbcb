package kafkabus

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// connections keeps track of every connection it dialled, so that Close can end them: kafka-go's goroutines end only with their connections.
type connections struct {
	dialer func(ctx context.Context, network, address string) (net.Conn, error)
	// tls, when set, encrypts every connection. It is not left to the library, whose group membership does not close a connection whose
	// handshake fails.
	tls *tls.Config

	mu     sync.Mutex
	open   map[*connection]struct{}
	cut    bool
	change chan struct{} // closed and renewed whenever a connection is closed
}

type connection struct {
	net.Conn
	owner *connections
}

func newConnections(config Config) *connections {
	return &connections{dialer: config.Dial, tls: config.TLS, open: map[*connection]struct{}{}, change: make(chan struct{})}
}

func (cs *connections) dial(ctx context.Context, network, address string) (net.Conn, error) {
	raw, err := cs.dialer(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &connection{raw, cs}
	if !cs.add(c) {
		_ = raw.Close()
		return nil, net.ErrClosed
	}
	if cs.tls == nil {
		return c, nil
	}
	config := cs.tls.Clone()
	if host, _, err := net.SplitHostPort(address); err == nil && config.ServerName == "" {
		config.ServerName = host
	}
	encrypted := tls.Client(c, config)
	if err := encrypted.HandshakeContext(ctx); err != nil {
		_ = c.Close()
		return nil, err
	}
	return encrypted, nil
}

// add returns false after cutAll.
func (cs *connections) add(c *connection) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if !cs.cut {
		cs.open[c] = struct{}{}
	}
	return !cs.cut
}

func (c *connection) Close() error {
	c.owner.mu.Lock()
	if _, ok := c.owner.open[c]; ok {
		delete(c.owner.open, c)
		close(c.owner.change)
		c.owner.change = make(chan struct{})
	}
	c.owner.mu.Unlock()
	return c.Conn.Close()
}

// drain waits until every connection is closed; when ctx ends it closes the rest, refuses new ones and returns ctx's error.
func (cs *connections) drain(ctx context.Context) error {
	for {
		cs.mu.Lock()
		n, change := len(cs.open), cs.change
		cs.mu.Unlock()
		if n == 0 {
			return nil
		}
		select {
		case <-change:
		case <-ctx.Done():
			cs.cutAll()
			return ctx.Err()
		}
	}
}

func (cs *connections) cutAll() {
	cs.mu.Lock()
	cs.cut = true
	open := make([]*connection, 0, len(cs.open))
	for c := range cs.open {
		open = append(open, c)
	}
	cs.mu.Unlock()
	for _, c := range open {
		_ = c.SetDeadline(time.Unix(1, 0)) // wakes a reader that holds the connection's lock
		_ = c.Close()
	}
}
