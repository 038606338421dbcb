package consume

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// NotYet is a reaction's answer that a reference it needs has not arrived: the event is tried again for a moment, then parked
// under that reference, whose arrival in this service's store (any newer version of it) runs it again.
func NotYet(ref docstore.Ref) error { return &notYet{ref} }

type notYet struct{ ref docstore.Ref }

func (e *notYet) Error() string {
	return fmt.Sprintf("%s/%s is not known here yet", e.ref.Collection, e.ref.ID)
}

// IfNewer keeps the reference that an event brings and, if it is newer than the one that is there, does what follows from it: both
// in one transaction, so that a repeated or late event changes nothing and a crash between the two leaves neither. then takes part
// in the transaction through its ctx and may run more than once.
func IfNewer[T any](ctx context.Context, store *docstore.Store, refs *docstore.Collection[T], ref docstore.Versioned[T],
	then func(ctx context.Context) error) error {
	return store.Atomic(ctx, func(ctx context.Context) error {
		newer, err := refs.PutIfNewer(ctx, ref)
		if err != nil || !newer {
			return err
		}
		return then(ctx)
	})
}

// verdict says what an error of a handler means for its event.
type verdict int

const (
	handled verdict = iota
	// unavailable: try again for ever, before anything else.
	unavailable
	// waiting: a reference is missing.
	waiting
	// hopeless: it will fail the same way each time.
	hopeless
	// doubtful: nobody has said what it means; tried a few times, then as hopeless.
	doubtful
)

// doubts is how often what is doubtful is tried before it is taken for hopeless: within about two seconds.
const doubts = 6

// judge tells what can never succeed (a refusal of the domain, a definite answer of the store, content that does not decode, a panic) from
// what waiting mends (a store, a broker or a network that is away, a lost race). All else is most likely a mistake in the program, which
// must not hold up what comes behind it for ever. Should it be an outage that nobody thought of, nothing is lost: to park an event needs
// the store, and what is parked is tried again by itself.
func judge(err error) verdict {
	if err == nil {
		return handled
	}
	if _, ok := errors.AsType[*notYet](err); ok {
		return waiting
	}
	_, permanent := errors.AsType[*event.PermanentError](err)
	_, exists := errors.AsType[*docstore.ErrExists](err)
	_, syntax := errors.AsType[*json.SyntaxError](err)
	_, mismatch := errors.AsType[*json.UnmarshalTypeError](err)
	_, network := errors.AsType[net.Error](err)
	switch {
	case network, slices.ContainsFunc(passing, func(known error) bool { return errors.Is(err, known) }):
		return unavailable
	case permanent, exists, syntax, mismatch, fault.As(err) != nil, errors.Is(err, docstore.ErrNotFound), errors.Is(err, docstore.ErrTooLarge):
		return hopeless
	}
	return doubtful
}

// passing are the errors of what will be over.
var passing = []error{docstore.ErrUnavailable, docstore.ErrNoSpace, docstore.ErrStale, event.ErrUnavailable, context.Canceled, context.DeadlineExceeded,
	io.EOF, io.ErrUnexpectedEOF}
