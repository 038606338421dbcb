package report

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// subject is what a report is about, as its form carries it along.
type subject struct {
	kind, asset, unit string
	thing             record.Asset
	place             record.Unit
}

// about finds out what the report is about, and how it is called.
func about(r *screen.Request, q url.Values, names *record.Names) (s subject, h ui.PageHeading, err error) {
	s = subject{kind: q.Get("kind"), asset: q.Get("asset_id"), unit: q.Get("unit_id")}
	if s.asset != "" {
		if _, err = r.API.Get(r.Context(), "/v1/assets/"+url.PathEscape(s.asset), &s.thing); err != nil {
			return s, h, err
		}
		s.kind, s.unit = "asset", s.thing.UnitID
	}
	if s.unit == "" {
		s.unit = unitOf(r)
	}
	if _, err = r.API.Get(r.Context(), "/v1/units/"+url.PathEscape(s.unit), &s.place); err != nil {
		return s, h, err
	}
	if err = within(r, s.place); err != nil {
		return s, h, err
	}
	h.Title = words.Say("what")
	switch s.kind {
	case "asset":
		h.Lines = []string{names.TypeName(s.thing.TypeKey), strings.Join(filled(s.place.AreaPath(s.thing.AreaID), tagOf(s.thing)), " · ")}
	case "area_element":
		h.Lines = []string{words.Say("building"), s.place.Name}
	default:
		s.kind = "unit"
		h.Lines = []string{words.Say("not_listed"), s.place.Name}
	}
	h.Back = &ui.Link{Href: "/reportar?" + url.Values{"unit_id": {s.unit}}.Encode(), Text: words.Say("another")}
	return s, h, nil
}

func filled(parts ...string) []string {
	return slices.DeleteFunc(parts, func(s string) bool { return s == "" })
}

// The rules with which send asks for the page again, when nothing was wrong: to look at what will be sent, or to correct it.
const (
	toReview = "review"
	toEdit   = "edit"
)

// whatView is the second step, and the third where Review is set.
type whatView struct {
	Heading ui.PageHeading
	Fields  ui.FormFields
	Sent    []ui.Sent
	Wrong   []ui.Offence
	Open    *ui.Note
	Area    *ui.Picker
	Element *ui.Picker
	State   *ui.Choice
	Text    ui.Field
	Effect  ui.Choice
	Since   ui.Field
	Facts   []ui.Fact
}

// effects are the choices of what stops, the worst first.
var effects = []string{"patient_risk", "theatre_stopped", "service_stopped", "cold_chain", "partial", "none"}

func what(r *screen.Request) (screen.Page, error) {
	q := r.URL.Query()
	if r.Typed != nil {
		q = r.Typed
	}
	names := record.NamesFor(r)
	s, h, err := about(r, q, names)
	if err != nil {
		return screen.Page{}, err
	}
	clock := record.ClockAt(r, s.place.TimeZone)
	v := whatView{Heading: h, Fields: r.Fields(""), Sent: []ui.Sent{{Name: "kind", Value: s.kind}, {Name: "asset_id", Value: s.asset}, {Name: "unit_id", Value: s.unit}}}
	if r.Problem != nil && r.Problem.Rule == toReview {
		return review(r, v, s, clock), nil
	}
	v.Wrong = offences(r)
	if len(s.thing.Orders) > 0 {
		o := s.thing.Orders[0]
		v.Open = &ui.Note{Look: "info", Icon: ui.IconInfo, Title: words.Say("already"), Lines: []string{words.Say("already_text", o.Folio)}, Action: &ui.Link{Href: "/ordenes/" + url.PathEscape(o.ID), Text: words.Say("see_order")}}
	}
	v.inputs(r, s)
	return screen.Page{Title: words.Say("title_2"), Form: true, Body: whatBody(v)}, nil
}

// inputs are the fields of the second step, with what was typed.
func (v *whatView) inputs(r *screen.Request, s subject) {
	wrong := func(field string) string {
		if r.Problem.At(field) != nil {
			return words.Say("error_" + field)
		}
		return ""
	}
	if s.kind == "area_element" {
		areas := ui.Group{}
		for _, a := range s.place.Areas {
			areas.Options = append(areas.Options, ui.Option{Value: a.ID, Label: a.Path})
		}
		v.Area = &ui.Picker{Name: "area_id", Label: words.Say("field_area_id"), Value: r.Value("area_id", ""), Empty: words.Say("choose"), Error: wrong("area_id"), Groups: []ui.Group{areas}}
		v.Element = &ui.Picker{Name: "element", Label: words.Say("field_element"), Value: r.Value("element", ""), Empty: words.Say("choose"), Error: wrong("element"), Groups: act.Vocabulary("area_element")}
	}
	if s.kind == "asset" {
		v.State = &ui.Choice{Name: "functioning", Legend: words.Say("field_functioning"), Value: r.Value("functioning", ""), Error: wrong("functioning")}
		for _, f := range []string{"not_working", "limited"} {
			v.State.Options = append(v.State.Options, ui.Option{Value: f, Label: record.Label("functioning", f)})
		}
	}
	v.Text = ui.Field{Name: "complaint", Label: words.Say("field_complaint"), Hint: words.Say("field_complaint_hint"), Type: "textarea", Max: 4000, Value: r.Value("complaint", ""), Error: wrong("complaint")}
	v.Effect = ui.Choice{Name: "effect", Legend: words.Say("field_effect"), Value: r.Value("effect", ""), Error: wrong("effect")}
	for _, e := range effects {
		v.Effect.Options = append(v.Effect.Options, ui.Option{Value: e, Label: record.Label("effect", e), Small: words.Say("effect_" + e)})
	}
	v.Since = ui.Field{Name: "occurred_at", Label: words.Say("field_occurred_at"), Hint: words.Say("field_occurred_at_hint"), Type: "datetime-local", Value: r.Value("occurred_at", ""), Error: wrong("occurred_at")}
}

// offences are what is wrong with the form, in the order of its fields.
func offences(r *screen.Request) (out []ui.Offence) {
	p := r.Problem
	if p == nil || p.Rule == toEdit {
		return nil
	}
	for _, field := range []string{"area_id", "element", "functioning", "complaint", "effect", "occurred_at"} {
		if p.At(field) != nil {
			out = append(out, act.Wrong(r, field, words.Say("error_"+field)))
		}
	}
	if len(out) == 0 {
		out = append(out, act.Refused(p))
	}
	return out
}

// review is the third step: what will be sent, and what follows.
func review(r *screen.Request, v whatView, s subject, clock ui.Clock) screen.Page {
	for _, name := range []string{"functioning", "complaint", "effect", "occurred_at", "area_id", "element"} {
		if value := r.Typed.Get(name); value != "" {
			v.Sent = append(v.Sent, ui.Sent{Name: name, Value: value})
		}
	}
	thing := ui.Fact{Label: words.Say("fact_thing"), Value: v.Heading.Lines[0], Small: v.Heading.Lines[1]}
	if s.kind == "area_element" {
		thing.Value, thing.Small = record.Label("area_element", r.Typed.Get("element")), s.place.AreaPath(r.Typed.Get("area_id"))
	}
	v.Facts = []ui.Fact{thing}
	if f := r.Typed.Get("functioning"); f != "" {
		b := record.Badge("functioning", f)
		v.Facts = append(v.Facts, ui.Fact{Label: words.Say("fact_state"), Badge: &b})
	}
	since := words.Say("now")
	if at, err := instant(r.Typed.Get("occurred_at"), clock); err == nil {
		since = clock.Full(at)
	}
	v.Facts = append(v.Facts, ui.Fact{Label: words.Say("fact_text"), Value: r.Typed.Get("complaint")},
		ui.Fact{Label: words.Say("fact_effect"), Value: record.Label("effect", r.Typed.Get("effect"))}, ui.Fact{Label: words.Say("fact_since"), Value: since})
	v.Heading = ui.PageHeading{Title: words.Say("review")}
	return screen.Page{Title: words.Say("title_3"), Form: true, Body: reviewBody(v)}
}

func instant(text string, clock ui.Clock) (time.Time, error) {
	return time.ParseInLocation("2006-01-02T15:04", text, clock.Zone)
}

// send leads through the steps: what lacks something is shown again, what is whole is shown before it is sent, and then it is sent.
func send(r *screen.Request) (string, error) {
	s, _, err := about(r, r.PostForm, record.NamesFor(r))
	if err != nil {
		return "", err
	}
	if r.PostFormValue("corregir") != "" {
		return "", &api.Problem{Status: http.StatusOK, Rule: toEdit}
	}
	body, wrong := bodyOf(r, s)
	if wrong != nil {
		return "", wrong
	}
	if r.PostFormValue("enviar") == "" {
		return "", &api.Problem{Status: http.StatusOK, Rule: toReview}
	}
	var o record.Order
	if _, err := r.API.Send(r.Context(), http.MethodPost, "/v1/work-orders", api.Write{Key: r.Key, Body: body}, &o); err != nil {
		return "", named(err)
	}
	return "/reportes?" + url.Values{"hecho": {o.ID}}.Encode(), nil
}

// named calls the fields of a refusal as the form does.
func named(err error) error {
	p := api.ProblemOf(err)
	if p == nil {
		return err
	}
	called := map[string]string{"body.reported_functioning": "body.functioning", "body.target.area_id": "body.area_id", "body.target.element": "body.element"}
	for i, o := range p.Errors {
		if name := called[o.Location]; name != "" {
			p.Errors[i].Location = name
		}
	}
	return p
}

// bodyOf is the request that the form says; what it lacks is refused here, all of it at once.
func bodyOf(r *screen.Request, s subject) (map[string]any, error) {
	var wrong []api.Offence
	lacks := func(field string) { wrong = append(wrong, api.Offence{Location: "body." + field}) }
	text := strings.TrimSpace(strings.ReplaceAll(r.PostFormValue("complaint"), "\r\n", "\n"))
	effect, functioning := r.PostFormValue("effect"), r.PostFormValue("functioning")
	target := map[string]any{"kind": s.kind}
	body := map[string]any{"unit_id": s.unit, "complaint": text, "effect": effect, "target": target}
	switch s.kind {
	case "asset":
		target["asset_id"] = s.asset
		if functioning != "not_working" && functioning != "limited" {
			lacks("functioning")
		}
		body["reported_functioning"] = functioning
	case "area_element":
		target["area_id"], target["element"] = r.PostFormValue("area_id"), r.PostFormValue("element")
		if s.place.AreaPath(r.PostFormValue("area_id")) == "" {
			lacks("area_id")
		}
		if !record.Known("area_element", r.PostFormValue("element")) {
			lacks("element")
		}
	}
	if len([]rune(text)) < 3 {
		lacks("complaint")
	}
	if !slices.Contains(effects, effect) {
		lacks("effect")
	}
	if since := r.PostFormValue("occurred_at"); since != "" {
		at, err := instant(since, record.ClockAt(r, s.place.TimeZone))
		if err != nil || at.After(r.Now.Add(5*time.Minute)) {
			lacks("occurred_at")
		}
		body["occurred_at"] = at.UTC().Format(time.RFC3339)
	}
	if len(wrong) > 0 {
		return nil, &api.Problem{Status: http.StatusUnprocessableEntity, Rule: "validation-failed", Errors: wrong}
	}
	return body, nil
}
