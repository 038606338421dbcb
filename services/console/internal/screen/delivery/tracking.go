package delivery

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// trackingView is the form that says how the pieces of each line will be kept track of: what the service lets be changed before a confirmation.
type trackingView struct {
	Heading ui.PageHeading
	Action  string
	Fields  ui.FormFields
	Wrong   []ui.Offence
	Lines   []ui.Picker
}

func trackingField(line int) string { return "tracking." + strconv.Itoa(line) }

func tracking(r *screen.Request) (screen.Page, error) {
	d, version, err := load(r)
	if err != nil {
		return screen.Page{}, err
	}
	names := record.NamesFor(r)
	called(names, &d)
	if !d.May("delivery.change") && (r.Problem == nil || !d.Ever("delivery.change")) {
		return family.Gone(r, "delivery.change", d, version)
	}
	here := "/entregas/" + url.PathEscape(d.ID)
	if r.Version() != "" && r.Problem != nil {
		version = r.Version() // what was typed is about the delivery as it was shown
	}
	v := trackingView{Action: here + "/control", Fields: r.Fields(version),
		Heading: ui.PageHeading{Back: &ui.Link{Href: here, Text: words.Count("delivery", d.Pieces())}, Where: names.Destination(d), Title: prepareWords.Say("tracking_title"), Lines: []string{prepareWords.Say("tracking_lead")}}}
	if r.Typed == nil && r.URL.Query().Has(trackingField(1)) {
		r.Typed = r.URL.Query() // what was typed before somebody else's change
	}
	for _, l := range d.Lines {
		v.Lines = append(v.Lines, ui.Picker{Name: trackingField(l.Line), Label: ui.Number(l.Dispatched) + " × " + nameOf(d, l.Line), Value: r.Value(trackingField(l.Line), l.Tracking), Groups: act.Vocabulary("tracking")})
	}
	if r.Problem != nil {
		v.Wrong = []ui.Offence{act.Refused(r.Problem)}
	}
	return screen.Page{Title: v.Heading.Title, Form: true, Body: trackingBody(v)}, nil
}

func track(r *screen.Request) (string, error) {
	d, _, err := load(r)
	if err != nil {
		return "", err
	}
	here := "/entregas/" + url.PathEscape(d.ID)
	switch r.PostFormValue("keep") {
	case "theirs":
		return here, nil
	case "edit":
		q := url.Values{}
		for _, l := range d.Lines {
			q.Set(trackingField(l.Line), r.PostFormValue(trackingField(l.Line)))
		}
		return here + "/control?" + q.Encode(), nil
	}
	var lines []map[string]any
	for _, l := range d.Lines {
		if t := r.PostFormValue(trackingField(l.Line)); t != "" && t != l.Tracking {
			lines = append(lines, map[string]any{"line": l.Line, "tracking": t})
		}
	}
	if len(lines) == 0 {
		return here + "?hecho=control", nil // it is so already, perhaps by the first of two taps
	}
	if _, err := r.API.Send(r.Context(), http.MethodPatch, documents+url.PathEscape(d.ID), api.Write{Key: r.Key, Version: r.Version(), Body: map[string]any{"lines": lines}}, nil); err != nil {
		return "", err
	}
	return here + "?hecho=control", nil
}

// trackingConflict shows how the lines were to be kept track of beside how they are now.
func trackingConflict(r *screen.Request) (screen.Page, error) {
	d, version, err := load(r)
	if err != nil {
		return screen.Page{}, err
	}
	names := record.NamesFor(r)
	called(names, &d)
	here, possible := "/entregas/"+url.PathEscape(d.ID), d.May("delivery.change")
	s := ui.Sides{Action: here + "/control", Fields: r.Fields(version), MinePossible: possible, EditPossible: possible,
		MineSmall: prepareWords.Say("tracking_button"), TheirsSmall: record.Label("delivery_state", d.State), EditSmall: words.Say("edit_small"),
		Heading: ui.PageHeading{Back: &ui.Link{Href: here, Text: words.Count("delivery", d.Pieces())}, Where: names.Destination(d)}}
	s.Heading.Title, s.Heading.Lines = act.Changed(r, documents+url.PathEscape(d.ID))
	for _, l := range d.Lines {
		mine := r.Typed.Get(trackingField(l.Line))
		s.Sent = append(s.Sent, ui.Sent{Name: trackingField(l.Line), Value: mine})
		s.Facts = append(s.Facts, ui.Side{Label: ui.Number(l.Dispatched) + " × " + nameOf(d, l.Line), Mine: record.Label("tracking", mine), Theirs: record.Label("tracking", l.Tracking)})
	}
	return screen.Page{Title: s.Heading.Title, Form: true, Body: ui.Conflict(s)}, nil
}
