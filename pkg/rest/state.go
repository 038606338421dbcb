package rest

import (
	"errors"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// state is the public state of a stored document: its JSON without the fields whose names begin with _, but with its discrepancies. It is
// answered as it is: decoding it into the domain's type and encoding it again took half of a read (measured).
type state []byte

// states returns the collection with undecoded documents, with the same scopes, for reading only.
func states[T any](s *Server, c *docstore.Collection[T]) *docstore.Collection[state] {
	return docstore.Open[state](s.reader, c.Spec(), nil)
}

var errNoObject = errors.New("a document must be a JSON object")

// UnmarshalJSON keeps the public part of b, which encoding/json has checked.
func (s *state) UnmarshalJSON(b []byte) error {
	if len(b) < 2 || b[0] != '{' {
		return errNoObject
	}
	out := append(make([]byte, 0, len(b)), '{')
	for name, member := range docstore.Members(b) {
		if name == docstore.Discrepancies {
			member = append([]byte{'"'}, member[2:]...) // answers have it as "discrepancies"
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

// document describes the body of a successful answer, whose type huma cannot see from bytes.
func (s *Server) document(t reflect.Type) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{jsonType: {Schema: s.api.OpenAPI().Components.Schemas.Schema(t, true, "")}}
}

const jsonType = "application/json"
