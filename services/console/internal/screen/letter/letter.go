// Package letter shows the events that services could not take, over all services: why, what to do, and a button that has them delivered again.
package letter

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

const (
	here = "/detenidos"
	// few is how many of each service the page shows, pageSize how many the page of one service.
	few      = 10
	pageSize = 50
)

// Screens is the page of dead letters: for those to whom the services tell them.
func Screens() []screen.Screen {
	return []screen.Screen{screen.Screen{Pattern: here, Show: show, Do: redrive}.For("admin", "auditor")}
}

// deadLetter is an event that a consumer of a service could not take.
type deadLetter struct {
	ID string `json:"id"`
	record.Allowed
	Consumer string `json:"consumer"`
	Cause    string `json:"cause"`
	Topic    string `json:"topic"`
	Key      string `json:"key"`
	Type     string `json:"type"`
	WaitsFor *struct {
		Collection string `json:"collection"`
		ID         string `json:"id"`
	} `json:"waits_for"`
	Attempts int       `json:"attempts"`
	FirstAt  time.Time `json:"first_at"`
	NextAt   time.Time `json:"next_at"`
}

type view struct {
	Heading ui.PageHeading
	Done    *ui.Note
	Parts   []part
	Empty   *ui.Emptiness
}

// part is what one service has set aside.
type part struct {
	Service, Name string
	Letters       []shown
	// All are the consumers whose letters may be delivered again all at once.
	All         []button
	Whole       *ui.Link
	Next, First string
	Failure     *ui.Failure
}

// shown is one dead letter as it is told.
type shown struct {
	Title, Do string
	Facts     []ui.Fact
	Again     *button
}

// button has one letter, or those of a consumer, delivered again.
type button struct {
	Text   string
	Sent   []ui.Sent
	Fields ui.FormFields
}

func show(r *screen.Request) (screen.Page, error) {
	v := view{Heading: ui.PageHeading{Title: words.Say("title"), Lines: []string{words.Say("lead")}}, Done: done(r)}
	of, limit := api.Services, few
	if one := r.URL.Query().Get("servicio"); one != "" {
		if !slices.Contains(api.Services, one) {
			return screen.Page{}, &api.Problem{Status: http.StatusNotFound}
		}
		of, limit = []string{one}, pageSize
		v.Heading.Back = &ui.Link{Href: here, Text: words.Say("title")}
	}
	parts, errs := make([]part, len(of)), make([]error, len(of))
	record.Each(len(of), func(i int) { parts[i], errs[i] = read(r, of[i], limit) })
	for i, p := range parts {
		if away := api.AwayOf(errs[i]); away != nil {
			p.Failure = record.Missing(r, words.Say("away", p.Name), away)
		} else if errs[i] != nil {
			return screen.Page{}, errs[i]
		}
		if p.Failure != nil || len(p.Letters) > 0 {
			v.Parts = append(v.Parts, p)
		}
	}
	if len(v.Parts) == 0 {
		v.Empty = &ui.Emptiness{Done: true, Title: words.Say("none"), Text: words.Say("none_text")}
	}
	return screen.Page{Title: v.Heading.Title, Body: body(v)}, nil
}

// read is a page of a service's dead letters.
func read(r *screen.Request, service string, limit int) (part, error) {
	p, cursor := part{Service: service, Name: called(service)}, ""
	address := here + "?" + url.Values{"servicio": {service}}.Encode()
	if limit == pageSize {
		cursor = r.URL.Query().Get("cursor")
	}
	page, err := record.List[deadLetter](r.Context(), r.API, "/"+service+"/dead-letters", nil, limit, cursor)
	if err != nil {
		return p, err
	}
	clock := record.Reader(r)
	for _, l := range page.Items {
		p.Letters = append(p.Letters, told(r, service, clock, l))
		if consumer := (ui.Sent{Name: "consumidor", Value: l.Consumer}); l.May("dead_letter.redrive") && len(page.Items) > 1 &&
			!slices.ContainsFunc(p.All, func(b button) bool { return slices.Contains(b.Sent, consumer) }) {
			p.All = append(p.All, button{Text: words.Say("all_again", l.Consumer), Fields: r.Fields(""), Sent: []ui.Sent{{Name: "servicio", Value: service}, consumer}})
		}
	}
	switch {
	case page.Next != "" && limit == few:
		p.Whole = &ui.Link{Href: address, Text: words.Say("whole", p.Name)}
	case page.Next != "":
		p.Next = address + "&" + url.Values{"cursor": {page.Next}}.Encode()
	}
	if cursor != "" {
		p.First = address
	}
	return p, nil
}

func called(service string) string {
	if words.Has("service_" + service) {
		return words.Say("service_" + service)
	}
	return service
}

func told(r *screen.Request, service string, clock ui.Clock, l deadLetter) shown {
	do := "do_" + l.Cause
	if !words.Has(do) {
		do = "do_other"
	}
	out := shown{Title: record.Label("dead_letter_cause", l.Cause), Do: words.Say(do)}
	add := func(key, value, small string, folio bool) {
		if value != "" {
			out.Facts = append(out.Facts, ui.Fact{Label: words.Say(key), Value: value, Small: small, Folio: folio})
		}
	}
	if l.Type != "" {
		add("event", record.Label("history_event", record.Event{Type: l.Type}.Kind()), l.Type, false)
	}
	add("document", l.Key, "", true)
	if l.WaitsFor != nil {
		add("waits_for", l.WaitsFor.Collection+" "+l.WaitsFor.ID, "", true)
	}
	add("consumer", l.Consumer, words.Say("topic", l.Topic), false)
	add("since", clock.Full(l.FirstAt), words.Count("attempts", l.Attempts), false)
	if l.NextAt.After(r.Now) {
		add("next", clock.Near(l.NextAt), "", false)
	} else {
		add("next", words.Say("now"), "", false)
	}
	add("reference", l.ID, "", true)
	if l.May("dead_letter.redrive") {
		out.Again = &button{Text: words.Say("again"), Fields: r.Fields(""), Sent: []ui.Sent{{Name: "servicio", Value: service}, {Name: "id", Value: l.ID}}}
	}
	return out
}

// done is the notice of what was just asked for.
func done(r *screen.Request) *ui.Note {
	switch r.URL.Query().Get("hecho") {
	case "si":
		return &ui.Note{Look: "ok", Icon: ui.IconCheck, Title: words.Say("done"), Lines: []string{words.Say("done_text")}, Alert: true}
	case "quedan":
		return &ui.Note{Look: "warn", Icon: ui.IconInfo, Title: words.Say("done"), Lines: []string{words.Say("done_more")}, Alert: true}
	case "nada":
		return &ui.Note{Look: "info", Icon: ui.IconInfo, Title: words.Say("nothing"), Lines: []string{words.Say("nothing_text")}, Alert: true}
	}
	return nil
}

// redrive has one letter, or all of a consumer, delivered again.
func redrive(r *screen.Request) (string, error) {
	service, body := r.PostFormValue("servicio"), map[string]any{}
	if !slices.Contains(api.Services, service) {
		return "", &api.Problem{Status: http.StatusNotFound}
	}
	for field, name := range map[string]string{"id": "id", "consumidor": "consumer"} {
		if v := strings.TrimSpace(r.PostFormValue(field)); v != "" {
			body[name] = v
		}
	}
	var out struct {
		Redriven int  `json:"redriven"`
		More     bool `json:"more"`
	}
	if _, err := r.API.Send(r.Context(), http.MethodPost, "/"+service+"/dead-letters/redrive", api.Write{Key: r.Key, Body: body}, &out); err != nil {
		return "", err
	}
	how := "si"
	if out.More {
		how = "quedan"
	} else if out.Redriven == 0 {
		how = "nada"
	}
	return here + "?" + url.Values{"hecho": {how}}.Encode(), nil
}
