package docstore

import (
	"errors"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// Bounds, in bytes of JSON. What is accepted here can be published: an event's state has at most event.MaxStateBytes, its change and
// headers maxChangeBytes, together well under what a broker takes (1 MB); and what is stored fits into a document of MongoDB (16 MB),
// where a number takes up to eight times the room that it has in JSON.
const (
	// maxNewState bounds the public state of a new document: three quarters of what an event carries, so that there is room for what
	// happens to it afterwards: each of a delivery's 500 lines has to be accounted for in it.
	maxNewState = event.MaxStateBytes / 4 * 3
	// stateRoom is kept free of lists: a command that makes lists longer stops short of the bound by so much, one that does not, or that
	// ends the document (Command.Ends), may use it. So a document that can hold no more can still be cancelled, closed or moved: single
	// fields are few, each has its own bound, and a document is ended once.
	stateRoom = 16 << 10
	// maxBody bounds all of a document that raises events, private fields and the memory of repeats included; bodyRoom is its stateRoom.
	maxBody  = 1 << 20
	bodyRoom = 64 << 10
	// maxChangeBytes bounds what happened, and who did it from where.
	maxChangeBytes = 128 << 10
	// MaxDocument bounds every document, whether it raises events or not: MongoDB's limit, kept by both drivers.
	MaxDocument = 16 << 20
)

// ErrTooLarge is a driver's word for a document of more than MaxDocument. No repetition mends it.
var ErrTooLarge = errors.New("a document of more than 16 MB")

// RuleTooLarge is the rule by which a command is refused that would make a document, or what is told of it, larger than it may be.
const RuleTooLarge = "document-too-large"

// extent is how large something is, and how much of it is in lists.
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

// fits refuses a write that would make a document larger than its events can carry; before is what is there, nil when it is new.
// Documents of collections that raise no events are bounded by their driver alone. A document that was too large before there was this
// rule goes on as long as its lists do not grow.
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
