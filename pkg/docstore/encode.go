package docstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// meta is the reserved part of a document's body.
type meta struct {
	Schema int      `json:"_schema"`
	Scope  []string `json:"_scope"`
	// Recent are the last commands on the document, Request the one that created it.
	Recent  []Repeat `json:"_recent,omitempty"`
	Request *Repeat  `json:"_request,omitempty"`
	// Keys are the comparison keys, Holds those that no other document holds, Discrepancies what a person should look at.
	Keys          map[string]string `json:"_keys,omitempty"`
	Holds         map[string]string `json:"_holds,omitempty"`
	Discrepancies []string          `json:"_discrepancies,omitempty"`
	// Moved is when the newest of those commands was made that are kept aside, for want of room in Recent.
	Moved event.Time `json:"_moved,omitzero"`
}

type fields = map[string]json.RawMessage

// marshal is encoding/json without HTML escapes.
func marshal(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// reserved are the members of meta, forReading those that a reader needs to know: what only a write asks for, the last commands above all, is
// most of them.
var (
	reserved   = []string{"_schema", "_scope", "_recent", "_request", "_keys", "_holds", "_discrepancies", "_moved"}
	forReading = reserved[:2]
)

// decodeMeta decodes the reserved members, or those of them that are named.
func decodeMeta(body []byte, named ...string) (m meta, err error) {
	if len(named) == 0 {
		named = reserved
	}
	err = json.Unmarshal(Only(body, named), &m)
	return m, err
}

// stateFields is a state as top-level fields; the names that begin with _ are the store's.
func stateFields(state any) (fields, error) {
	b, err := marshal(state)
	if err != nil {
		return nil, fmt.Errorf("encode state: %w", err)
	}
	if err := checkState(b); err != nil {
		return nil, err
	}
	var f fields
	err = json.Unmarshal(b, &f)
	return f, err
}

// newWrite is the insertion of a document.
func (c *Collection[T]) newWrite(ctx context.Context, id string, state *T, events []event.Event) (Write, error) {
	w := Write{Kind: Insert, Collection: c.spec.Name, ID: id, Version: 1}
	access, err := needAccess(ctx)
	if err != nil {
		return w, err
	}
	m := meta{Schema: c.spec.Schema, Scope: c.scope(state)}
	if !access.Owns(m.Scope) {
		return w, ErrNotFound
	}
	if cmd := caller.CommandOf(ctx); cmd != nil && cmd.Creates == c.ref(id) {
		m.Request = repeatOf(cmd, 1, c.store.Now())
	}
	w.soft = c.claim(&m, state, nil)
	if w.Body, err = c.body(state, m); err != nil {
		return w, err
	}
	if err := c.fits(nil, nil, &w); err != nil {
		return w, err
	}
	w.Outbox, err = c.entries(ctx, 1, events)
	return w, err
}

// body is the whole of a new document: the state's fields, then the reserved ones.
func (c *Collection[T]) body(state *T, m meta) ([]byte, error) {
	b, err := marshal(state)
	if err != nil {
		return nil, fmt.Errorf("encode state: %w", err)
	}
	if err := checkState(b); err != nil {
		return nil, err
	}
	reserved, err := marshal(m)
	if err != nil {
		return nil, err
	}
	b = b[:len(b)-1]
	if len(b) > 1 {
		b = append(b, ',')
	}
	return append(b, reserved[1:]...), nil
}

// checkState refuses what is no object and what has a reserved field. b is compact JSON, as marshal makes it: a field's name
// follows the opening brace or a comma at once.
func checkState(b []byte) error {
	if len(b) == 0 || b[0] != '{' {
		return errors.New("a state must encode to a JSON object")
	}
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			if depth == 1 && b[i+1] == '_' && (b[i-1] == '{' || b[i-1] == ',') {
				return errReserved
			}
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		}
	}
	return nil
}

var errReserved = errors.New("field names that begin with _ are reserved")

func (m meta) into(f fields) error {
	b, err := marshal(m)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, &f)
}

// diff fills w with the top-level difference between before and the state now, and says whether there is any beside the
// bookkeeping of repeats. Fields that this process does not know survive; an emptied field is emptied.
func (c *Collection[T]) diff(w *Write, before fields, l *loaded[T]) (changed bool, err error) {
	after, err := stateFields(&l.state)
	if err != nil {
		return false, err
	}
	var raw fields
	if err := json.Unmarshal(l.doc.Body, &raw); err != nil {
		return false, err
	}
	w.Set = fields{}
	for name, v := range after {
		if old, ok := before[name]; !ok || !bytes.Equal(old, v) {
			w.Set[name], changed = v, true
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			w.Unset, changed = append(w.Unset, name), true
		}
	}
	l.meta.Schema, l.meta.Scope = c.spec.Schema, c.scope(&l.state)
	keys, holds := l.meta.Keys, l.meta.Holds
	w.soft = c.claim(&l.meta, &l.state, l.was)
	w.freed = c.spec.freed(keys, holds, l.meta.Keys)
	if err := l.meta.into(w.Set); err != nil {
		return false, err
	}
	for _, name := range []string{keysField, holdsField, discrepanciesField} {
		if _, there := raw[name]; there && w.Set[name] == nil {
			w.Unset = append(w.Unset, name)
		}
	}
	for name, v := range w.Set {
		raw[name] = v
	}
	for _, name := range w.Unset {
		delete(raw, name)
	}
	if w.Body, err = marshal(raw); err != nil || l.stored == nil {
		return changed, err
	}
	return changed, c.replace(w, l.stored)
}
