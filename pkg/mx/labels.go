package mx

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Words are the values of a vocabulary in the order in which people expect them, each with its label in Spanish (es-MX) and in English.
type Words [][3]string

// vocabularies are all that the program's packages define, by name. Written while packages are initialised, only read after that.
var vocabularies = map[string]Words{}

var (
	vocabularyName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	vocabularyWord = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_]*$`)
)

// Define makes a vocabulary known by its name: to the tag `vocabulary` of fields, to Label, Values and Valid. It stands beside the constants of the
// concept that it is of:
//
//	var _ = mx.Define("asset_lifecycle", mx.Words{
//		{"draft", "Por completar", "Draft"},
//
// The values are those of the API and of the events: one may be added (one release before anything writes it), none removed or renamed. A
// name or value that is there twice, or a label that is missing, ends the program at its start: two packages would mean different things by
// one word. `make generate` writes all of them into api/labels.md.
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

// Label is how a value of a vocabulary is called in Spanish (es-MX) and in English. A value that the vocabulary lacks, one
// that a newer release wrote for example, is its own label.
func Label(vocabulary, value string) (es, en string) {
	for _, w := range vocabularies[vocabulary] {
		if w[0] == value {
			return w[1], w[2]
		}
	}
	return value, value
}

// Values lists a vocabulary's words in their order; nil for a vocabulary that does not exist. The slice is the caller's.
func Values(vocabulary string) []string {
	var out []string
	for _, w := range vocabularies[vocabulary] {
		out = append(out, w[0])
	}
	return out
}

// Valid says whether value is one of Values(vocabulary).
func Valid(vocabulary, value string) bool {
	return slices.ContainsFunc(vocabularies[vocabulary], func(w [3]string) bool { return w[0] == value })
}

// Vocabularies lists the names of all vocabularies that the program's packages define, sorted.
func Vocabularies() []string { return slices.Sorted(maps.Keys(vocabularies)) }
