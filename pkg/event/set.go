package event

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Set are the events of one aggregate, each declared once, by Define. The aggregate's collection names the set (docstore.Spec.Events) and
// refuses what is not in it, and so an event that is raised is one that is described. A nil Set is that of a collection that raises none.
type Set struct {
	aggregate, topic  string
	private, withheld []string
	definitions       []Definition
}

// NewSet is a set without events yet, of the aggregate ("asset") on its topic. private lists the top-level fields of the aggregate's state that its
// events leave out: personal data, free text.
func NewSet(topic, aggregate string, private ...string) *Set {
	return &Set{aggregate: aggregate, topic: topic, private: private, withheld: private}
}

// Formerly names fields that the events of earlier releases carry and today's leave out. They stay in the schema, since topics keep those events.
func (s *Set) Formerly(fields ...string) *Set {
	s.withheld = slices.Concat(s.withheld, fields)
	return s
}

// Aggregate is the singular that names begin with: "asset".
func (s *Set) Aggregate() string {
	if s == nil {
		return ""
	}
	return s.aggregate
}

// Topic is what the events travel on.
func (s *Set) Topic() string {
	if s == nil {
		return ""
	}
	return s.topic
}

// Private are the fields that no event ever carried.
func (s *Set) Private() []string { return s.private }

// Withheld are the fields that events leave out.
func (s *Set) Withheld() []string {
	if s == nil {
		return nil
	}
	return s.withheld
}

// Has says whether the set has an event of this full type.
func (s *Set) Has(kind string) bool {
	return s != nil && slices.ContainsFunc(s.definitions, func(d Definition) bool { return d.Type() == kind })
}

// Definitions lists the events by name.
func (s *Set) Definitions() []Definition {
	return slices.SortedFunc(slices.Values(s.definitions), func(a, b Definition) int { return cmp.Compare(a.Name, b.Name) })
}

// Define adds an event to a set. Definitions are package variables of the domain package that raises them. A name that is there already, or
// that does not begin with the aggregate's, ends the program at its start: readers could not tell what they are sent.
func Define[C any](set *Set, name, summary string) Of[C] {
	d := Definition{Name: name, Topic: set.topic, Change: reflect.TypeFor[C](), Summary: summary}
	if !strings.HasPrefix(name, set.aggregate+".") || set.Has(d.Type()) {
		panic(fmt.Errorf("event: %q is in the set of %s already, or does not begin with its name", name, set.aggregate))
	}
	set.definitions = append(set.definitions, d)
	return Of[C]{d}
}
