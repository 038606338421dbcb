// Package contractor is the register of the companies that maintain, build and supply for the institution.
package contractor

import (
	"context"
	"regexp"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Contractor is a company. Its legal name is public, not personal data; whom to call there is not kept here.
type Contractor struct {
	ID string `json:"id"`
	Facts
	CreatedAt event.Time `json:"created_at"`
}

// Facts are what the register says of a contractor.
type Facts struct {
	Name string `json:"name" minLength:"1" maxLength:"200" doc:"Legal name of the company" example:"Servicios Electromecánicos del Noroeste, S.A. de C.V."`
	// RFC is the taxpayer's key of a legal entity; that of a natural person holds a date of birth and has no place here.
	RFC    string   `json:"rfc,omitempty" maxLength:"40" doc:"Taxpayer's key of a legal entity (12 characters: three letters, six digits, three characters), in whatever case and with or without blanks and hyphens; kept in capitals without them" example:"SEN010203AB1"`
	Kinds  []string `json:"kinds,omitempty" maxItems:"10" enum:"maintenance,calibration,works,supply" doc:"What it is called for"`
	Active *bool    `json:"active,omitempty" doc:"Whether new orders may be assigned to it; true when absent"`
}

// Scopes are the institution's own people and the contractor itself.
func (c *Contractor) Scopes() []string {
	return []string{"nation", "staff", "contractor:" + c.ID}
}

// TakesOrders says whether new orders may be assigned to the contractor.
func (c *Contractor) TakesOrders() bool { return c.Active == nil || *c.Active }

// The events of a contractor. Their state is the Contractor.
var (
	Events  = event.NewSet(event.Contractors, "contractor")
	Created = event.Define[Facts](Events, "contractor.created", "A contractor entered the register")
	Changed = event.Define[Facts](Events, "contractor.changed", "Facts of a contractor changed")
)

// Create is the request to add a contractor.
type Create struct {
	ID string `json:"id,omitempty" format:"uuid" doc:"UUIDv7 made by the client, for capture without a network"`
	Facts
}

// Commands are what can be done with the register.
type Commands struct {
	Contractors event.Collection[Contractor]
	Now         func(context.Context) event.Time
}

// Create adds a contractor.
func (c Commands) Create(ctx context.Context, id string, in Create) error {
	if in.Active == nil {
		in.Active = new(true)
	}
	return described.Create(ctx, c.Contractors, id, &Contractor{ID: id, Facts: in.Facts, CreatedAt: c.Now(ctx)})
}

// Change edits a contractor's facts. Orders under way stay with a contractor that is no longer active.
func (c Commands) Change(ctx context.Context, id string, edit func(*Facts) error) error {
	return described.Change(ctx, c.Contractors, id, edit)
}

var described = event.Described[Contractor, Facts]{In: func(c *Contractor) *Facts { return &c.Facts }, Valid: (*Contractor).validate, Created: Created, Changed: Changed}

// rfc is the form of the key of a legal entity.
var rfc = regexp.MustCompile(`^[A-ZÑ&]{3}[0-9]{6}[A-Z0-9]{3}$`)

// validate brings the facts into the form in which they are kept and compared, or says what is wrong with them.
func (c *Contractor) validate(Facts) error {
	c.Name, c.RFC = mx.Clean(c.Name), mx.Key(c.RFC)
	switch {
	case c.Name == "":
		return fault.Invalidf("name", "name-missing", "a contractor needs its legal name")
	case c.RFC != "" && !rfc.MatchString(c.RFC):
		return fault.Invalidf("rfc", "rfc-malformed", "the key of a legal entity has three letters, six digits and three more characters").With("SEN010203AB1")
	}
	return nil
}
