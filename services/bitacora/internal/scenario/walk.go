package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// walk is one walk through the scenario, and what it has learnt on its way.
type walk struct {
	Config
	ctx   context.Context
	setup demo.Setup
	// names are what rows of the table know by {name}: ids above all.
	names map[string]string
	// counts says that the unit's figures are part of wider ones.
	counts bool
	// seen are the versions in which documents were last answered, by path.
	seen map[string]int64
	// marks are the newest versions of what figures depend on.
	marks []string
	// the figures before, and what they must have changed by
	before map[string]figures
	due    figures
	money  spent
}

// own are the things of this walk: their ids are fresh.
var own = []string{"contract", "delivery", "repair", "works", "line"}

func newWalk(ctx context.Context, cfg Config) (*walk, error) {
	w := &walk{Config: cfg, ctx: ctx, setup: demo.Setup{Client: cfg.Client, User: admin}, names: map[string]string{"unit": cfg.Unit, "contractor": cfg.Contractor},
		seen: map[string]int64{}, due: figures{}, before: map[string]figures{}}
	for _, name := range own {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		w.names[name], w.names[name+"_end"] = id.String(), id.String()[24:]
	}
	return w, nil
}

type object = map[string]any

type list = []any

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
	s, _ := d.at(path).(string)
	return s
}

// ask sends a request and checks the status.
func (w *walk) ask(r client.Request, status int) (*doc, error) {
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
	return w.ask(client.Request{User: user, Method: http.MethodGet, Path: path}, http.StatusOK)
}

// send sends a request that is carried out, and checks what every write promises: the ETag, the mark and, of what is created, where it is.
func (w *walk) send(r client.Request) (*doc, error) {
	if r.Method == http.MethodGet {
		return w.get(r.User, r.Path)
	}
	status, creates := http.StatusOK, r.Method == http.MethodPost && strings.Count(r.Path, "/") == 2
	if creates {
		status = http.StatusCreated
	}
	d, err := w.ask(r, status)
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

// eventually asks until done says that it is so, for as long as the walk waits.
func (w *walk) eventually(what string, done func() (bool, string, error)) error {
	found := ""
	err := client.Until(w.ctx, w.Deadline, func() (ok bool, err error) {
		ok, found, err = done()
		return ok, err
	})
	if errors.Is(err, client.ErrLate) {
		return fmt.Errorf("%s: not so after %s; found %s", what, w.Deadline, found)
	}
	return err
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

// history reads what happened to a document, as an auditor, and compares it with the names of the events, in order.
func (w *walk) history(path, aggregate string, names ...string) error {
	d, err := w.get(auditor, path+"/history?limit=200")
	if err != nil {
		return err
	}
	items, _ := d.at("items").(list)
	var got []string
	last := float64(0)
	for i := range items {
		item := fmt.Sprintf("items.%d.", i)
		got = append(got, strings.TrimSuffix(strings.TrimPrefix(d.text(item+"type"), "mx.bitacora."+aggregate+"."), ".v1"))
		version, _ := d.at(item + "version").(float64)
		if version < last || d.text(item+"actor") == "" {
			return fmt.Errorf("history of %s: version %g by %q after version %g", path, version, d.text(item+"actor"), last)
		}
		last = version
	}
	if !slices.Equal(got, names) {
		return fmt.Errorf("history of %s: expected %s, found %s", path, strings.Join(names, ", "), strings.Join(got, ", "))
	}
	if strings.Contains(string(d.Body), complaint) {
		return errors.New("the history carries the complaint's words")
	}
	return nil
}
