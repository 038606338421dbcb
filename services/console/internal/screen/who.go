package screen

import (
	"slices"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Who is signed in: the subject and the grants of the token.
type Who struct {
	// Subject is the opaque id that events carry as the actor.
	Subject string
	// Grants are the roles with the places where they are held, the first of them the one that greets.
	Grants []Grant
}

// Grant is a role at a place.
type Grant struct {
	// Role is a word of the vocabulary "role", Place "nation", "office:sonora", "unit:BSIST000014" and the like.
	Role, Place string
}

// Kind and Key are the two halves of the place: "unit" and "BSIST000014".
func (g Grant) Kind() string { kind, _, _ := strings.Cut(g.Place, ":"); return kind }

// Key is the place's key, "" of the nation.
func (g Grant) Key() string { _, key, _ := strings.Cut(g.Place, ":"); return key }

// Roles are the roles, each once, in the order of the grants.
func (w Who) Roles() []string {
	var out []string
	seen := map[string]bool{}
	for _, g := range w.Grants {
		if !seen[g.Role] {
			seen[g.Role] = true
			out = append(out, g.Role)
		}
	}
	return out
}

// Is says whether one of the grants is of this role.
func (w Who) Is(role string) bool { return len(w.Places(role)) > 0 }

// At says whether one of these roles is held at this very place.
func (w Who) At(place string, roles ...string) bool {
	return slices.ContainsFunc(w.Grants, func(g Grant) bool { return g.Place == place && slices.Contains(roles, g.Role) })
}

// Reaches says whether one of these roles is held at one of the places ("nation", "office:sonora").
func (w Who) Reaches(places []string, roles ...string) bool {
	return slices.ContainsFunc(places, func(place string) bool { return w.At(place, roles...) })
}

// Places are where a role is held.
func (w Who) Places(role string) []string {
	var out []string
	for _, g := range w.Grants {
		if g.Role == role {
			out = append(out, g.Place)
		}
	}
	return out
}

// defaultZone is where most of the country lives.
const defaultZone = "America/Mexico_City"

// Zone is the time zone of the first place that has one: the state of the unit (by the first letters of its key) or of the office.
func (w Who) Zone() *time.Location {
	name := defaultZone
	for _, g := range w.Grants {
		if zone := zoneOf(g); zone != "" {
			name = zone
			break
		}
	}
	zone, err := mx.LoadZone(name)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Placed says whether it is known where the reader is: a contractor's and a technician's grant names no place, so that no hour is called theirs.
func (w Who) Placed() bool {
	return slices.ContainsFunc(w.Grants, func(g Grant) bool { return g.Kind() != "contractor" && g.Kind() != "technician" })
}

func zoneOf(g Grant) string {
	key := g.Key()
	switch g.Kind() {
	case "unit":
		if len(key) > 2 {
			if s, ok := mx.StateByPrefix(key[:2]); ok {
				return s.Zone
			}
		}
	case "office":
		if o, ok := mx.OfficeByKey(key); ok {
			return mx.ZoneOf(o.State, "")
		}
	case "state":
		return mx.ZoneOf(key, "")
	}
	return ""
}

// In is a place in words: "Oficina de Representación Estatal Sonora". A unit, whose name the API knows, is named by its key here.
func In(place string) string {
	kind, key, _ := strings.Cut(place, ":")
	switch kind {
	case "office":
		if o, ok := mx.OfficeByKey(key); ok {
			return o.Name
		}
	case "state":
		if s, ok := mx.StateByINEGI(key); ok {
			return s.Name
		}
	case "region":
		es, _ := mx.Label("region", key)
		return es
	case "nation", "contractor", "technician":
		return words.Say("place_" + kind)
	case "unit":
		return words.Say("place_unit", key)
	}
	return place
}
