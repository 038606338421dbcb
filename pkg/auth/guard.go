package auth

import (
	"net/http"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

type Caller interface {
	Subject() string
	Access(operation string) (docstore.Access, error)
}

// Authenticate makes a Verifier the guard of a REST server.
func (v *Verifier) Authenticate(r *http.Request) (Caller, error) {
	p, err := v.Principal(r)
	if err != nil {
		return nil, err
	}
	return p, nil
}
