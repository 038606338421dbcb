package servicetest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// The people of the tests: of the unit BSIST000014, its office, and the nation. The stranger directs another unit of the office.
const (
	Director   = "s-director unit_director@unit:BSIST000014"
	Stranger   = "s-stranger unit_director@unit:BSIST000026"
	Requester  = "s-requester requester@unit:BSIST000014"
	Engineer   = "s-engineer biomedical_engineer@office:baja-california-sur"
	FarEast    = "s-far biomedical_engineer@office:sonora"
	Office     = "s-office office_administrator@office:baja-california-sur"
	Contracts  = "s-contracts contract_administrator@nation"
	Admin      = "s-admin admin@nation"
	Planner    = "s-planner planner@nation"
	Auditor    = "s-auditor auditor@nation"
	Technician = "s-technician technician@technician:s-technician"
)

// people is a Guard that accepts tokens of the form "subject role@place role@place… name=… post=… email=…"; the last three are optional and escaped
// as in a query.
type people struct{}

// Named adds to a token what it says of the person: name, post, and an address that its issuer has confirmed. Each may be empty.
func Named(token, name, post, email string) string {
	for _, said := range [][2]string{{"name", name}, {"post", post}, {"email", email}} {
		if said[1] != "" {
			token += " " + said[0] + "=" + url.QueryEscape(said[1])
		}
	}
	return token
}

// As makes the token of a made-up person with these grants: As("ana", "unit_director@unit:BSIST000014").
func As(subject string, grants ...string) string { return subject + " " + strings.Join(grants, " ") }

// Authenticate implements rest.Guard.
func (people) Authenticate(r *http.Request) (auth.Caller, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	words := strings.Fields(token)
	if !ok || len(words) == 0 {
		return nil, &fault.Error{Kind: fault.Unauthenticated, Rule: "token-missing", Detail: "no token"}
	}
	grants := make([]auth.Grant, 0, len(words)-1)
	var profile auth.Profile
	said := map[string]*string{"name": &profile.Name, "post": &profile.Post, "email": &profile.Email}
	for _, w := range words[1:] {
		if what, text, ok := strings.Cut(w, "="); ok && said[what] != nil {
			*said[what], _ = url.QueryUnescape(text) // Named has escaped it
			continue
		}
		g, err := auth.ParseGrant(w)
		if err != nil {
			return nil, fmt.Errorf("test grant %q: %w", w, err)
		}
		grants = append(grants, g)
	}
	return auth.NewPrincipal(words[0], grants...).With(profile), nil
}
