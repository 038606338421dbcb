package contract

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// appointment is the right of a person to commit the money of a contract's lot.
type appointment struct {
	ID string `json:"id"`
	record.Allowed
	ContractID string    `json:"contract_id"`
	Lot        int       `json:"lot"`
	Subject    string    `json:"subject"`
	Places     []string  `json:"places"`
	From       string    `json:"from"`
	To         string    `json:"to"`
	EndedAt    time.Time `json:"ended_at"`
}

// Whole says that it is the document: what a service answers else is none.
func (a *appointment) Whole() bool { return a.ID != "" }

// state is what it is in now: before its first day, in force, over, ended.
func (a appointment) state(clock ui.Clock) string {
	switch {
	case !a.EndedAt.IsZero():
		return "ended"
	case clock.Past(a.To):
		return "over"
	case a.From > clock.Now.In(clock.Zone).Format(time.DateOnly):
		return "to_come"
	}
	return "in_force"
}

func (a appointment) period(clock ui.Clock) string {
	if a.To == "" {
		return words.Say("since", clock.Date(a.From))
	}
	return words.Say("valid", clock.Date(a.From), clock.Date(a.To))
}

func (a appointment) where() string {
	var out []string
	for _, p := range a.Places {
		out = append(out, screen.In(p))
	}
	return strings.Join(out, ", ")
}

// appointees are the appointments to a contract, those in force first. Names are the directory's; who is not known there is called by the post.
func (v *view) appointees(r *screen.Request, c contract, clock ui.Clock) error {
	all, _, err := record.All[appointment](r.Context(), r.API, "/v1/appointments", url.Values{"contract_id": {c.ID}}, 200)
	if away := api.AwayOf(err); away != nil {
		v.AppointedFailed = record.Missing(r, words.Say("appointed_away"), away)
		return nil
	}
	if api.ProblemOf(err).Hidden() {
		return nil // a contractor does not read who may spend
	}
	if err != nil {
		return err
	}
	order := []string{"in_force", "to_come", "over", "ended"}
	slices.SortStableFunc(all, func(a, b appointment) int {
		return cmp.Or(slices.Index(order, a.state(clock))-slices.Index(order, b.state(clock)), a.Lot-b.Lot, cmp.Compare(b.From, a.From))
	})
	people := record.People(r, subjects(all))
	v.AppointedTitle = words.Say("appointed")
	for _, a := range all {
		look := ui.Badge{Look: "ok", Icon: ui.IconCheck, Word: words.Say("appointment_in_force")}
		if s := a.state(clock); s != "in_force" {
			look = ui.Badge{Look: "idle", Icon: ui.IconDash, Word: words.Say("appointment_" + s)}
		}
		v.Appointed = append(v.Appointed, ui.Row{Href: "/designaciones/" + url.PathEscape(a.ID), Title: whoIs(r, people, a.Subject), Badges: []ui.Badge{look}, Lines: []string{words.Say("lot_at", a.Lot, a.where()), a.period(clock)}})
	}
	if r.Who.Is("admin") {
		v.Links = append(v.Links, ui.Link{Href: "/contratos/" + url.PathEscape(c.ID) + "/designar", Text: actionWords.Say("designar_title")})
	}
	return nil
}

func subjects(all []appointment) (out []string) {
	for _, a := range all {
		out = append(out, a.Subject)
	}
	return out
}

// whoIs is how a subject is called: as the directory says, or that it is the reader, or in no words but the post's.
func whoIs(r *screen.Request, people map[string]string, subject string) string {
	if subject == r.Who.Subject {
		return words.Say("yourself")
	}
	return cmp.Or(people[subject], words.Say("somebody"))
}

var appointmentFamily = act.Family[appointment]{Base: "/designaciones/", API: "/v1/appointments/", Words: actionWords,
	Allowed: func(a appointment) record.Allowed { return a.Allowed }, Zone: func(appointment) string { return "" },
	Heading: func(*screen.Request, *record.Names, appointment) ui.PageHeading {
		return ui.PageHeading{Title: words.Say("appointment")}
	},
	State: func(a appointment) string {
		if a.EndedAt.IsZero() {
			return words.Say("appointment_in_force")
		}
		return words.Say("appointment_ended")
	},
	Actions: []act.Action[appointment]{{Op: "appointment.end", Path: "end", Verb: "terminar", Danger: true, Confirm: true}},
}

// appointing is the form with which an administrator of the system appoints who may commit a contract's money.
var appointing = act.Maker[contract]{Pattern: "/contratos/{id}/designar", Words: actionWords, Verb: "designar",
	About: func(r *screen.Request) (c contract, err error) {
		if !r.Who.Is("admin") {
			return c, act.Nowhere()
		}
		_, err = r.API.Get(r.Context(), "/v1/contracts/"+url.PathEscape(r.PathValue("id")), &c)
		return c, err
	},
	Path: func(*screen.Request, contract) string { return "/v1/appointments" },
	Heading: func(_ *screen.Request, c contract) ui.PageHeading {
		return ui.PageHeading{Back: &ui.Link{Href: "/contratos/" + url.PathEscape(c.ID), Text: c.Name}, Where: c.Number}
	},
	Fields: []act.Field[contract]{
		{Name: "subject", Kind: act.Pick, Required: true, Options: staff, Listed: true},
		{Name: "lot", Kind: act.Pick, Required: true, Words: "appointment_lot", Options: func(_ *screen.Request, c contract) ([]ui.Group, error) {
			var numbers []int
			for _, l := range c.Lots {
				numbers = append(numbers, l.Lot)
			}
			slices.Sort(numbers)
			g := ui.Group{}
			for _, n := range slices.Compact(numbers) {
				g.Options = append(g.Options, ui.Option{Value: strconv.Itoa(n), Label: words.Say("the_lot", n)})
			}
			return []ui.Group{g}, nil
		}},
		{Name: "lugar", Kind: act.Pick, Required: true, Options: coverage},
		{Name: "from", Kind: act.Date, Required: true},
		{Name: "to", Kind: act.Date},
	},
	Body: func(c contract, sent url.Values, body map[string]any) {
		delete(body, "lugar")
		body["contract_id"], body["lot"], body["places"] = c.ID, whole(sent.Get("lot")), []string{sent.Get("lugar")}
	},
	Named: map[string]string{"body.places": "lugar", "body.places[0]": "lugar"},
	Next:  func(_ contract, answer json.RawMessage) (string, error) { return act.Made("/designaciones/")(answer) },
}

// staff are those of the directory who decide on orders, and so are appointed.
func staff(r *screen.Request, _ contract) ([]ui.Group, error) {
	var out []ui.Group
	for _, role := range []string{"contract_administrator", "office_administrator", "biomedical_engineer"} {
		page, err := record.List[record.Person](r.Context(), r.API, "/v1/people", url.Values{"role": {role}}, 200, "")
		if err != nil {
			return nil, err
		}
		g := ui.Group{Label: record.Label("role", role)}
		for _, p := range page.Items {
			if p.ID != r.Who.Subject {
				g.Options = append(g.Options, ui.Option{Value: p.ID, Label: strings.Join(filled(cmp.Or(p.Name, words.Say("somebody")), p.Post), ", ")})
			}
		}
		if len(g.Options) > 0 {
			out = append(out, g)
		}
	}
	return out, nil
}

func appointmentShow(r *screen.Request) (screen.Page, error) {
	var a appointment
	m, err := r.API.Get(r.Context(), "/v1/appointments/"+url.PathEscape(r.PathValue("id")), &a)
	if err != nil {
		return screen.Page{}, err
	}
	clock := record.Reader(r)
	var c contract
	name := words.Say("the_contract")
	if _, err := r.API.Get(r.Context(), "/v1/contracts/"+url.PathEscape(a.ContractID), &c); err == nil {
		name = c.Name
	}
	v := recordView{Heading: ui.PageHeading{Back: &ui.Link{Href: "/contratos/" + url.PathEscape(a.ContractID), Text: name}, Where: words.Say("appointment"), Title: whoIs(r, record.People(r, []string{a.Subject}), a.Subject)},
		Done: appointmentFamily.Done(r), Buttons: appointmentFamily.Buttons(r, a.ID, m.Version, a)}
	if r.URL.Query().Get("hecho") == "nuevo" {
		v.Done = &ui.Note{Look: "ok", Icon: ui.IconCheck, Title: actionWords.Say("designar_done"), Alert: true}
	}
	v.Facts = []ui.Fact{{Label: words.Say("state"), Value: words.Say("appointment_" + a.state(clock))}, {Label: words.Say("the_contract"), Value: name, Href: "/contratos/" + url.PathEscape(a.ContractID)},
		{Label: words.Say("where"), Value: words.Say("lot_at", a.Lot, a.where())}, {Label: words.Say("when"), Value: a.period(clock)}}
	if v.History, err = record.LogbookOf(r, clock, "/v1/appointments/", a.ID, 12, words.Say("history_away")); err != nil {
		return screen.Page{}, err
	}
	return screen.Page{Title: v.Heading.Title, Body: recordBody(v)}, nil
}
