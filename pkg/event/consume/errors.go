package consume

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

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
)

// judge tells what can never succeed from what may: a refusal of the domain, a definite answer of the store, content that does not
// decode, a panic. All else is taken for unavailability: a partition that stands still is seen and mended, while an outage that is
// taken for a refusal would park everything that comes.
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
	switch {
	case errors.Is(err, docstore.ErrUnavailable), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return unavailable
	case permanent, exists, syntax, mismatch, fault.As(err) != nil, errors.Is(err, docstore.ErrNotFound):
		return hopeless
	}
	return unavailable
}
