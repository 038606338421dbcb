// Package person is what the directory knows of somebody who has signed in: the one erasable place of names, posts, telephones and addresses.
// Other services and all events know the subject alone.
package person

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Person is one subject. What is answered to whom of it, SeenBy says.
type Person struct {
	ID   string `json:"id" doc:"The subject of the person's tokens: the opaque id by which documents and histories name who did something"`
	Name string `json:"name,omitempty" doc:"As an administrator says it, else as the provider does"`
	Post string `json:"post,omitempty" doc:"As an administrator says it, else as the provider does"`
	// UnitID or Office is where the person is: as an administrator says, else as far as the grants lie in one unit, or in one office.
	UnitID string `json:"unit_id,omitempty" doc:"The unit that the person is of; its office is beside it"`
	Office string `json:"office,omitempty" doc:"Key of the office that the person, or the person's unit, is of"`
	Own
	EmailConfirmed bool     `json:"email_confirmed,omitempty" doc:"Whether the provider has confirmed the address; one that is not is used for nothing"`
	Grants         []string `json:"grants,omitempty" doc:"Roles at places as the person's newest token said: for choosing and addressing, never for permitting" example:"unit_director@unit:BSIST000014"`
	SeenOn         string   `json:"seen_on,omitempty" format:"date" doc:"Day (UTC) on which a token of the person was last seen here; shown to administrators"`
	Erased         bool     `json:"erased,omitempty" doc:"The person was erased: nothing is known but the subject, and the name says so"`
	// Stated is what an administrator said, Told what the newest token did.
	Stated Facts `json:"stated,omitzero" doc:"What an administrator said; it stands before what the provider says. Shown to administrators"`
	Told   Token `json:"told,omitzero" hidden:"true"`

	// What follows from the above, for finding: every place of the grants and of the person; those places' units; roles, each by itself and at the
	// places.
	Places []mx.Place `json:"places,omitempty" hidden:"true"`
	Units  []string   `json:"units,omitempty" hidden:"true"`
	Holds  []string   `json:"holds,omitempty" hidden:"true"`
}

// Own is what people say of themselves.
type Own struct {
	Telephone string `json:"telephone,omitempty" maxLength:"40" doc:"Shown to whoever is at the person's unit or office" example:"615 152 0021 ext. 14"`
	Email     string `json:"email,omitempty" maxLength:"254" doc:"Shown to nobody else, and used once it is confirmed" example:"directora@example.org"`
	Language  string `json:"language,omitempty" vocabulary:"language" doc:"In which the person wants to be addressed"`
}

// Facts are what an administrator says of a person. A person is of a unit or of an office.
type Facts struct {
	Name   string `json:"name,omitempty" maxLength:"200"`
	Post   string `json:"post,omitempty" maxLength:"200"`
	UnitID string `json:"unit_id,omitempty" maxLength:"40" doc:"The person is of this unit; not beside an office"`
	Office string `json:"office,omitempty" maxLength:"40" doc:"The person is of this office itself; not beside a unit"`
}

// Token is what a verified token says of the person. Email is an address that its issuer has confirmed.
type Token struct {
	Name   string   `json:"name,omitempty"`
	Post   string   `json:"post,omitempty"`
	Email  string   `json:"email,omitempty"`
	Grants []string `json:"grants,omitempty"`
}

// Equal says whether two tokens say the same, in whatever order they name the grants.
func (t Token) Equal(o Token) bool {
	return t.Name == o.Name && t.Post == o.Post && t.Email == o.Email && slices.Equal(t.sorted(), o.sorted())
}

func (t Token) sorted() []string { return slices.Compact(slices.Sorted(slices.Values(t.Grants))) }

// Prefixes and words among the scopes of a person.
const (
	// at is in front of the places at which a person has a grant or is: who is in one of them sees whoever answers for all of it.
	at = "at:"
	// Posts is carried by the institution's own people: contractors and technicians may see their posts.
	Posts = "posts"
)

// Scopes are what the document carries: the places of the person and all that contain them, for whoever is there; those places themselves, each
// behind "at:", for whoever is inside.
func (p *Person) Scopes() []string {
	if p.Erased {
		return []string{mx.Nation, "everyone", "self:" + p.ID}
	}
	scopes := []string{mx.Nation, "self:" + p.ID}
	for _, place := range p.Places {
		scopes = append(scopes, place.Scopes()...)
	}
	for _, g := range p.Grants {
		if role, place := cut(g); Staff(role) {
			scopes = append(scopes, at+place, Posts)
		}
	}
	if p.UnitID != "" {
		scopes = append(scopes, at+"unit:"+p.UnitID)
	} else if p.Office != "" {
		scopes = append(scopes, at+"office:"+p.Office)
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

// Staff says whether a role is one of the institution's own: all but those of people who may work for somebody else.
func Staff(role string) bool { return role != "contractor" && role != "technician" }

func cut(grant string) (role, place string) {
	role, place, _ = strings.Cut(grant, "@")
	return role, place
}

// Unit is what the directory has learnt of a unit: where it is.
type Unit struct {
	ID string `json:"id"`
	mx.Place
}

// Places are what the directory knows of units: the place of each that it has heard of.
type Places map[string]mx.Place

// of is the place that a scope names; ok is false for the nation, and for what is no place.
func (u Places) of(scope string) (p mx.Place, ok bool) {
	kind, key, _ := strings.Cut(scope, ":")
	switch kind {
	case "unit":
		if p, known := u[key]; known {
			return p, true
		}
		return mx.Place{UnitID: key}, true
	case "office":
		if o, known := mx.OfficeByKey(key); known {
			return mx.Place{Office: o.Key, Region: o.Region, StateCode: o.State}, true
		}
	case "state":
		return mx.Place{StateCode: key, Region: mx.RegionOfState(key)}, true
	case "region":
		return mx.Place{Region: key}, true
	}
	return mx.Place{}, false
}

// Above are the places that contain one, the nation among them.
func (u Places) Above(scope string) []string {
	p, ok := u.of(scope)
	if !ok {
		return nil
	}
	return slices.DeleteFunc(p.Scopes(), func(s string) bool { return s == scope })
}

// settle works out all that follows from what was said and told, by what is known of units.
func (p *Person) settle(units Places) {
	p.Name, p.Post = cmp.Or(p.Stated.Name, p.Told.Name), cmp.Or(p.Stated.Post, p.Told.Post)
	p.Grants = p.Told.sorted()
	p.EmailConfirmed = p.Email != "" && strings.EqualFold(p.Email, p.Told.Email)
	p.Places, p.Units = nil, nil
	p.located(units)
	add := func(place mx.Place) {
		if !slices.Contains(p.Places, place) {
			p.Places = append(p.Places, place)
		}
		if place.UnitID != "" && !slices.Contains(p.Units, place.UnitID) {
			p.Units = append(p.Units, place.UnitID)
		}
	}
	for _, g := range p.Grants {
		if role, scope := cut(g); Staff(role) {
			if place, ok := units.of(scope); ok {
				add(place)
			}
		}
	}
	if place, ok := units.of(p.Where()); ok {
		add(place)
	}
	p.held(units)
}

// Where is the unit or the office that the person is of, as a scope; "" where neither is known.
func (p *Person) Where() string {
	switch {
	case p.UnitID != "":
		return "unit:" + p.UnitID
	case p.Office != "":
		return "office:" + p.Office
	}
	return ""
}

// located works out where the person is: where an administrator says; else the one unit in which all of the person's grants lie, or the one office.
func (p *Person) located(units Places) {
	p.UnitID, p.Office = p.Stated.UnitID, p.Stated.Office
	if p.Where() == "" {
		var of, offices []string
		for _, g := range p.Grants {
			role, scope := cut(g)
			if !Staff(role) {
				continue
			}
			place, _ := units.of(scope)
			of, offices = append(of, place.UnitID), append(offices, place.Office)
		}
		p.UnitID, p.Office = only(of), only(offices)
	}
	if p.UnitID != "" {
		place, _ := units.of("unit:" + p.UnitID)
		p.Office = place.Office
	}
}

// only is what all of them are, "" where they differ.
func only(of []string) string {
	if len(of) == 0 || slices.ContainsFunc(of, func(s string) bool { return s != of[0] }) {
		return ""
	}
	return of[0]
}

// held works out by which roles at which places the person is found. Those who may work for somebody else hold no place; they are found where
// they are.
func (p *Person) held(units Places) {
	p.Holds = nil
	for _, g := range p.Grants {
		role, scope := cut(g)
		if !Staff(role) {
			scope = p.Where()
		}
		place, _ := units.of(scope)
		p.Holds = append(p.Holds, Held(role, "", ""))
		if place.UnitID != "" {
			p.Holds = append(p.Holds, Held(role, place.UnitID, ""), Held("", place.UnitID, ""))
		}
		if place.Office != "" {
			p.Holds = append(p.Holds, Held(role, "", place.Office), Held("", "", place.Office))
		}
	}
	slices.Sort(p.Holds)
	p.Holds = slices.Compact(p.Holds)
}

// Held is how a person is found by a role ("" for any) at a unit or in an office ("" for all).
func Held(role, unit, office string) string {
	switch {
	case unit != "":
		return role + "@unit:" + unit
	case office != "":
		return role + "@office:" + office
	}
	return role
}
