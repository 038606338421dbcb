package service

import (
	"reflect"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// Events are the events of one aggregate: what each says, and the public state that goes with all of them.
type Events struct {
	// Service is who raises them.
	Service     string
	Definitions []event.Definition
	// State is the Go type of the state; fields in Private are withheld.
	State   reflect.Type
	Private []string
}

// EventsOf are the events of the aggregate whose state is a T.
func EventsOf[T any](service string, definitions []event.Definition, private ...string) Events {
	return Events{service, definitions, reflect.TypeFor[T](), private}
}
