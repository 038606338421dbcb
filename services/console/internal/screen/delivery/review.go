package delivery

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// reviewView is what is shown before a confirmation is sent: the sum, the exceptions, what follows.
type reviewView struct {
	Heading    ui.PageHeading
	Action     string
	Fields     ui.FormFields
	Sent       []ui.Sent
	Wrong      []ui.Offence
	SumTitle   string
	Sum        []ui.Count
	Exceptions []reviewed
	Follows    []string
	Signed     string
}

type reviewed struct {
	Name  string
	Badge ui.Badge
	Why   string
}

// review is the page before the confirmation is sent. What cannot be sent is shown in the form instead.
func review(r *screen.Request) (screen.Page, error) {
	d, version, err := load(r)
	if err != nil {
		return screen.Page{}, err
	}
	names := record.NamesFor(r)
	called(names, &d)
	if !d.May("delivery.confirm") && (r.Problem == nil || !d.Ever("delivery.confirm")) {
		return family.Gone(r, "delivery.confirm", d, version)
	}
	clock := record.ClockAt(r, d.TimeZone)
	from := r.URL.Query()
	if r.Typed != nil {
		from = r.Typed
	}
	all := read(from, d, clock)
	if wrong := check(d, all, clock); len(wrong) > 0 {
		return form(r, names, d, version, all, wrong), nil
	}
	carried := carry(all)
	here := "/entregas/" + url.PathEscape(d.ID)
	v := reviewView{Heading: ui.PageHeading{Back: &ui.Link{Href: here + "?" + carried.Encode(), Text: words.Say("correct")}, Where: names.Destination(d), Title: words.Say("review_title")},
		Action: here + "/revisar", Fields: r.Fields(version), Sent: sent(carried), SumTitle: words.Count("of_pieces", d.Pieces()), Sum: fraction(total(d, all)),
		Follows: follows(d, all), Signed: words.Say("signed", record.Label("role", "unit_director"), clock.Day(r.Now))}
	if r.Problem != nil {
		v.Wrong = []ui.Offence{act.Refused(r.Problem)}
	}
	for _, e := range all {
		v.Exceptions = append(v.Exceptions, e.reviewed(d, clock))
	}
	return screen.Page{Title: words.Say("review_title"), Form: true, Body: reviewBody(v)}, nil
}

func (e exception) reviewed(d record.Delivery, clock ui.Clock) reviewed {
	one := sum{}
	out := reviewed{Name: nameOf(d, e.line)}
	switch e.kind {
	case reserved:
		one.Reserved = e.quantity
		out.Why = words.Say("review_reserved", record.Label("line_reason_reservation", e.reason), clock.Date(e.dueOn))
	case rejected:
		one.Rejected = e.quantity
		out.Why = words.Say("review_rejected", record.Label("line_reason_rejected", e.reason))
	case missing:
		one.Missing = e.quantity
		out.Why = words.Say("review_missing", record.Label("line_reason_missing", e.reason))
	case surplus:
		one.Surplus = e.quantity
		out.Why = words.Say("review_surplus")
	}
	out.Badge = outcome(one)[0]
	return out
}

// sent are the exceptions as hidden fields.
func sent(q url.Values) []ui.Sent {
	var out []ui.Sent
	for name, values := range q {
		for _, v := range values {
			out = append(out, ui.Sent{Name: name, Value: v})
		}
	}
	slices.SortFunc(out, func(a, b ui.Sent) int {
		switch {
		case a.Name < b.Name:
			return -1
		case a.Name > b.Name:
			return 1
		}
		return 0
	})
	return out
}

// follows says what the confirmation brings about.
func follows(d record.Delivery, all []exception) []string {
	assets, stock := 0, 0
	for _, l := range d.Lines {
		s := counted(l, all)
		switch l.Tracking {
		case "serialised", "tagged":
			assets += s.Accepted + s.Reserved
		case "counted":
			stock += s.Accepted + s.Reserved
		}
	}
	var out []string
	if assets > 0 {
		out = append(out, words.Count("follows_assets", assets))
	}
	if stock > 0 {
		out = append(out, words.Count("follows_stock", stock))
	}
	if len(all) > 0 {
		out = append(out, words.Say("follows_exceptions"))
	}
	if len(out) == 0 {
		out = append(out, words.Say("follows_nothing"))
	}
	return out
}

// confirm sends the confirmation.
func confirm(r *screen.Request) (string, error) {
	here := "/entregas/" + url.PathEscape(r.PathValue("id"))
	d, _, err := load(r)
	if err != nil {
		return "", err
	}
	clock := record.ClockAt(r, d.TimeZone)
	all := read(r.PostForm, d, clock)
	switch r.PostFormValue("keep") {
	case "theirs":
		return here, nil
	case "edit":
		return here + "?" + carry(all).Encode(), nil
	}
	if wrong := check(d, all, clock); len(wrong) > 0 {
		return "", &api.Problem{Status: http.StatusUnprocessableEntity, Rule: "validation-failed"}
	}
	if _, err := r.API.Send(r.Context(), http.MethodPost, documents+url.PathEscape(d.ID)+"/confirm", api.Write{Key: r.Key, Version: r.Version(), Body: confirmation(d, all)}, nil); err != nil {
		return "", err
	}
	return here + "?hecho=confirmada", nil
}

// conflict shows what was to be confirmed beside what is there now.
func conflict(r *screen.Request) (screen.Page, error) {
	d, version, err := load(r)
	if err != nil {
		return screen.Page{}, err
	}
	names := record.NamesFor(r)
	called(names, &d)
	clock := record.ClockAt(r, d.TimeZone)
	all := read(r.Typed, d, clock)
	here := "/entregas/" + url.PathEscape(d.ID)
	possible := d.May("delivery.confirm")
	s := ui.Sides{Action: here + "/revisar", Fields: r.Fields(version), Sent: sent(carry(all)), MinePossible: possible, EditPossible: possible,
		MineSmall: inWords(total(d, all)), TheirsSmall: record.Label("delivery_state", d.State), EditSmall: words.Say("edit_small"),
		Heading: ui.PageHeading{Back: &ui.Link{Href: here, Text: words.Count("delivery", d.Pieces())}, Where: names.Destination(d)}}
	s.Heading.Title, s.Heading.Lines = act.Changed(r, documents+url.PathEscape(d.ID))
	s.Facts = []ui.Side{{Label: words.Say("state"), Mine: record.Label("delivery_state", "confirmed"), Theirs: record.Label("delivery_state", d.State)}}
	for _, l := range d.Lines {
		mine, theirs := sumOf(counted(l, all)), sumOf(sum{Announced: l.Dispatched, Accepted: l.Dispatched})
		if d.State == "confirmed" {
			theirs = sumOf(sum{l.Dispatched, l.Accepted, l.Reserved, l.Rejected, l.Missing, l.Surplus})
		}
		if mine != theirs || l.Line == 1 {
			s.Facts = append(s.Facts, ui.Side{Label: nameOf(d, l.Line), Mine: mine, Theirs: theirs})
		}
	}
	return screen.Page{Title: s.Heading.Title, Form: true, Body: ui.Conflict(s)}, nil
}

func lineNumber(n int) string { return strconv.Itoa(n) }
