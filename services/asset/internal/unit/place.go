package unit

import (
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// locate makes office and region those of the unit's state. A unit that changes its state leaves its office behind, unless the same
// change says another one. An office of another state is refused when it is given; one that an earlier release stored stays until
// office or state are changed, and is a warning.
func (u *Unit) locate(was *Unit, given bool) error {
	st, ok := mx.StateByINEGI(u.StateCode)
	if !ok {
		return fault.Invalidf("state_code", "state-missing", "a unit needs its state, as an INEGI code from 01 to 32, unless its CLUES says it")
	}
	offices := mx.OfficesOfState(st.INEGI)
	moved := was.StateCode != "" && was.StateCode != u.StateCode
	if moved && !given {
		u.Office = ""
	}
	if u.Office == "" {
		if o, ok := mx.OfficeOfState(st.INEGI); ok {
			u.Office = o.Key
		} else {
			u.Warnings = append(u.Warnings, "which of the four offices of "+st.Name+" the unit belongs to is not said")
		}
	}
	u.Region = mx.RegionOfState(st.INEGI)
	if u.Office == "" {
		return nil
	}
	o, ok := mx.OfficeByKey(u.Office)
	if !ok {
		return fault.Invalidf("office", "office-unknown", "no Oficina de Representación has the key %q", u.Office).With(keys(offices)...)
	}
	u.Region = o.Region
	switch {
	case o.State == st.INEGI:
	case moved || u.Office != was.Office:
		return fault.Invalidf("office", "office-not-of-state", "%s is an office of state %s, the unit is in %s (%s): give an office of that state, or change state_code too",
			u.Office, o.State, st.INEGI, st.Name).With(keys(offices)...)
	default:
		u.Warnings = append(u.Warnings, "the office "+u.Office+" is one of state "+o.State+", the unit is said to be in state "+u.StateCode)
	}
	return nil
}

// keepTime makes the unit's zone one that its state keeps. It follows state and municipality, unless it was given by hand: then it stays
// while the state does.
func (u *Unit) keepTime(was *Unit, given bool) error {
	moved := was.StateCode != u.StateCode
	followed := was.TimeZone == mx.ZoneOf(was.StateCode, was.Municipality)
	if !given && (moved || followed) || u.TimeZone == "" {
		u.TimeZone = mx.ZoneOf(u.StateCode, u.Municipality)
	}
	if _, err := mx.LoadZone(u.TimeZone); err != nil {
		return fault.Invalidf("time_zone", "time-zone-unknown", "%q is not an IANA time zone such as America/Mazatlan", u.TimeZone)
	}
	zones := mx.ZonesOf(u.StateCode)
	switch {
	case slices.Contains(zones, u.TimeZone):
	case given && (moved || u.TimeZone != was.TimeZone):
		return fault.Invalidf("time_zone", "time-zone-not-of-state", "no place in state %s keeps the time of %s", u.StateCode, u.TimeZone).With(zones...)
	default:
		u.Warnings = append(u.Warnings, "the time zone is "+u.TimeZone+", state "+u.StateCode+" keeps "+strings.Join(zones, " or "))
	}
	return nil
}

// said tells whether a change gives a fact that is not empty.
func said(v *string) bool { return v != nil && *v != "" }

// keys are the keys of offices.
func keys(offices []mx.Office) []string {
	out := make([]string, len(offices))
	for i, o := range offices {
		out[i] = o.Key
	}
	return out
}
