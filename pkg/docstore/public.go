package docstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// PublicState is the state that events carry: the document's body in its current shape, without the reserved fields and those that the event
// set withholds. Its size is checked before a command is accepted. A body that is not JSON, or that Upcast cannot convert, is a permanent
// error (event.Permanent).
func PublicState(spec Spec, d Document) (json.RawMessage, error) {
	body, err := presentShape(spec, d.Body)
	if err != nil {
		return nil, event.Permanent(fmt.Errorf("decode %s/%s: %w", spec.Name, d.ID, err))
	}
	out, named := append(make([]byte, 0, len(body)), '{'), false
	for name, member := range Members(body) {
		if strings.HasPrefix(name, "_") || slices.Contains(spec.Events.Withheld(), name) {
			continue
		}
		named = named || name == "id"
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, member...)
	}
	if !named {
		id, err := json.Marshal(d.ID)
		if err != nil {
			return nil, event.Permanent(err)
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(out, `"id":`...), id...)
	}
	return append(out, '}'), nil
}

// presentShape is the body in the present shape.
func presentShape(spec Spec, body []byte) ([]byte, error) {
	if !json.Valid(body) {
		return nil, errors.New("not well-formed JSON")
	}
	if spec.Upcast == nil {
		return body, nil
	}
	var stored struct {
		Schema int `json:"_schema"`
	}
	if err := json.Unmarshal(body, &stored); err != nil || stored.Schema >= spec.Schema {
		return body, err
	}
	var f fields
	if err := json.Unmarshal(body, &f); err != nil {
		return nil, err
	}
	if err := spec.Upcast(stored.Schema, f); err != nil {
		return nil, fmt.Errorf("upcast: %w", err)
	}
	return marshal(f)
}
