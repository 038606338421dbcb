package servicetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/rest"
)

// Answer is a response with its body, which is decoded if it is a JSON object.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	Document
}

// Version is the version that the answer's ETag names, "" where it has none.
func (a Answer) Version() string {
	version, _, _ := strings.Cut(strings.Trim(a.Header.Get("ETag"), `"`), "-")
	return version
}

// Document is a JSON object.
type Document map[string]any

// At returns the value at a path, such as "lines.0.quantity"; nil if there is none.
func (d Document) At(path string) any {
	var v any = map[string]any(d)
	for key := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

// Text returns the string at a path, "" if there is none.
func (d Document) Text(path string) string { s, _ := d.At(path).(string); return s }

// List returns the list at a path, nil if there is none.
func (d Document) List(path string) []any { l, _ := d.At(path).([]any); return l }

// Texts returns the strings of the list at a path or, if it has objects, their ids, sorted.
func (d Document) Texts(path string) []string {
	out := []string{}
	for _, v := range d.List(path) {
		if in, ok := v.(map[string]any); ok {
			v = in["id"]
		}
		out = append(out, fmt.Sprint(v))
	}
	slices.Sort(out)
	return out
}

// Rule returns the rule in the type of a problem.
func (d Document) Rule() string { return strings.TrimPrefix(d.Text("type"), rest.ProblemType) }

// Call sends a request. body is encoded as JSON unless it is nil, a string or bytes; headers are names and values in turn.
func (s *Service) Call(token, method, path string, body any, headers ...string) Answer {
	s.t.Helper()
	a, err := call(s.t.Context(), s.http, token, method, path, body, headers)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func call(ctx context.Context, server *httptest.Server, token, method, path string, body any, headers []string) (a Answer, err error) {
	var content io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(b)
	case []byte:
		content = bytes.NewReader(b)
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			return a, err
		}
		content = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(ctx, method, server.URL+path, content)
	if err != nil {
		return a, err
	}
	if content != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := server.Client().Do(r)
	if err != nil {
		return a, err
	}
	defer func() { _ = answer.Body.Close() }() // it was read to its end
	a = Answer{Status: answer.StatusCode, Header: answer.Header}
	if a.Body, err = io.ReadAll(answer.Body); err == nil && bytes.HasPrefix(a.Body, []byte("{")) {
		err = json.Unmarshal(a.Body, &a.Document)
	}
	return a, err
}

// Want is Call; the test fails unless the answer has this status.
func (s *Service) Want(status int, token, method, path string, body any, headers ...string) Document {
	s.t.Helper()
	a := s.Call(token, method, path, body, headers...)
	if a.Status != status {
		s.t.Fatalf("%s %s by %s: got %d, want %d: %s", method, path, token, a.Status, status, a.Body)
	}
	return a.Document
}

// Refused is Call; the test fails unless the answer is a problem with this status and rule.
func (s *Service) Refused(status int, rule, token, method, path string, body any, headers ...string) Answer {
	s.t.Helper()
	a := s.Call(token, method, path, body, headers...)
	if a.Status != status || a.Rule() != rule {
		s.t.Errorf("%s %s by %s: got %d %s, want %d %s: %s", method, path, token, a.Status, a.Rule(), status, rule, a.Body)
	}
	return a
}

// Items returns the items on the first page of a listing.
func (s *Service) Items(token, path string) []any {
	s.t.Helper()
	return s.Want(http.StatusOK, token, http.MethodGet, path, nil).List("items")
}

// IDs returns the ids of Items, sorted.
func (s *Service) IDs(token, path string) []string {
	s.t.Helper()
	return s.Want(http.StatusOK, token, http.MethodGet, path, nil).Texts("items")
}
