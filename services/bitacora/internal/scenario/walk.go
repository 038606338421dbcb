package scenario

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// walk is one walk through the scenario, and what it has learnt on its way.
type walk struct {
	Config
	ctx   context.Context
	setup demo.Setup

	// the place
	office, state string
	counts        bool
	areas, types  map[string]string
	// the things
	contract, program, line, plant string
	delivery, confirmKey           string
	confirmation                   object
	dueOn                          string
	assets                         []string
	repair, works                  string
	// marks are the newest versions of what figures depend on.
	marks []string
	// the figures before, and what they must have changed by
	before map[string]figures
	due    figures
	money  budget
}

type object = map[string]any

type list = []any

// fresh is a new id as clients make them.
func fresh() (string, error) {
	id, err := uuid.NewV7()
	return id.String(), err
}

// doc is an answered document.
type doc struct {
	*client.Answer
	body object
}

// at reads a path of the body, "lines.2.accepted"; nil where there is none.
func (d *doc) at(path string) any {
	var v any = d.body
	for name := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case object:
			v = in[name]
		case list:
			i := 0
			if _, err := fmt.Sscanf(name, "%d", &i); err != nil || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

func (d *doc) text(path string) string {
	s, ok := d.at(path).(string)
	if !ok {
		return ""
	}
	return s
}

// is checks values of the body, given as path and value in turns. Numbers are compared as numbers; nil means that nothing is there.
func (d *doc) is(pairs ...any) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		path, expected := pairs[i].(string), pairs[i+1]
		if n, ok := expected.(int); ok {
			expected = float64(n)
		}
		if got := d.at(path); got != expected && !(expected == float64(0) && got == nil) {
			return fmt.Errorf("%s: expected %v, found %v", path, expected, got)
		}
	}
	return nil
}

// do sends a request and checks the status.
func (w *walk) do(r client.Request, status int) (*doc, error) {
	a, err := w.Client.Do(w.ctx, r)
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("%s %s as %s", r.Method, r.Path, r.User)
	if a.Status != status {
		return nil, fmt.Errorf("%s: expected %d, found %s", what, status, a)
	}
	if a.Header.Get("X-Request-Id") == "" {
		return nil, fmt.Errorf("%s: the answer has no X-Request-Id", what)
	}
	d := &doc{Answer: a}
	if err := a.Decode(&d.body); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return d, nil
}

func (w *walk) get(user, path string) (*doc, error) {
	return w.do(client.Request{User: user, Method: http.MethodGet, Path: path}, http.StatusOK)
}

// write sends a write and checks what every write promises: the ETag, the mark and, of what is created, where it is.
func (w *walk) write(r client.Request) (*doc, error) {
	status := http.StatusOK
	if r.Method == "" {
		r.Method = http.MethodPost
	}
	creates := r.Method == http.MethodPost && strings.Count(r.Path, "/") == 2
	if creates {
		status = http.StatusCreated
	}
	d, err := w.do(r, status)
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("%s %s as %s", r.Method, r.Path, r.User)
	id := d.text("id")
	if d.Version() < 1 || !strings.HasSuffix(d.Mark(), fmt.Sprintf("/%s@%d", id, d.Version())) {
		return nil, fmt.Errorf("%s: ETag %s and Bitacora-Written %q do not name version and id %s", what, d.Header.Get("ETag"), d.Mark(), id)
	}
	if location := d.Header.Get("Location"); creates && location != r.Path+"/"+id {
		return nil, fmt.Errorf("%s: expected Location %s/%s, found %q", what, r.Path, id, location)
	}
	return d, nil
}

// act sends an action and checks the state that it leads to.
func (w *walk) act(user, path string, body any, state string) (*doc, error) {
	if body == nil {
		body = object{}
	}
	d, err := w.write(client.Request{User: user, Path: path, Body: body})
	if err == nil {
		err = d.is("state", state)
	}
	if err != nil {
		return nil, fmt.Errorf("%s as %s: %w", path, user, err)
	}
	return d, nil
}

// refused sends a request that must be refused, by that rule; state, where it is given, is what the refusal must say.
func (w *walk) refused(r client.Request, status int, rule, state string) error {
	if r.Method == "" {
		r.Method = http.MethodPost
	}
	if r.Method == http.MethodPost && r.Body == nil {
		r.Body = object{}
	}
	d, err := w.do(r, status)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%s %s as %s", r.Method, r.Path, r.User)
	p := d.Problem()
	if kind := d.Header.Get("Content-Type"); kind != "application/problem+json" {
		return fmt.Errorf("%s: expected a problem, found %q", what, kind)
	}
	if p.Rule() != rule || state != "" && p.State != state {
		return fmt.Errorf("%s: expected the rule %s and state %q, found %s and %q", what, rule, state, p.Rule(), p.State)
	}
	return nil
}

// eventually asks until done says that it is so, for as long as the walk waits.
func (w *walk) eventually(what string, done func() (bool, string, error)) error {
	ctx, cancel := context.WithTimeout(w.ctx, w.Deadline)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, found, err := done()
		if err != nil || ok {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if w.ctx.Err() != nil {
				return w.ctx.Err()
			}
			return fmt.Errorf("%s: not so after %s; found %s", what, w.Deadline, found)
		}
	}
}

// until reads a document until its values are those given, and answers it.
func (w *walk) until(user, path string, pairs ...any) (last *doc, err error) {
	err = w.eventually(path, func() (bool, string, error) {
		if last, err = w.get(user, path); err != nil {
			return false, "", err
		}
		wrong := last.is(pairs...)
		return wrong == nil, fmt.Sprint(wrong), nil
	})
	return last, err
}

// pages reads a listing to its end, a few at a time, and answers its items. None may come twice.
func (w *walk) pages(user, path string, limit int) ([]object, error) {
	seen := map[string]bool{}
	var all []object
	next := fmt.Sprintf("%s&limit=%d", path, limit)
	for next != "" {
		d, err := w.get(user, next)
		if err != nil {
			return nil, err
		}
		items, ok := d.at("items").(list)
		if !ok || len(items) > limit {
			return nil, fmt.Errorf("GET %s: expected at most %d items, found %.200s", next, limit, d.Body)
		}
		for _, item := range items {
			o, ok := item.(object)
			id := fmt.Sprint(o["id"])
			if !ok || seen[id] {
				return nil, fmt.Errorf("GET %s: %s is listed twice", next, id)
			}
			seen[id] = true
			all = append(all, o)
		}
		link := d.Header.Get("Link")
		if (link != "") != (d.text("next_cursor") != "") {
			return nil, fmt.Errorf("GET %s: Link %q and next_cursor %q do not agree", next, link, d.text("next_cursor"))
		}
		next = ""
		if link != "" {
			target, rest, ok := strings.Cut(strings.TrimPrefix(link, "<"), ">")
			if !ok || !strings.Contains(rest, `rel="next"`) {
				return nil, fmt.Errorf("GET %s: %q is no link to the next page", path, link)
			}
			next = target
		}
	}
	return all, nil
}

// mark remembers a document's version as one that figures must include.
func (w *walk) mark(aggregate string, d *doc) {
	m := fmt.Sprintf("%s/%s@%d", aggregate, d.text("id"), d.Version())
	w.marks = slices.DeleteFunc(w.marks, func(old string) bool {
		return strings.HasPrefix(old, m[:strings.LastIndexByte(m, '@')+1])
	})
	w.marks = append(w.marks, m)
}

// checkMarked checks the figures against what is marked, which is then done with.
func (w *walk) checkMarked() error {
	err := w.check(w.marks...)
	w.marks = nil
	return err
}

// history reads what happened to a document, as an auditor, and compares it with the names of the events, in order.
func (w *walk) history(path, aggregate string, names ...string) error {
	d, err := w.get(auditor, path+"/history?limit=200")
	if err != nil {
		return err
	}
	var page struct {
		Items []struct {
			Type    string `json:"type"`
			Version int64  `json:"version"`
			Actor   string `json:"actor"`
		} `json:"items"`
	}
	if err := json.Unmarshal(d.Body, &page); err != nil {
		return err
	}
	var got []string
	last := int64(0)
	for _, e := range page.Items {
		got = append(got, strings.TrimSuffix(strings.TrimPrefix(e.Type, "mx.bitacora."+aggregate+"."), ".v1"))
		if e.Version < last || e.Actor == "" {
			return fmt.Errorf("history of %s: version %d by %q after version %d", path, e.Version, e.Actor, last)
		}
		last = e.Version
	}
	if !slices.Equal(got, names) {
		return fmt.Errorf("history of %s: expected %s, found %s", path, strings.Join(names, ", "), strings.Join(got, ", "))
	}
	if strings.Contains(string(d.Body), complaint) {
		return errors.New("the history carries the complaint's words")
	}
	return nil
}
