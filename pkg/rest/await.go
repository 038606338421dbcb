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

// Notify wakes all requests that wait.
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

// Await calls look until it returns something else than docstore.ErrNotFound, and returns that, or ErrNotFound after limit. It calls look after each
// Notify, and a few times a second, since another replica may have stored the thing. While it waits, the request does not count as in flight
// (Config.MaxInFlight). It must not be called inside Atomic or in the function given to Update: what they did not find stays not found until
// they end.
func Await[V any](ctx context.Context, a *Arrivals, limit time.Duration, look func(context.Context) (V, error)) (V, error) {
	waiting, cancel := context.WithTimeout(ctx, limit)
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
		case <-waiting.Done():
		}
		tick.Stop()
		if held && x.resume(waiting) != nil || waiting.Err() != nil {
			return v, or(ctx.Err(), err)
		}
	}
}

// lookAgain is the first pause between two looks of Await without a Notify, lookRarely the longest: the thing may never arrive, and many
// requests may wait for it.
const (
	lookAgain  = 50 * time.Millisecond
	lookRarely = 200 * time.Millisecond
)

// References looks up things of another service that a request names, waiting for those that have not arrived. Domains get its method Get as a
// func(ctx, field, id string) (*T, error).
type References[T any] struct {
	Collection *docstore.Collection[T]
	// What names the kind of thing in a refusal: "unit".
	What     string
	Arrivals *Arrivals
	// Limit is how long Get waits; 0 means a second.
	Limit time.Duration
}

// Get returns the thing with this id, which the request names in field. If it does not arrive in time, or is outside of the caller's scope, the
// error is fault.Unknown.
func (r References[T]) Get(ctx context.Context, field, id string) (*T, error) {
	v, err := Await(ctx, r.Arrivals, or(r.Limit, time.Second), func(ctx context.Context) (*T, error) { return r.Collection.Get(ctx, id) })
	if errors.Is(err, docstore.ErrNotFound) {
		return nil, fault.Unknown(field, r.What, id)
	}
	return v, err
}
