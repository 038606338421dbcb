package act

import (
	"encoding/json"
	"strings"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Creation is the last part of the address of a form that makes a document, and begins its words: nuevo_title, nuevo_button, nuevo_done.
const Creation = "nuevo"

// Creates is the form that makes a document of the family, with these fields. Whom it is offered the screen says (screen.For), as no document's
// actions can; whether somebody may, the service says.
func (f Family[T]) Creates(fields ...Field[T]) screen.Screen {
	back := f.From
	if back.Href == "" {
		back = ui.Link{Href: strings.TrimSuffix(f.Base, "/"), Text: f.say("list")}
	}
	return Maker[T]{Pattern: f.Base + Creation, Words: f.Words, Verb: Creation, Fields: fields, ID: f.ID,
		About:   func(*screen.Request) (none T, err error) { return none, nil },
		Path:    func(*screen.Request, T) string { return strings.TrimSuffix(f.API, "/") },
		Heading: func(*screen.Request, T) ui.PageHeading { return ui.PageHeading{Back: &back} },
		Next:    func(_ T, answer json.RawMessage) (string, error) { return Made(f.Base)(answer) }}.Screen()
}
