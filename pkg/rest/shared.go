package rest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// sharing keeps what operations have in common in their description: of what is said of two operations in the same words, the document says
// it once, under its components, and both refer to it.
type sharing struct {
	params, headers *shared[huma.Param]
	responses       *shared[huma.Response]
}

func newSharing(c *huma.Components) sharing {
	c.Parameters, c.Headers, c.Responses = map[string]*huma.Param{}, map[string]*huma.Header{}, map[string]*huma.Response{}
	param := func(at string) func(string) huma.Param {
		return func(key string) huma.Param { return huma.Param{Ref: at + key} }
	}
	return sharing{
		params:  &shared[huma.Param]{map[string]*huma.Param{}, map[*huma.Param]bool{}, c.Parameters, param("#/components/parameters/")},
		headers: &shared[huma.Header]{map[string]*huma.Header{}, map[*huma.Header]bool{}, c.Headers, param("#/components/headers/")},
		responses: &shared[huma.Response]{map[string]*huma.Response{}, map[*huma.Response]bool{}, c.Responses,
			func(key string) huma.Response { return huma.Response{Ref: "#/components/responses/" + key} }},
	}
}

// operation replaces what o has in common with an earlier one. Nothing of it is used to serve requests: huma has taken what it checks them by.
func (s sharing) operation(o *huma.Operation) {
	for _, p := range o.Parameters {
		s.params.put(strings.ReplaceAll(p.Name, "-", ""), p)
	}
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		r, name := o.Responses[status], "Refusal"
		if code, err := strconv.Atoi(status); err == nil {
			name = strings.ReplaceAll(http.StatusText(code), " ", "")
		}
		if media := r.Content[jsonType]; media != nil && media.Schema.Ref != "" {
			name = path.Base(media.Schema.Ref) + name
		}
		if !s.responses.put(name, r) {
			for _, h := range slices.Sorted(maps.Keys(r.Headers)) {
				s.headers.put(strings.ReplaceAll(h, "-", ""), r.Headers[h])
			}
		}
	}
}

// shared are the components of one kind.
type shared[T any] struct {
	// first is where something was first said, by its JSON.
	first map[string]*T
	// once are those of first that nobody else has said yet.
	once       map[*T]bool
	components map[string]*T
	ref        func(key string) T
}

// put makes v a reference, and says so, when the same was put before.
func (s *shared[T]) put(name string, v *T) bool {
	said, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Errorf("rest: describe %s: %w", name, err)) // strings, numbers and lists always encode
	}
	first := s.first[string(said)]
	if first == nil {
		s.first[string(said)], s.once[v] = v, true
		return false
	}
	if s.once[first] {
		delete(s.once, first)
		key := name
		for n := 2; s.components[key] != nil; n++ {
			key = name + strconv.Itoa(n)
		}
		component := *first
		s.components[key], *first = &component, s.ref(key)
	}
	*v = *first
	return true
}
