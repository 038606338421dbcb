package mx

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
	_ "time/tzdata" // an image made from scratch has no zone files
)

// The zones of municipalities that do not keep their state's time, by INEGI code and folded name. Source: Ley de los Husos
// Horarios en los Estados Unidos Mexicanos (2022), articles on the border's seasonal time and on Bahía de Banderas; the IANA
// zones were chosen to match. All of Baja California keeps Tijuana's time and needs no row.
var municipalZones = map[string]map[string]string{
	"05": sameZone("America/Matamoros", "acuna", "allende", "guerrero", "hidalgo", "jimenez", "morelos", "nava", "ocampo",
		"piedras negras", "villa union", "zaragoza"),
	"08": {
		"janos": "America/Ciudad_Juarez", "ascension": "America/Ciudad_Juarez", "juarez": "America/Ciudad_Juarez",
		"ciudad juarez": "America/Ciudad_Juarez", "guadalupe": "America/Ciudad_Juarez",
		"praxedis g. guerrero": "America/Ciudad_Juarez",
		"coyame del sotol":     "America/Ojinaga", "ojinaga": "America/Ojinaga", "manuel benavides": "America/Ojinaga",
	},
	"18": {"bahia de banderas": "America/Mexico_City"},
	"19": {"anahuac": "America/Matamoros"},
	"28": sameZone("America/Matamoros", "nuevo laredo", "guerrero", "mier", "miguel aleman", "camargo", "gustavo diaz ordaz",
		"reynosa", "rio bravo", "valle hermoso", "matamoros"),
}

func sameZone(zone string, municipalities ...string) map[string]string {
	m := make(map[string]string, len(municipalities))
	for _, name := range municipalities {
		m[name] = zone
	}
	return m
}

// ZoneOf returns the IANA zone of a place from its state (INEGI code) and municipality (any case, with or without accents, may be empty). For an
// unknown state it is America/Mexico_City, where most of the country lives. A unit has its own field for the zone; this is the default.
func ZoneOf(stateINEGI, municipality string) string {
	if zone, ok := municipalZones[stateINEGI][Fold(municipality)]; ok {
		return zone
	}
	if s, ok := StateByINEGI(stateINEGI); ok {
		return s.Zone
	}
	return "America/Mexico_City"
}

// ZonesOf lists the IANA zones that are in use in a state, that of most of it first; none for a code that is no state's.
func ZonesOf(stateINEGI string) []string {
	s, ok := StateByINEGI(stateINEGI)
	if !ok {
		return nil
	}
	zones := []string{s.Zone}
	for _, zone := range slices.Sorted(maps.Values(municipalZones[stateINEGI])) {
		if !slices.Contains(zones, zone) {
			zones = append(zones, zone)
		}
	}
	return zones
}

// LoadZone is time.LoadLocation for an IANA name, but refuses "" and "Local", which Go takes for UTC and the server's own zone. The zones' data
// is part of the binary. A zone is read once: a page that tells a time in each row would read it in each.
func LoadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("time zone %q is not an IANA name such as America/Mazatlan", name)
	}
	if loc, ok := zonesRead.Load(name); ok {
		return loc.(*time.Location), nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone %.60q is not known: an IANA name such as America/Mazatlan is expected", name)
	}
	zonesRead.Store(name, loc)
	return loc, nil
}

// zonesRead are zones by their names, of which there are some hundreds.
var zonesRead sync.Map
