package rest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// Arrivals wakes requests that wait for a reference: a consumer calls Notify once it has stored new ones. The zero value is ready for use.
type Arrivals struct {
	mu   sync.Mutex
	next chan struct{}
}

// Notify wakes everyone who waits.
func (a *Arrivals) Notify() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.next != nil {
		close(a.next)
		a.next = nil
	}
}

func (a *Arrivals) wait() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.next == nil {
		a.next = make(chan struct{})
	}
	return a.next
}

// Await calls look until it finds something, for at most limit (a second, where a request names what another service owns). It looks
// again at each arrival, and now and then for what another replica has stored. In vain it is what look said at last: docstore.ErrNotFound.
// While it waits, the request holds no place among those under way.
// It must not be called inside Atomic or in the function given to Update: what was not found there stays not found until they end.
func Await[V any](ctx context.Context, a *Arrivals, limit time.Duration, look func(context.Context) (V, error)) (V, error) {
	patient, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	x, pause := exchangeOf(ctx), lookAgain
	for {
		arrived := a.wait()
		v, err := look(ctx)
		if !errors.Is(err, docstore.ErrNotFound) {
			return v, err
		}
		held := x.pause()
		tick := time.NewTimer(pause)
		select {
		case <-arrived:
		case <-tick.C:
			pause = min(2*pause, lookRarely)
		case <-patient.Done():
		}
		tick.Stop()
		if held && x.resume(patient) != nil || patient.Err() != nil {
			return v, or(ctx.Err(), err)
		}
	}
}

// lookAgain is when Await looks again where it hears of no arrival, less and less often down to lookRarely: what one waits for may
// never come, and many may wait for it.
const (
	lookAgain  = 50 * time.Millisecond
	lookRarely = 200 * time.Millisecond
)

// References is how a command looks up what its request names and another service owns: give a domain the method value Get as a
// func(ctx, field, id string) (*T, error). A reference that has not arrived within a second is a fault.Unknown, and so is one out of the
// caller's scope.
type References[T any] struct {
	Collection *docstore.Collection[T]
	// What names the thing in the refusal: "unit".
	What     string
	Arrivals *Arrivals
	// Limit is how long to wait; 0 means a second.
	Limit time.Duration
}

// Get returns the reference of this id, which the request has in field.
func (r References[T]) Get(ctx context.Context, field, id string) (*T, error) {
	v, err := Await(ctx, r.Arrivals, or(r.Limit, time.Second), func(ctx context.Context) (*T, error) { return r.Collection.Get(ctx, id) })
	if errors.Is(err, docstore.ErrNotFound) {
		return nil, fault.Unknown(field, r.What, id)
	}
	return v, err
}
