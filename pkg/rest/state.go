package rest

import (
	"errors"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// state is the public state of a document as the store holds it: its JSON without the reserved fields, those whose names begin with _, but
// with its discrepancies.
// An answer carries it as it is: to decode it into the domain's type only to encode it again cost half of a read (measured).
type state []byte

// states is the collection as it is answered: the same documents, the same narrowing to the caller's scope, no domain type. It is for
// reading only.
func states[T any](s *Server, c *docstore.Collection[T]) *docstore.Collection[state] {
	return docstore.Open[state](s.reader, c.Spec(), nil)
}

var errNoObject = errors.New("a document must be a JSON object")

// UnmarshalJSON keeps the public part of b, which encoding/json has found to be well-formed.
func (s *state) UnmarshalJSON(b []byte) error {
	if len(b) < 2 || b[0] != '{' {
		return errNoObject
	}
	out := append(make([]byte, 0, len(b)), '{')
	for name, member := range docstore.Members(b) {
		if name == docstore.Discrepancies {
			member = append([]byte{'"'}, member[2:]...) // answers show it as any field, "discrepancies"
		} else if strings.HasPrefix(name, "_") {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, member...)
	}
	*s = append(out, '}')
	return nil
}

// document is what an operation's successful answer holds: huma cannot see it from bytes.
func (s *Server) document(t reflect.Type) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{jsonType: {Schema: s.api.OpenAPI().Components.Schemas.Schema(t, true, "")}}
}

const jsonType = "application/json"
