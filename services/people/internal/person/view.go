package person

import (
	"slices"
	"strings"
)

// Viewer is who looks: the subject, the places of the grants that make staff of it, those at which it is an administrator, and what contains the
// first.
type Viewer struct {
	Subject              string
	Places, Admin, Above []string
}

// Upward are the scopes of those who answer for all of a place that the viewer is in.
func Upward(above []string) []string {
	out := make([]string, len(above))
	for i, place := range above {
		out[i] = at + place
	}
	return out
}

// Downward are the places that Upward made scopes of.
func Downward(scopes []string) (above []string) {
	for _, s := range scopes {
		if place, ok := strings.CutPrefix(s, at); ok {
			above = append(above, place)
		}
	}
	return above
}

// SeenBy is the person as somebody may see it: oneself whole; of whoever shares a place with the viewer all but the address, with the telephone
// where the viewer is at the person's unit or office; else no more than post and unit or office.
func (p *Person) SeenBy(v Viewer) Person {
	out := Person{ID: p.ID, Post: p.Post, UnitID: p.UnitID, Office: p.Office}
	switch scopes := p.Scopes(); {
	case p.Erased:
		return Person{ID: p.ID, Name: ErasedName(), Erased: true}
	case v.Subject == p.ID:
		out = *p
		out.Stated, out.Told, out.Places, out.Units, out.Holds, out.SeenOn = Facts{}, Token{}, nil, nil, nil, ""
	case v.shares(scopes):
		out.Name, out.Grants, out.Language = p.Name, p.Grants, p.Language
		if v.near(p) {
			out.Telephone = p.Telephone
		}
		if within(v.Admin, scopes) {
			out.Stated, out.SeenOn = p.Stated, p.SeenOn
		}
	}
	return out
}

// shares says whether viewer and person have a place in common: one that contains the other's.
func (v Viewer) shares(scopes []string) bool {
	return within(v.Places, scopes) || within(Upward(v.Above), scopes)
}

func within(places, scopes []string) bool {
	return slices.ContainsFunc(places, func(p string) bool { return slices.Contains(scopes, p) })
}

// near says whether the viewer is at the person's unit or its office; of somebody who is of an office, also at one of its units.
func (v Viewer) near(p *Person) bool {
	office := "office:" + p.Office
	switch {
	case p.UnitID != "":
		return slices.Contains(v.Places, "unit:"+p.UnitID) || p.Office != "" && slices.Contains(v.Places, office)
	case p.Office != "":
		return slices.Contains(v.Places, office) || slices.Contains(v.Above, office)
	}
	return false
}
