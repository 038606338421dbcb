package relay

import (
	"encoding/json"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// source is the ce_source of a service.
func source(service string) string { return "/services/" + service }

// specs returns the store's collections that have events, by name. It is called at each use: collections may be opened after the relay is
// made.
func specs(store *docstore.Store) (byName map[string]docstore.Spec, names []string) {
	byName = map[string]docstore.Spec{}
	for _, s := range store.Specs() {
		if s.Topic() != "" {
			byName[s.Name] = s
			names = append(names, s.Name)
		}
	}
	return byName, names
}

// item is one pending event in a round.
type item struct {
	ref    docstore.Ref
	topic  string
	entry  event.Entry
	record event.Record
	// err is why it could not be encoded or was not acknowledged.
	err error
}

// encode makes records of the events of docs, about maxBytes at most; rest are the documents with events left.
func (r *Relay) encode(docs []docstore.Pending, maxBytes int) (items []item, rest []docstore.Ref) {
	byName, _ := specs(r.store)
	size := 0
	for _, d := range docs {
		ref := docstore.Ref{Collection: d.Collection, ID: d.ID}
		spec := byName[d.Collection]
		state, err := docstore.PublicState(spec, d.Document)
		for _, entry := range d.Outbox {
			if size > maxBytes {
				rest = append(rest, ref)
				break
			}
			it := item{ref: ref, topic: spec.Topic(), entry: entry, err: err}
			if err == nil {
				it.record, it.err = envelope(r.cfg.Service, spec.Topic(), d.Document, state, entry).Record()
			}
			size += len(it.record.Value) + len(entry.Change)
			items = append(items, it)
		}
	}
	return items, rest
}

func envelope(service, topic string, d docstore.Document, state json.RawMessage, entry event.Entry) event.Envelope {
	return event.Envelope{Entry: entry, Source: source(service), Subject: d.ID, StateVersion: d.Version, State: state, Topic: topic}
}
