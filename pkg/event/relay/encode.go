package relay

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// public is a document as it is shown to the world.
type public struct {
	state json.RawMessage
	scope []string
}

// publicState is the document's body without the store's fields and without the private ones, in the present shape.
func publicState(spec docstore.Spec, d docstore.Document) (p public, err error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(d.Body, &fields); err != nil {
		return p, event.Permanent(fmt.Errorf("decode %s/%s: %w", spec.Name, d.ID, err))
	}
	var meta struct {
		Schema int      `json:"_schema"`
		Scope  []string `json:"_scope"`
	}
	if err := json.Unmarshal(d.Body, &meta); err != nil {
		return p, event.Permanent(fmt.Errorf("decode %s/%s: %w", spec.Name, d.ID, err))
	}
	if meta.Schema < spec.Schema && spec.Upcast != nil {
		if err := spec.Upcast(meta.Schema, fields); err != nil {
			return p, event.Permanent(fmt.Errorf("upcast %s/%s: %w", spec.Name, d.ID, err))
		}
	}
	for name := range fields {
		if strings.HasPrefix(name, "_") {
			delete(fields, name)
		}
	}
	for _, name := range spec.Private {
		delete(fields, name)
	}
	if _, ok := fields["id"]; !ok {
		if fields["id"], err = json.Marshal(d.ID); err != nil {
			return p, event.Permanent(err)
		}
	}
	p.scope = meta.Scope
	p.state, err = json.Marshal(fields)
	return p, err
}

// source is the ce_source of a service.
func source(service string) string { return "/services/" + service }

// specs are the store's collections that raise events, by name. They are looked up at each use: collections may be declared after
// the relay is made.
func specs(store *docstore.Store) (byName map[string]docstore.Spec, names []string) {
	byName = map[string]docstore.Spec{}
	for _, s := range store.Specs() {
		if s.Topic != "" {
			byName[s.Name] = s
			names = append(names, s.Name)
		}
	}
	return byName, names
}

// item is one pending event on its way.
type item struct {
	ref    docstore.Ref
	topic  string
	scope  []string
	entry  event.Entry
	record event.Record
	// err is why it could not be encoded or was not acknowledged.
	err error
}

// encode makes records of pending documents, at most about maxBytes in all; rest are the documents of which some had to stay behind.
func (r *Relay) encode(docs []docstore.Pending, maxBytes int) (items []item, rest []docstore.Ref) {
	byName, _ := specs(r.store)
	size := 0
	for _, d := range docs {
		ref := docstore.Ref{Collection: d.Collection, ID: d.ID}
		spec := byName[d.Collection]
		p, err := publicState(spec, d.Document)
		for _, entry := range d.Outbox {
			if size > maxBytes {
				rest = append(rest, ref)
				break
			}
			it := item{ref: ref, topic: spec.Topic, scope: p.scope, entry: entry, err: err}
			if err == nil {
				it.record, it.err = envelope(r.cfg.Service, spec.Topic, d.Document, p.state, entry).Record()
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
