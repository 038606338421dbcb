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

// NotYet makes the error with which a reaction says that a reference it needs is not there: the event is retried for a moment, then parked until
// that document arrives in this service's store, or a newer version of it.
func NotYet(ref docstore.Ref) error { return &notYet{ref} }

type notYet struct{ ref docstore.Ref }

func (e *notYet) Error() string {
	return fmt.Sprintf("%s/%s is not known here yet", e.ref.Collection, e.ref.ID)
}

// IfNewer stores ref and calls then, both in one transaction, if ref is newer than the stored version: so a repeated or late event changes nothing,
// and a crash leaves either both or neither. then takes part in the transaction through its ctx and may run more than once.
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

// verdict is what an error of a handler means for its event.
type verdict int

const (
	handled verdict = iota
	// unavailable: retry for ever, before any later event.
	unavailable
	// waiting: a reference is missing.
	waiting
	// permanent: a retry fails the same way.
	permanent
	// unknown: an error that judge does not know; retried a few times, then permanent.
	unknown
)

// unknownTries is how often an event is tried with an unknown error, within about two seconds.
const unknownTries = 6

// judge separates errors that are permanent (a refusal of the domain, a definite answer of the store, content that does not decode, a panic) from
// unavailability (a store, a broker or a network that does not answer, a lost race). Any other is most likely a mistake in the program, which
// must not hold up later events for ever. If it is an unforeseen kind of outage nothing is lost: parked events are retried.
func judge(err error) verdict {
	if err == nil {
		return handled
	}
	if _, ok := errors.AsType[*notYet](err); ok {
		return waiting
	}
	_, marked := errors.AsType[*event.PermanentError](err)
	_, exists := errors.AsType[*docstore.ErrExists](err)
	_, syntax := errors.AsType[*json.SyntaxError](err)
	_, mismatch := errors.AsType[*json.UnmarshalTypeError](err)
	_, network := errors.AsType[net.Error](err)
	switch {
	case network, slices.ContainsFunc(transient, func(known error) bool { return errors.Is(err, known) }):
		return unavailable
	case marked, exists, syntax, mismatch, fault.As(err) != nil, errors.Is(err, docstore.ErrNotFound), errors.Is(err, docstore.ErrTooLarge):
		return permanent
	}
	return unknown
}

// transient are errors that pass.
var transient = []error{docstore.ErrUnavailable, docstore.ErrNoSpace, docstore.ErrStale, event.ErrUnavailable, context.Canceled, context.DeadlineExceeded,
	io.EOF, io.ErrUnexpectedEOF}
