package mx

import (
	"maps"
	"slices"
)

// term is one value of an enumeration with what people read instead of it.
type term struct{ value, es, en string }

// Label is how a value of an enumeration is called in Spanish (es-MX) and in English. A value that the table lacks, one
// that a newer release wrote for example, is its own label.
func Label(enum, value string) (es, en string) {
	for _, t := range enums[enum] {
		if t.value == value {
			return t.es, t.en
		}
	}
	return value, value
}

// Values lists an enumeration's allowed values in the order in which people expect them; nil for an enumeration that does
// not exist. The slice is the caller's.
func Values(enum string) []string {
	var out []string
	for _, t := range enums[enum] {
		out = append(out, t.value)
	}
	return out
}

// Valid says whether value is one of Values(enum).
func Valid(enum, value string) bool {
	return slices.ContainsFunc(enums[enum], func(t term) bool { return t.value == value })
}

// Enums lists the names of all enumerations, sorted.
func Enums() []string { return slices.Sorted(maps.Keys(enums)) }
