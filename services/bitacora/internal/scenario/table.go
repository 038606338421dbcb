package scenario

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
)

// step is a row of the scenario: what is done, in order, and what a person would note of it. In paths, bodies and expected values {name}
// stands for what the walk knows by that name.
type step struct {
	title, says string
	deeds       deeds
}

// deed is one thing that is done or checked.
type deed interface{ do(w *walk) error }

type deeds []deed

func (all deeds) do(w *walk) error {
	for _, d := range all {
		if err := d.do(w); err != nil {
			return err
		}
	}
	return nil
}

// does is a deed that no row can say.
type does func(w *walk) error

func (d does) do(w *walk) error { return d(w) }

// call is a request, and what its answer must be.
type call struct {
	as string
	// get, post or patch is the path; a POST or PATCH without a body sends an empty object.
	get, post, patch string
	body             object
	// key is the Idempotency-Key, a fresh one when empty.
	key string
	// version is what If-Match names, asSeen the version in which the walk last saw the document.
	version int64
	// refused is the expected refusal: "409 transition-not-allowed", with the state that it must name behind it where there is one.
	refused string
	// state is the state that the document must be in, is what must be at these paths of the answer: see value.
	state string
	is    object
	// replayed says that the same had been done before.
	replayed bool
	// until says that it becomes so in its own time: then it is asked until it is.
	until bool
	// mark is the aggregate of the document, where the next look at the figures must include the version that was answered.
	mark string
	// notes are texts of the answer that later steps know by the last word of their path.
	notes []string
}

const asSeen = -1

func (c call) do(w *walk) error {
	if !c.until {
		return c.once(w)
	}
	return w.eventually(c.get, func() (bool, string, error) {
		err := c.once(w)
		return err == nil, fmt.Sprint(err), nil
	})
}

func (c call) once(w *walk) error {
	r, err := c.request(w)
	if err != nil {
		return err
	}
	if c.refused != "" {
		return w.refuse(r, c.refused)
	}
	d, err := w.send(r)
	if err == nil {
		err = c.check(w, d)
	}
	if err != nil {
		return fmt.Errorf("%s as %s: %w", r.Path, r.User, err)
	}
	w.seen[r.Path] = d.Version()
	if c.mark != "" {
		w.mark(c.mark, d)
	}
	for _, path := range c.notes {
		w.names[path[strings.LastIndexByte(path, '.')+1:]] = d.text(path)
	}
	return nil
}

func (c call) request(w *walk) (r client.Request, err error) {
	r = client.Request{User: c.as, Method: http.MethodGet, Path: c.get, Version: c.version}
	if c.get == "" {
		r.Method, r.Path, r.Body = http.MethodPost, c.post, object{}
	}
	if c.patch != "" {
		r.Method, r.Path = http.MethodPatch, c.patch
	}
	if r.Path, err = w.named(r.Path); err != nil {
		return r, err
	}
	if r.Key, err = w.named(c.key); err != nil {
		return r, err
	}
	if c.body != nil {
		r.Body, err = w.resolved(c.body)
	}
	if c.version == asSeen {
		r.Version = w.seen[r.Path]
	}
	return r, err
}

func (c call) check(w *walk, d *doc) error {
	if replayed := d.Header.Get("Idempotency-Replayed"); c.replayed && replayed != "true" {
		return fmt.Errorf("the same request with the same key: expected Idempotency-Replayed: true, found %q", replayed)
	}
	is := maps.Clone(c.is)
	if c.state != "" {
		if is == nil {
			is = object{}
		}
		is["state"] = c.state
	}
	return w.compare(d, is)
}

// some is the expected value of what must be there, whatever it is.
var some = new(struct{})

// compare holds a document against what must be at these paths. Numbers are compared as numbers; nil means that nothing is there.
func (w *walk) compare(d *doc, is object) error {
	for _, path := range slices.Sorted(maps.Keys(is)) {
		expected, err := w.resolved(is[path])
		if err != nil {
			return err
		}
		if n, ok := expected.(int); ok {
			expected = float64(n)
		}
		got := d.at(path)
		if expected == some && got != nil && got != "" || got == expected || expected == float64(0) && got == nil {
			continue
		}
		return fmt.Errorf("%s: expected %v, found %v", path, expected, got)
	}
	return nil
}

var placeholder = regexp.MustCompile(`\{\w+\}`)

// named is a text with what the walk knows in the place of {names}.
func (w *walk) named(text string) (string, error) {
	var unknown error
	out := placeholder.ReplaceAllStringFunc(text, func(name string) string {
		known, ok := w.names[name[1:len(name)-1]]
		if !ok {
			unknown = fmt.Errorf("%s: the scenario does not know %s", text, name)
		}
		return known
	})
	return out, unknown
}

// resolved is a value of JSON in which every text is as named says.
func (w *walk) resolved(v any) (out any, err error) {
	switch v := v.(type) {
	case string:
		return w.named(v)
	case object:
		in := object{}
		for key, value := range v {
			if in[key], err = w.resolved(value); err != nil {
				return nil, err
			}
		}
		return in, nil
	case list:
		in := slices.Clone(v)
		for i := range in {
			if in[i], err = w.resolved(in[i]); err != nil {
				return nil, err
			}
		}
		return in, nil
	}
	return v, nil
}

// refusedTo is a call that each of these is refused.
func refusedTo(refused string, c call, users ...string) (all deeds) {
	for _, c.as = range users {
		c.refused = refused
		all = append(all, c)
	}
	return all
}

// hidden are documents that are not there for this user.
func hidden(user string, paths ...string) (all deeds) {
	for _, path := range paths {
		all = append(all, call{as: user, get: path, refused: "404 not-found"})
	}
	return all
}

// refuse sends a request that must be refused so.
func (w *walk) refuse(r client.Request, so string) error {
	words := append(strings.Fields(so), "")
	status, err := strconv.Atoi(words[0])
	if err != nil {
		return err
	}
	d, err := w.ask(r, status)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%s %s as %s", r.Method, r.Path, r.User)
	if kind := d.Header.Get("Content-Type"); kind != "application/problem+json" {
		return fmt.Errorf("%s: expected a problem, found %q", what, kind)
	}
	if p := d.Problem(); p.Rule() != words[1] || words[2] != "" && p.State != words[2] {
		return fmt.Errorf("%s: expected %s, found %s and state %q", what, so, d, p.State)
	}
	return nil
}

// history is what happened to a document, in order: the events' names without that of the aggregate.
type history struct{ path, aggregate, events string }

func (h history) do(w *walk) error {
	path, err := w.named(h.path)
	if err != nil {
		return err
	}
	return w.history(path, h.aggregate, strings.Fields(h.events)...)
}

// changed is what the figures must have changed by since the deed before that says so; they are looked at by a later one, or by counted.
type changed figures

func (c changed) do(w *walk) error {
	w.due = w.due.plus(figures(c))
	return nil
}

// counted is changed, and that the figures of the unit, its office, its state and the nation say so now. They include all versions that were
// marked.
type counted figures

func (c counted) do(w *walk) error {
	w.due = w.due.plus(figures(c))
	marks := w.marks
	w.marks = nil
	return w.check(marks...)
}

// spent is what the contract's budgets must have committed and accrued more, in cents.
type spent struct{ committed, accrued int }

func (s spent) do(w *walk) error { return w.checkBudget(s.committed, s.accrued) }
