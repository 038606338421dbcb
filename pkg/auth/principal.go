// Package auth turns a bearer token into a Principal and a Principal into the documents it may see: a grant is a role at a place,
// each operation names the roles that may run it (Roles), and Principal.Access is the one function that narrows.
package auth

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Role is what somebody is to the institution; the words are the domain's.
type Role string

// The roles. Each may be granted at the kinds of place named beside it.
const (
	// Requester: any staff of a unit.
	Requester Role = "requester"
	// UnitDirector answers for one unit: receives its deliveries, accepts the work done in it.
	UnitDirector Role = "unit_director"
	// BiomedicalEngineer: an office's units; triage, technical verification, in-house work.
	BiomedicalEngineer Role = "biomedical_engineer"
	// Technician sees only the orders assigned to them: granted at "technician:<own subject>".
	Technician Role = "technician"
	// Contractor sees its orders and the assets on them or under its coverage: granted at "contractor:<id>".
	Contractor Role = "contractor"
	// OfficeAdministrator: the Subdelegación de Administración of an office.
	OfficeAdministrator Role = "office_administrator"
	// ContractAdministrator approves within a contract.
	ContractAdministrator Role = "contract_administrator"
	// Planner reads what is needed to plan.
	Planner Role = "planner"
	// Auditor reads everything in scope.
	Auditor Role = "auditor"
	// Admin keeps the registers and catalogues; it takes no decision that belongs to a unit, an office or a contract.
	Admin Role = "admin"
)

var (
	atUnit   = []string{"unit"}
	anyArea  = []string{"unit", "office", "region", "state", caller.Nation}
	placesOf = map[Role][]string{
		Requester: atUnit, UnitDirector: atUnit,
		Technician: {"technician"}, Contractor: {"contractor"},
		BiomedicalEngineer: anyArea, OfficeAdministrator: anyArea, ContractAdministrator: anyArea,
		Planner: anyArea, Auditor: anyArea, Admin: anyArea,
	}
)

// MaxGrants bounds the grants of one principal; MaxGrantLength the text of one.
const (
	MaxGrants      = 100
	MaxGrantLength = 200
	// maxGrantsClaim bounds the entries of the claim that are looked at.
	maxGrantsClaim = 1000
)

// Grant is a role at a place. Its text is "role@place", for example "unit_director@unit:BSIST000014" or "planner@nation".
type Grant struct {
	Role Role
	// Place is a scope as documents carry it: "nation", "region:1", "office:sonora", "state:26", "unit:<id>", "contractor:<id>",
	// "technician:<subject>".
	Place string
}

func (g Grant) String() string { return string(g.Role) + "@" + g.Place }

// ParseGrant reads "role@place". It refuses a role that is not known and a place at which that role cannot be held: a contractor
// of the whole nation would see what other contractors do. It refuses a state, region or office that the country does not have, and
// what cannot be a unit's key.
func ParseGrant(text string) (Grant, error) {
	if len(text) > MaxGrantLength {
		return Grant{}, errors.New("longer than a grant can be")
	}
	role, place, found := strings.Cut(text, "@")
	if !found {
		return Grant{}, errors.New("not of the form role@place")
	}
	kinds, known := placesOf[Role(role)]
	if !known {
		return Grant{}, errors.New("unknown role")
	}
	kind, key, keyed := strings.Cut(place, ":")
	if !slices.Contains(kinds, kind) {
		return Grant{}, fmt.Errorf("role %s is held at %s", role, strings.Join(kinds, ", "))
	}
	if keyed == (kind == caller.Nation) || keyed && !plain(key) {
		return Grant{}, errors.New("malformed place")
	}
	if slices.Contains(anyArea, kind) && kind != caller.Nation && !mx.KnownPlace(kind, key) {
		return Grant{}, fmt.Errorf("there can be no %s of that key", kind)
	}
	return Grant{Role(role), place}, nil
}

// plain says whether s is a key: not empty, visible ASCII, no separator.
func plain(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' || r == '@' })
}

// Principal is who is behind a request: an opaque subject, its grants, and what the token says of the person. It does not change.
type Principal struct {
	subject string
	grants  []Grant
	profile Profile
}

// NewPrincipal is a principal with these grants.
func NewPrincipal(subject string, grants ...Grant) *Principal {
	return &Principal{subject: subject, grants: slices.Clone(grants)}
}

// With is the same principal, of whom the token says this.
func (p *Principal) With(profile Profile) *Principal {
	return &Principal{p.subject, p.grants, profile}
}

// String is the subject alone: a principal that gets into a log by mistake carries no name there.
func (p *Principal) String() string { return p.subject }

// Subject is the opaque id that events and histories carry as the actor.
func (p *Principal) Subject() string { return p.subject }

// Grants lists the principal's grants.
func (p *Principal) Grants() []Grant { return slices.Clone(p.grants) }

// Profile is what the token says of the person.
func (p *Principal) Profile() Profile { return p.profile }

// Access narrows: it is what p may see and touch when running operation, which these roles may. Its scopes are the places of those grants
// whose role is one of them; it may look, no more, at what is open to everyone, and to staff where one of these grants is not a
// contractor's or a technician's. Without such a grant it refuses with fault.Forbidden.
func (p *Principal) Access(operation string, roles Roles) (caller.Access, error) {
	access := caller.Access{Subject: p.subject}
	staff := false
	for _, g := range p.grants {
		if !slices.Contains(roles, g.Role) {
			continue
		}
		staff = staff || g.Role != Contractor && g.Role != Technician
		access.Grants = append(access.Grants, event.Grant{Role: string(g.Role), Place: g.Place})
		if !slices.Contains(access.Scopes, g.Place) {
			access.Scopes = append(access.Scopes, g.Place)
		}
	}
	if len(access.Scopes) == 0 {
		return caller.Access{}, p.forbidden(operation, roles)
	}
	access.Reads = []string{caller.Everyone}
	if staff {
		access.Reads = append(access.Reads, caller.Staff)
	}
	return access, nil
}

func (p *Principal) forbidden(operation string, roles Roles) error {
	expected := make([]string, len(roles))
	for i, r := range roles {
		expected[i] = string(r)
	}
	why := "none of your roles may run " + operation
	if len(p.grants) == 0 {
		why = "your token holds no grant (role@place) that can be read, and without one nobody may run " + operation
	}
	return (&fault.Error{Kind: fault.Forbidden, Rule: "role-not-allowed", Detail: why}).With(expected...)
}
