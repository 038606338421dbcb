package docstore

import (
	"errors"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// Bounds, in bytes of JSON. They guarantee that what is accepted can be published and stored: an event's state has at most
// event.MaxStateBytes, its change and headers maxChangeBytes, together well below the record size of a broker (1 MB); and a document fits
// into MongoDB (16 MB), where a number may take eight times as many bytes as in JSON.
const (
	// maxNewState bounds the public state of a new document: three quarters of what an event may carry. The rest is for what is added
	// later: each of a delivery's 500 lines has to be accounted for in it.
	maxNewState = event.MaxStateBytes / 4 * 3
	// stateRoom is what lists may not use: a command that makes lists longer is refused when less than this would be left below the bound;
	// one that does not, or that ends the document (Command.Ends), may use it. So a full document can still be cancelled, closed or moved.
	// Single fields need no such reserve: they are few, and each has its own bound.
	stateRoom = 16 << 10
	// maxBody bounds all of a document that raises events, private fields and the memory of repeats included; bodyRoom is its stateRoom.
	maxBody  = 1 << 20
	bodyRoom = 64 << 10
	// maxChangeBytes bounds an event's change together with its headers.
	maxChangeBytes = 128 << 10
	// MaxDocument bounds every document, whether it raises events or not: MongoDB's limit, kept by both drivers.
	MaxDocument = 16 << 20
)

// ErrTooLarge is a driver's error for a document of more than MaxDocument. A retry does not help.
var ErrTooLarge = errors.New("a document of more than 16 MB")

// RuleTooLarge is the stable name of the refusal of a command that would make a document, or one of its events, too large.
const RuleTooLarge = "document-too-large"

// extent is a size in bytes, and how many of them are in lists.
type extent struct{ bytes, lists int }

// extents measures a document's public state and all of its body.
func extents(spec Spec, d Document) (state, body extent, err error) {
	public, err := PublicState(spec, d)
	if err != nil {
		return state, body, err
	}
	return extent{len(public), listBytes(public)}, extent{len(d.Body), listBytes(d.Body)}, nil
}

// listBytes is how many bytes of well-formed JSON lie in arrays.
func listBytes(b []byte) (n int) {
	depth, start := 0, 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i = textEnd(b, i)
		case '[':
			if depth++; depth == 1 {
				start = i
			}
		case ']':
			if depth--; depth == 0 {
				n += i - start
			}
		}
	}
	return n
}

// fits refuses a write that would make a document larger than its events can carry; before is the stored document, nil when it is new.
// Documents of collections that raise no events are bounded by their driver alone. A document that was too large before this rule existed
// may still be changed as long as its lists do not grow.
func (c *Collection[T]) fits(cmd *caller.Command, before *Document, w *Write) error {
	if c.spec.Topic() == "" || len(w.Body) <= maxNewState {
		return nil
	}
	state, body, err := extents(c.spec, Document{ID: w.ID, Body: w.Body})
	if err != nil {
		return err
	}
	var oldState, oldBody extent
	growing := maxNewState
	if before != nil {
		if oldState, oldBody, err = extents(c.spec, *before); err != nil {
			return err
		}
		growing = event.MaxStateBytes - stateRoom
	}
	grows := func(old, now extent) bool {
		return before == nil || now.lists > old.lists && (cmd == nil || !cmd.Ends)
	}
	if bound := exceeded(oldState, state, growing, event.MaxStateBytes, grows(oldState, state)); bound > 0 {
		return tooLarge("as others read it", state.bytes, bound)
	}
	if bound := exceeded(oldBody, body, maxBody-bodyRoom, maxBody, grows(oldBody, body)); bound > 0 {
		return tooLarge("in all", body.bytes, bound)
	}
	return nil
}

// exceeded is the bound that a step from old to now breaks, 0 when none: growing when it grows, hard in any case.
func exceeded(old, now extent, growing, hard int, grows bool) int {
	switch {
	case now.bytes > growing && grows:
		return growing
	case now.bytes > hard && old.bytes <= hard:
		return hard
	}
	return 0
}

func tooLarge(how string, size, bound int) error {
	return fault.Invalidf("", RuleTooLarge, "with this it would be %d bytes large %s; at most %d are possible here: say it with less, or in parts", size, how, bound)
}

// fitsChange refuses an event whose change could not travel.
func fitsChange(e event.Entry) error {
	if n := len(e.Change) + len(e.Actor) + len(e.Correlation) + len(e.Trace); n > maxChangeBytes {
		return fault.Invalidf("", RuleTooLarge, "what happens with this takes %d bytes to tell; at most %d are possible: say it with less, or in parts", n, maxChangeBytes)
	}
	return nil
}
