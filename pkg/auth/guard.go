package auth

import (
	"net/http"

	"github.com/bitacora-salud/bitacora/pkg/caller"
)

// Caller is what a REST server asks of whoever sends a request; a *Principal is one.
type Caller interface {
	// Subject is the opaque id of the person or machine.
	Subject() string
	// Access is what the caller may see and change by an operation that these roles may run; a fault.Forbidden when he holds none of them.
	Access(operation string, roles Roles) (caller.Access, error)
}

// Authenticate is Principal for a REST server. Errors are those of Verify: the edge answers a fault with 401 and ErrIssuerAway with 503.
func (v *Verifier) Authenticate(r *http.Request) (Caller, error) {
	p, err := v.Principal(r)
	if err != nil {
		return nil, err
	}
	return p, nil
}
