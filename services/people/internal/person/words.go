package person

import "github.com/bitacora-salud/bitacora/pkg/mx"

var _ = mx.Define("language", mx.Words{
	{"es", "Español", "Spanish"},
	{"en", "Inglés", "English"},
})

// personState is how a person without a name is called.
var personState = mx.Define("person_state", mx.Words{
	{"erased", "Persona eliminada", "Erased person"},
	{"withheld", "Persona no visible", "Person not shown"},
})

// ErasedName is what stands for the name of whoever was erased.
func ErasedName() string {
	es, _ := mx.Label(personState, "erased")
	return es
}
