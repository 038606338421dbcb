package mx

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Words are the values of a vocabulary in the order in which they are shown, each with its label in Spanish (es-MX) and in English.
type Words [][3]string

// vocabularies are all that the program's packages define, by name. Written while packages are initialised, only read after that.
var vocabularies = map[string]Words{}

var (
	vocabularyName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	vocabularyWord = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_]*$`)
)

// Define registers a vocabulary under its name, for the tag `vocabulary` of fields, Label, Values and Valid, and returns the name. It is called
// when packages are initialised, beside the constants of the concept:
//
//	var _ = mx.Define("asset_lifecycle", mx.Words{
//		{"draft", "Por completar", "Draft"},
//
// The values are those of the API and of the events: one may be added (one release before anything writes it), none removed or renamed. Define
// panics when a name or value is defined twice, a label is missing or there are fewer than two words: two packages would use one word for
// different things. `make generate` writes all of them into api/labels.md.
func Define(name string, words Words) string {
	if _, known := vocabularies[name]; known || !vocabularyName.MatchString(name) || len(words) < 2 {
		panic(fmt.Errorf("mx: vocabulary %q: defined twice, of fewer than two words, or not named in snake_case", name))
	}
	for i, w := range words {
		value, es, en := w[0], w[1], w[2]
		twice := slices.ContainsFunc(words[:i], func(o [3]string) bool { return o[0] == value })
		if twice || !vocabularyWord.MatchString(value) || es == "" || en == "" || strings.TrimSpace(es) != es || strings.TrimSpace(en) != en {
			panic(fmt.Errorf("mx: vocabulary %q: %q is there twice, is no word, or lacks one of its labels (%q, %q)", name, value, es, en))
		}
	}
	vocabularies[name] = words
	return name
}

// Label returns the Spanish (es-MX) and English labels of a value. A value that the vocabulary does not have, such as one that a newer release
// wrote, is its own label.
func Label(vocabulary, value string) (es, en string) {
	for _, w := range vocabularies[vocabulary] {
		if w[0] == value {
			return w[1], w[2]
		}
	}
	return value, value
}

// Values lists a vocabulary's values in their order; nil for a vocabulary that does not exist. The caller may change the slice.
func Values(vocabulary string) []string {
	var out []string
	for _, w := range vocabularies[vocabulary] {
		out = append(out, w[0])
	}
	return out
}

// Valid reports whether value is one of Values(vocabulary).
func Valid(vocabulary, value string) bool {
	return slices.ContainsFunc(vocabularies[vocabulary], func(w [3]string) bool { return w[0] == value })
}

// Vocabularies lists the names of all vocabularies that the program's packages define, sorted.
func Vocabularies() []string { return slices.Sorted(maps.Keys(vocabularies)) }
