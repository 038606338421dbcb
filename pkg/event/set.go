package event

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Set holds the event types of one aggregate, each declared once, by Define. The aggregate's collection names the set (docstore.Spec.Events)
// and refuses to write other events, so that no event lacks a schema. A collection without events has a nil Set.
type Set struct {
	aggregate, topic  string
	private, withheld []string
	definitions       []Definition
}

// NewSet makes an empty set for an aggregate, such as "asset", and its topic. private names the top-level fields of the aggregate's state that
// its events leave out: personal data, free text.
func NewSet(topic, aggregate string, private ...string) *Set {
	return &Set{aggregate: aggregate, topic: topic, private: private, withheld: private}
}

// Formerly names fields that the events of earlier releases carry and today's leave out. They stay in the schema, since topics keep those events.
func (s *Set) Formerly(fields ...string) *Set {
	s.withheld = slices.Concat(s.withheld, fields)
	return s
}

// Aggregate is the aggregate's name in the singular, with which event names begin: "asset".
func (s *Set) Aggregate() string {
	if s == nil {
		return ""
	}
	return s.aggregate
}

// Topic is where the events are published.
func (s *Set) Topic() string {
	if s == nil {
		return ""
	}
	return s.topic
}

// Private lists the fields that no event ever carried.
func (s *Set) Private() []string { return s.private }

// Withheld lists the fields that events leave out today: those of Private and Formerly.
func (s *Set) Withheld() []string {
	if s == nil {
		return nil
	}
	return s.withheld
}

// Has reports whether the set has this event type ("mx.bitacora.asset.registered.v1").
func (s *Set) Has(kind string) bool {
	return s != nil && slices.ContainsFunc(s.definitions, func(d Definition) bool { return d.Type() == kind })
}

// Definitions lists the events by name.
func (s *Set) Definitions() []Definition {
	return slices.SortedFunc(slices.Values(s.definitions), func(a, b Definition) int { return cmp.Compare(a.Name, b.Name) })
}

// Define adds an event type to a set; the domain keeps the result in a package variable. It panics if the name, "<aggregate>.<what>", is in the
// set already or does not begin with the set's aggregate.
func Define[C any](set *Set, name, summary string) Of[C] {
	d := Definition{Name: name, Topic: set.topic, Change: reflect.TypeFor[C](), Summary: summary}
	if !strings.HasPrefix(name, set.aggregate+".") || set.Has(d.Type()) {
		panic(fmt.Errorf("event: %q is in the set of %s already, or does not begin with its name", name, set.aggregate))
	}
	set.definitions = append(set.definitions, d)
	return Of[C]{d}
}
