package relay

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// History is an event of an aggregate as it is stored for ever: what happened, when, on whose behalf. It never changes.
type History struct {
	ID string `json:"id"`
	// Collection and Aggregate (the id) name the document, Version is the document's version after the event.
	Collection  string          `json:"collection"`
	Aggregate   string          `json:"aggregate"`
	Type        string          `json:"type"`
	Version     int64           `json:"version"`
	At          event.Time      `json:"at"`
	Actor       string          `json:"actor"`
	Correlation string          `json:"correlation,omitempty"`
	Change      json.RawMessage `json:"change"`
}

// openHistory opens the collection. Its documents have no scopes of their own, which would take more space than the rest: Relay.History checks the
// scope of the aggregate.
func openHistory(store *docstore.Store) *docstore.Collection[History] {
	spec := docstore.Spec{Name: "history", Indexes: []docstore.Index{{Fields: []string{"collection", "aggregate"}, Sort: "version"}}}
	return docstore.Open(store, spec, func(*History) []string { return []string{caller.Nation} })
}

func historyOf(ref docstore.Ref, e event.Entry) *History {
	return &History{ID: e.ID, Collection: ref.Collection, Aggregate: ref.ID, Type: e.Type, Version: e.Version, At: e.At, Actor: e.Actor,
		Correlation: e.Correlation, Change: e.Change}
}

// History returns a page of an aggregate's history in the order of versions: the stored events and those still in the outbox, each once. after
// is the Next of the previous page, nil for the first. A caller whose scope has the aggregate sees all of it; others get docstore.ErrNotFound.
func (r *Relay) History(ctx context.Context, collection, id string, limit int, after *docstore.Position) (*docstore.Page[History], error) {
	waiting, err := r.visible(ctx, docstore.Ref{Collection: collection, ID: id})
	if err != nil {
		return nil, err
	}
	// All of it is read, also events from when the aggregate was outside of the caller's scope.
	page, err := r.history.Find(r.as(ctx), docstore.Query{
		Where: []docstore.Condition{docstore.Eq("collection", collection), docstore.Eq("aggregate", id)},
		Sort:  "version", After: after, Limit: limit})
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, doc := range page.Docs {
		known[doc.ID] = true
	}
	for _, h := range waiting {
		if !known[h.ID] && behind(h, after) {
			page.Docs = append(page.Docs, docstore.Doc[History]{ID: h.ID, Version: 1, State: *h})
		}
	}
	slices.SortFunc(page.Docs, func(a, b docstore.Doc[History]) int {
		return cmp.Or(cmp.Compare(a.State.Version, b.State.Version), cmp.Compare(a.ID, b.ID))
	})
	if len(page.Docs) > limit || page.Next != nil {
		page.Docs = page.Docs[:min(limit, len(page.Docs))]
		last := page.Docs[len(page.Docs)-1]
		page.Next = &docstore.Position{Value: last.State.Version, ID: last.ID}
	}
	return page, nil
}

// visible checks that the caller may see the document and returns the events in its outbox. They are read before the stored ones: an event that
// leaves the outbox in between is stored by then.
func (r *Relay) visible(ctx context.Context, ref docstore.Ref) ([]*History, error) {
	access, ok := caller.AccessOf(ctx)
	if !ok {
		return nil, errors.New("no access in the context")
	}
	docs, err := r.store.Driver().Load(ctx, ref.Collection, []string{ref.ID})
	if err != nil {
		return nil, err
	}
	if len(docs) == 0 {
		return nil, docstore.ErrNotFound
	}
	var meta struct {
		Scope []string `json:"_scope"`
	}
	if err := json.Unmarshal(docs[0].Body, &meta); err != nil {
		return nil, fmt.Errorf("decode %s/%s: %w", ref.Collection, ref.ID, err)
	}
	if !access.Admits(meta.Scope) {
		return nil, docstore.ErrNotFound
	}
	pending, err := r.store.Driver().PendingOf(ctx, []docstore.Ref{ref})
	if err != nil {
		return nil, err
	}
	var waiting []*History
	for _, p := range pending {
		for _, entry := range p.Outbox {
			waiting = append(waiting, historyOf(ref, entry))
		}
	}
	return waiting, nil
}

func behind(h *History, after *docstore.Position) bool {
	if after == nil {
		return true
	}
	version, _ := after.Value.(int64)
	return cmp.Or(cmp.Compare(h.Version, version), cmp.Compare(h.ID, after.ID)) > 0
}
