package service

import (
	"context"
	"net/http"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/pkg/event/relay"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/rest"
)

var _ = mx.Define("dead_letter_cause", mx.Words{
	{"reference_missing", "Falta algo que debe llegar antes", "What it refers to has not come"},
	{"unreadable", "No se puede leer", "It cannot be read"},
	{"not_taken", "El servicio no lo aceptó", "The service did not take it"},
	{"not_published", "No se pudo publicar", "It could not be published"},
})

// Letter is a dead letter as administrators are answered it. It holds nothing of what the event says, nor the error's text, which may quote it:
// both are for whoever may read the store (bitacora dlq show).
type Letter struct {
	ID       string `json:"id" doc:"As the command line names it"`
	Consumer string `json:"consumer" doc:"Who could not take the event: a consumer of this service, or relay, which publishes the service's own events" example:"asset.deliveries"`
	Cause    string `json:"cause" vocabulary:"dead_letter_cause" doc:"Why: what it refers to has not come (it is tried again by itself once it has); it is no event that this release can read; the service refuses it, or a defect; or, of the service's own events, it cannot be published"`
	Topic    string `json:"topic"`
	Key      string `json:"key,omitempty" doc:"The id of the document that the event is of; absent of what cannot be read"`
	Type     string `json:"type,omitempty" doc:"The event's type; absent of what cannot be read" example:"mx.bitacora.delivery.confirmed.v1"`
	// WaitsFor is the reference of reference_missing.
	WaitsFor *WaitsFor  `json:"waits_for,omitempty" doc:"Of reference_missing: the document that has not come"`
	Attempts int        `json:"attempts" minimum:"0" maximum:"2147483647" doc:"How often it was tried, at the first time included"`
	FirstAt  event.Time `json:"first_at" doc:"Since when it has been set aside"`
	LastAt   event.Time `json:"last_at" doc:"When it was tried last"`
	NextAt   event.Time `json:"next_at" doc:"When it is tried again by itself, at the latest an hour after the last time"`
	Actions  []string   `json:"actions" nullable:"false" doc:"The operations, by their operationId, that the caller may run on it"`
}

// WaitsFor names a document of the service that a dead letter waits for.
type WaitsFor struct {
	Collection string `json:"collection"`
	ID         string `json:"id"`
}

func letterOf(l *consume.DeadLetter, actions []string) Letter {
	out := Letter{Actions: actions, ID: l.ID, Consumer: l.Consumer, Cause: "not_taken", Topic: l.Topic, Attempts: l.Attempts, FirstAt: l.FirstAt, LastAt: l.LastAt, NextAt: l.NextAt}
	switch {
	case l.WaitsFor != nil:
		out.Cause, out.WaitsFor = "reference_missing", &WaitsFor{l.WaitsFor.Collection, l.WaitsFor.ID}
	case l.EventID == "":
		out.Cause = "unreadable"
		return out // its key and type may be anything
	case l.Consumer == relay.LetterConsumer:
		out.Cause = "not_published"
	}
	out.Key, out.Type = l.Aggregate, l.Type
	return out
}

type lettersInput struct {
	rest.Paging
	Consumer string `query:"consumer" maxLength:"200" doc:"Only this consumer's"`
}

// LetterPage is a page of dead letters.
type LetterPage struct {
	Items      []Letter `json:"items" nullable:"false" doc:"The dead letters of this page."`
	NextCursor string   `json:"next_cursor,omitempty" doc:"Continues behind this page; absent on the last one."`
}

type lettersOutput struct {
	Link string `header:"Link" doc:"The next page, rel=\"next\"; absent on the last one."`
	Body LetterPage
}

// Redrive says which dead letters are to be delivered again.
type Redrive struct {
	ID       string `json:"id,omitempty" maxLength:"2000" doc:"This one"`
	Consumer string `json:"consumer,omitempty" maxLength:"200" doc:"Or all of this consumer's"`
}

// Redriven is how many are tried again.
type Redriven struct {
	Redriven int  `json:"redriven" minimum:"0" maximum:"1000" doc:"How many are tried again within about a second"`
	More     bool `json:"more" doc:"There are more than are taken at once: ask again"`
}

type redriveInput struct {
	rest.WriteHeaders
	Body Redrive
}

type redriveOutput struct{ Body Redriven }

// redrivenAtOnce bounds the dead letters of one request.
const redrivenAtOnce = 1000

const redriveID = "dead_letter.redrive"

// movers may have dead letters delivered again.
var movers = auth.Roles{auth.Admin}

// letters registers the operations on the service's dead letters, the same in every service: beside its labels, under its name. They belong to the
// installation as a whole, so that only national grants reach them.
func (s *Service) letters() {
	path := "/" + s.Name + "/dead-letters"
	rest.Handle(s.Rest, rest.Op{ID: "dead_letter.list", Roles: auth.Roles{auth.Auditor, auth.Admin}, Method: http.MethodGet, Path: path, Summary: "List events that could not be taken",
		Description: "They are set aside so that the others flow, and tried again by themselves, at the latest every hour. One that succeeds, or whose document's next event does, is gone from here."}, s.listLetters)
	rest.Handle(s.Rest, rest.Op{ID: redriveID, Roles: movers, Method: http.MethodPost, Path: path + "/redrive", Summary: "Have events that could not be taken tried again now",
		Description: "One, or all of a consumer, at most 1000 at once. Asking twice does no more than asking once: whoever takes an event twice does nothing twice."}, s.redrive)
}

func (s *Service) listLetters(ctx context.Context, in *lettersInput) (*lettersOutput, error) {
	listing := "dead_letter.list " + in.Consumer
	var after *docstore.Position
	if in.Cursor != "" {
		var err error
		if after, err = docstore.ParseCursor(in.Cursor, listing); err != nil {
			return nil, err
		}
	}
	page, err := s.Dead.List(ctx, in.Consumer, after, in.Limit)
	if err != nil {
		return nil, err
	}
	actions := []string{}
	if a, err := rest.CallerOf(ctx).Access(redriveID, movers); err == nil && a.Owns([]string{caller.Nation}) {
		actions = append(actions, redriveID)
	}
	out := &lettersOutput{Body: LetterPage{Items: make([]Letter, len(page.Docs))}}
	for i := range page.Docs {
		out.Body.Items[i] = letterOf(&page.Docs[i].State, actions)
	}
	if page.Next != nil {
		out.Body.NextCursor = page.Next.Cursor(listing)
		out.Link = rest.NextLink(ctx, out.Body.NextCursor)
	}
	return out, nil
}

func (s *Service) redrive(ctx context.Context, in *redriveInput) (*redriveOutput, error) {
	id, consumer := in.Body.ID, in.Body.Consumer
	if (id == "") == (consumer == "") {
		return nil, fault.Invalidf("id", "id-or-consumer", "name one dead letter by its id, or a consumer for all of its")
	}
	out := &redriveOutput{}
	var err error
	if id != "" {
		out.Body.Redriven, err = s.Dead.Redrive(ctx, id)
	} else {
		out.Body.Redriven, out.Body.More, err = s.Dead.RedriveAll(ctx, consumer, redrivenAtOnce)
	}
	if err != nil {
		return nil, err
	}
	access, _ := caller.AccessOf(ctx)
	s.Log.InfoContext(ctx, "dead letters are tried again on request", "by", access.Subject, "dead_letter", id, "consumer", consumer, "letters", out.Body.Redriven)
	return out, nil
}
