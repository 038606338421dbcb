package act

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// remembered bounds the entries of a history that are looked through for who changed a document.
const remembered = 1000

// Changed is the heading and what is said of a form that came too late (409, 412): whether the change was the reader's own, in another window, or
// somebody else's. That is read from the document's history ("/v1/work-orders/<id>") as far as the reader may see it, and whoever it was is named as
// far as the directory names people to him; where it cannot be known nobody is blamed.
func Changed(r *screen.Request, document string) (heading string, lines []string) {
	if r.Problem.Rule != "stale-version" && r.Problem.Rule != "transition-not-allowed" {
		return Heading(r.Problem.Rule), []string{Refusal(r.Problem)}
	}
	mine, others, known := changers(r, document)
	who := "unknown"
	switch {
	case !known:
	case mine && len(others) > 0:
		who = "both"
	case mine:
		who = "mine"
	default:
		who = "other"
	}
	heading, lines = Heading(r.Problem.Rule), []string{words.Say("step_" + who)}
	if r.Problem.Rule == "stale-version" {
		heading, lines = words.Say("changed_"+who), []string{Refusal(r.Problem)}
	}
	people := record.People(r, others)
	var names []string
	for _, id := range others {
		if name := people[id]; name != "" {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		lines = append(lines, words.Say("changed_by", strings.Join(names, "; ")))
	}
	return heading, lines
}

// changers are who changed a document after the version that the form showed; known says that its history tells.
func changers(r *screen.Request, document string) (mine bool, others []string, known bool) {
	version := r.Typed.Get(ui.FieldVersion)
	since, err := strconv.ParseInt(strings.SplitN(strings.Trim(version, `W/"`), "-", 2)[0], 10, 64)
	if err != nil {
		return false, nil, false
	}
	events, more, err := record.All[record.Event](r.Context(), r.API, document+"/history", nil, remembered)
	if err != nil || more {
		return false, nil, false
	}
	for _, e := range events {
		switch {
		case e.Version <= since || e.Actor == "":
		case e.Actor == r.Who.Subject:
			mine = true
		case !slices.Contains(others, e.Actor):
			others = append(others, e.Actor)
		}
	}
	return mine, others, mine || len(others) > 0
}

// Heading is what a page is called that says why something cannot be done, by the rule.
func Heading(rule string) string {
	if key := "heading_" + strings.ReplaceAll(rule, "-", "_"); words.Has(key) {
		return words.Say(key)
	}
	return words.Say("not_possible")
}

// beside says whether a refusal is about one of the form's fields: then it is said there, and the form is shown again.
func (f Family[T]) beside(r *screen.Request, a Action[T], doc T) bool {
	return r.Problem.Status == http.StatusConflict && slices.ContainsFunc(f.fields(a, doc), func(x Field[T]) bool { return r.Problem.At(x.Name) != nil })
}
