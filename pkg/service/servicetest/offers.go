package servicetest

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/rest"
)

// Rehearsal is a store that can be told to carry out no command: a request that would have been carried out is answered 503 then, and
// nothing has happened.
type Rehearsal struct {
	docstore.Driver
	on atomic.Bool
}

// Apply implements docstore.Driver.
func (r *Rehearsal) Apply(ctx context.Context, writes []docstore.Write) error {
	if r.on.Load() && caller.CommandOf(ctx) != nil {
		return docstore.ErrUnavailable
	}
	return r.Driver.Apply(ctx, writes)
}

// Offers holds what answers offer (actions) against what is carried out. The service runs on the Rehearsal.
type Offers struct {
	*Service
	*Rehearsal
	// People are the tokens of those who ask.
	People []string
	// Body is a body with which somebody's operation is right for a document as it is now; nil is none.
	Body func(operation, who string, doc Document) any
	// Spared are operations that Walk leaves out.
	Spared []string
	// Done counts, by operation, how often Walk had it carried out, Refused how often the state of a document or who asked refused one that a
	// role and place allowed.
	Done, Refused map[string]int
}

// Play is an Offers of a service that runs on the rehearsal.
func Play(s *Service, r *Rehearsal) *Offers {
	return &Offers{Service: s, Rehearsal: r, Done: map[string]int{}, Refused: map[string]int{}}
}

// operations are those that write to one document on the path.
func (o *Offers) operations(path string) []rest.Operation {
	one := path[:strings.LastIndexByte(path, '/')] + "/{id}"
	return slices.DeleteFunc(slices.Clone(o.Rest.Operations()), func(op rest.Operation) bool {
		return !op.Writes || op.Path != one && !strings.HasPrefix(op.Path, one+"/")
	})
}

func (o *Offers) send(op rest.Operation, who, path string, doc Document) Answer {
	o.t.Helper()
	at := path + strings.TrimPrefix(op.Path, path[:strings.LastIndexByte(path, '/')]+"/{id}")
	body := o.Body(op.ID, who, doc)
	if op.Method == http.MethodPatch {
		return o.Call(who, op.Method, at, body, "If-Match", "*")
	}
	return o.Call(who, op.Method, at, body)
}

// Check tries every operation on the document as each of the people, without that anything is done: those that the answer offers them would
// be carried out, those that it says are not now are refused by the document's state (409, or 403 by a rule of the domain), and all others by role
// (403) or by scope (404). What each is offered comes back.
func (o *Offers) Check(path string) map[string][]string {
	o.t.Helper()
	offered := map[string][]string{}
	for _, who := range o.People {
		is := o.Call(who, http.MethodGet, path, nil)
		for _, action := range is.List("actions") {
			offered[who] = append(offered[who], action.(string))
		}
		if is.Status == http.StatusOK && is.At("actions") == nil {
			o.t.Fatalf("%s to %s: no actions: %s", path, who, is.Body)
		}
		notNow := is.List("not_now")
		because, _ := is.At("not_now_because").(map[string]any)
		o.on.Store(true)
		for _, op := range o.operations(path) {
			a := o.send(op, who, path, is.Document)
			carriedOut := a.Status == http.StatusServiceUnavailable || a.Status == http.StatusOK
			switch refused := slices.Contains([]int{http.StatusForbidden, http.StatusNotFound, http.StatusConflict}, a.Status); {
			case slices.Contains(offered[who], op.ID) && !carriedOut:
				o.t.Errorf("%s is offered to %s: %d %s\n%s", op.ID, who, a.Status, a.Body, is.Body)
			case !slices.Contains(offered[who], op.ID) && !refused:
				o.t.Errorf("%s is not offered to %s: %d %s\n%s", op.ID, who, a.Status, a.Body, is.Body)
			case is.Status == http.StatusOK && !carriedOut && slices.Contains(notNow, any(op.ID)) == byRight(a):
				o.t.Errorf("%s is said to be not now to %s: %t: %d %s\n%s", op.ID, who, slices.Contains(notNow, any(op.ID)), a.Status, a.Body, is.Body)
			case is.Status == http.StatusOK && slices.Contains(notNow, any(op.ID)) && cmp.Or(because[op.ID], any("transition-not-allowed")) != any(a.Rule()):
				o.t.Errorf("%s is said to be not now to %s because of %v: %d %s", op.ID, who, because[op.ID], a.Status, a.Body)
			case a.Status == http.StatusConflict || a.Rule() == "not-appointed":
				o.Refused[op.ID]++
			}
		}
		o.on.Store(false)
	}
	return offered
}

// byRight says that the answer refuses by role or place.
func byRight(a Answer) bool {
	return a.Status == http.StatusNotFound || a.Status == http.StatusForbidden && a.Rule() == "role-not-allowed"
}

// Walk does with the document, as many times, what of all that is offered was done least, and checks it after each step; it ends where nothing
// is offered any more. before is called before each step.
func (o *Offers) Walk(path string, steps int, before func()) {
	o.t.Helper()
	for range steps {
		offered := o.Check(path)
		var who string
		var next rest.Operation
		for _, op := range o.operations(path) {
			for _, p := range o.People {
				if slices.Contains(offered[p], op.ID) && !slices.Contains(o.Spared, op.ID) && (who == "" || o.Done[op.ID] < o.Done[next.ID]) {
					who, next = p, op
				}
			}
		}
		if who == "" || o.t.Failed() {
			return
		}
		before()
		doc := o.Call(who, http.MethodGet, path, nil).Document
		if a := o.send(next, who, path, doc); a.Status != http.StatusOK {
			o.t.Errorf("%s by %s: %d %s\n%v", next.ID, who, a.Status, a.Body, doc)
		}
		o.Done[next.ID]++
	}
}

// Covered fails the test where an operation on such a document was never carried out by Walk.
func (o *Offers) Covered(path string) {
	o.t.Helper()
	for _, op := range o.operations(path) {
		if o.Done[op.ID] == 0 && !slices.Contains(o.Spared, op.ID) {
			o.t.Errorf("%s was never carried out", op.ID)
		}
	}
}
