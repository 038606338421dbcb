package auth

import (
	"net/http"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// Caller is what a REST server asks of whoever sends a request. It is an alias, so that a Verifier is a guard of pkg/rest without
// either package knowing the other; a *Principal is one.
type Caller = interface {
	Subject() string
	Access(operation string) (docstore.Access, error)
}

// Authenticate is Principal for a REST server. Errors are those of Verify: the edge answers a fault with 401 and ErrIssuerAway with 503.
func (v *Verifier) Authenticate(r *http.Request) (Caller, error) {
	p, err := v.Principal(r)
	if err != nil {
		return nil, err
	}
	return p, nil
}
