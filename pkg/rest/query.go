package rest

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// parameters are the query parameters of an operation, in the order of its description, and which of them are lists.
type parameters struct {
	names []string
	lists map[string]bool
}

// parametersOf finds them in the operation's input. A list must have the option explode: huma would split others after decoding, and so split a
// value that contains a comma.
func parametersOf(op string, input reflect.Type) parameters {
	p := parameters{lists: map[string]bool{}}
	for _, f := range reflect.VisibleFields(input) {
		name, options, _ := strings.Cut(f.Tag.Get("query"), ",")
		if name == "" {
			continue
		}
		p.names = append(p.names, name)
		if p.lists[name] = f.Type.Kind() == reflect.Slice; p.lists[name] && options != "explode" {
			panic(fmt.Errorf("rest: %s: the list %s must have the tag `query:\"%s,explode\"`", op, name, name))
		}
	}
	return p
}

// read returns the query with each value of a list as a parameter of its own, or what is wrong with it. The operation must know each parameter,
// which is given once and not empty; a list may be given several times, and each time with several values separated by commas. A comma
// inside a value is written %2C.
func (p parameters) read(raw string) (string, *Problem) {
	if raw == "" {
		return "", nil
	}
	if _, err := url.ParseQuery(raw); err != nil { // others would ignore the parameter
		return "", newProblem(http.StatusBadRequest, "address-malformed", "a query is made of name=value, separated by &; whatever else stands in it is percent-encoded")
	}
	var out []string
	given := map[string]bool{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		encoded, value, _ := strings.Cut(pair, "=")
		name, _ := url.QueryUnescape(encoded) // ParseQuery has checked it
		at, values := "query."+name, []string{value}
		if p.lists[name] {
			values = strings.Split(value, ",")
		}
		switch {
		case !slices.Contains(p.names, name):
			return "", humaStatus(http.StatusUnprocessableEntity, "").at(at, "unknown query parameter", p.names...)
		case slices.Contains(values, ""):
			return "", newProblem(http.StatusUnprocessableEntity, "filter-empty", "a query parameter has no value").
				at(at, "is empty; leave it out to mean nothing")
		case given[name] && !p.lists[name]:
			return "", humaStatus(http.StatusUnprocessableEntity, "").at(at, "is given more than once")
		}
		given[name] = true
		for _, v := range values {
			out = append(out, encoded+"="+v)
		}
	}
	return strings.Join(out, "&"), nil
}

// once are the headers that may be given only once: a second one would be ignored.
var once = []string{"Idempotency-Key", "Content-Type"}

// lists are the headers that may come in several lines, which are one list (RFC 9110, 5.3).
var lists = []string{"If-Match", "If-None-Match"}

// wellFormed refuses an address that is not UTF-8, a query that the operation does not take, and headers given twice. It splits the lists of the
// query.
func (p parameters) wellFormed(r *http.Request) *Problem {
	query, err := url.QueryUnescape(r.URL.RawQuery)
	if err != nil || !utf8.ValidString(query) || !utf8.ValidString(r.URL.Path) || strings.ContainsRune(query, 0) || strings.ContainsRune(r.URL.Path, 0) {
		return newProblem(http.StatusBadRequest, "address-malformed", "path and query must be percent-encoded UTF-8")
	}
	for _, name := range once {
		if len(r.Header.Values(name)) > 1 {
			return humaStatus(http.StatusUnprocessableEntity, "").at("header."+name, "is given more than once")
		}
	}
	for _, name := range lists {
		if lines := r.Header.Values(name); len(lines) > 1 {
			r.Header.Set(name, strings.Join(lines, ", "))
		}
	}
	read, problem := p.read(r.URL.RawQuery)
	if problem == nil {
		r.URL.RawQuery = read
	}
	return problem
}
