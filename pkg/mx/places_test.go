package mx

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestStates(t *testing.T) {
	prefixes, population := map[string]bool{}, 0
	for i, s := range States() {
		if n, _ := strconv.Atoi(s.INEGI); n != i+1 || len(s.INEGI) != 2 {
			t.Errorf("state %d has the code %q", i+1, s.INEGI)
		}
		if byCode, ok := StateByINEGI(s.INEGI); !ok || byCode != s {
			t.Errorf("StateByINEGI(%s) = %v", s.INEGI, byCode)
		}
		if byPrefix, ok := StateByPrefix(s.CLUESPrefix); !ok || byPrefix != s {
			t.Errorf("StateByPrefix(%s) = %v", s.CLUESPrefix, byPrefix)
		}
		if _, err := LoadZone(s.Zone); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		prefixes[s.CLUESPrefix] = true
		population += s.Population2020
	}
	if len(prefixes) != 32 || population != 126_014_024 {
		t.Errorf("%d prefixes, %d inhabitants; want 32 and the census's 126,014,024", len(prefixes), population)
	}
	for _, bad := range []string{"", "3", "00", "33"} {
		if s, ok := StateByINEGI(bad); ok {
			t.Errorf("StateByINEGI(%q) = %v", bad, s)
		}
	}
}

func TestStatesAreTheSharedOnes(t *testing.T) {
	rows := sharedCSV(t, "estados_mx/estados.csv")
	if len(rows) != 32 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, r := range rows {
		s, _ := StateByINEGI(r["cve_ent"])
		if s.ISO != r["iso_3166_2"] || s.CLUESPrefix != r["prefijo_clues"] || s.Name != r["nombre"] || s.Capital != r["capital"] ||
			strconv.Itoa(s.Population2020) != r["poblacion_2020"] {
			t.Errorf("%v differs from %v", s, r)
		}
	}
}

func TestOffices(t *testing.T) {
	perState, regions := map[string]int{}, map[string]bool{}
	for _, o := range Offices() {
		if got, ok := OfficeByKey(o.Key); !ok || got != o {
			t.Errorf("OfficeByKey(%q) = %v: keys are not unique", o.Key, got)
		}
		if !strings.HasSuffix(strings.ReplaceAll(Fold(o.Name), " ", "-"), "-"+o.Key) {
			t.Errorf("key %q does not come from the name %q", o.Key, o.Name)
		}
		if !Valid("region", o.Region) {
			t.Errorf("%s: region %q", o.Key, o.Region)
		}
		perState[o.State]++
		regions[o.Region] = true
	}
	if len(Offices()) != 35 || len(regions) != len(Regions()) || len(Regions()) != 8 {
		t.Errorf("%d offices in %d regions, want 35 in 8", len(Offices()), len(regions))
	}
	for _, s := range States() {
		o, ok := OfficeOfState(s.INEGI)
		if mexicoCity := s.INEGI == "09"; ok == mexicoCity || (ok && o.State != s.INEGI) || (mexicoCity && perState["09"] != 4) {
			t.Errorf("OfficeOfState(%s) = %v, %v with %d offices", s.INEGI, o, ok, perState[s.INEGI])
		}
	}
	if o, _ := OfficeOfState("03"); o.Key != "baja-california-sur" || o.Region != "1" || o.Name != "Oficina de Representación Estatal Baja California Sur" {
		t.Errorf("Baja California Sur's office is %v", o)
	}
	if o, ok := OfficeOfState("99"); ok {
		t.Errorf("OfficeOfState(99) = %v", o)
	}
}

func TestOfficesAreTheSharedOnes(t *testing.T) {
	rows := sharedCSV(t, "oficinas_issste/oficinas.csv")
	byName := map[string]Office{}
	for _, o := range Offices() {
		byName[o.Name] = o
	}
	if len(rows) != len(byName) {
		t.Errorf("%d offices, the file has %d", len(byName), len(rows))
	}
	for _, r := range rows {
		if o := byName["Oficina de Representación "+r["oficina"]]; o.Region != r["region"] || o.State != r["cve_ent"] {
			t.Errorf("%v differs from %v", o, r)
		}
	}
}

func TestOfficesAndZonesOfAState(t *testing.T) {
	for _, st := range States() {
		zones := ZonesOf(st.INEGI)
		for _, zone := range municipalZones[st.INEGI] {
			if !slices.Contains(zones, zone) {
				t.Errorf("%s keeps %s in a municipality, got %v", st.Name, zone, zones)
			}
		}
		if zones[0] != st.Zone || len(slices.Compact(slices.Sorted(slices.Values(zones)))) != len(zones) {
			t.Errorf("zones of %s: %v", st.Name, zones)
		}
		for _, o := range OfficesOfState(st.INEGI) {
			if o.State != st.INEGI || o.Region != RegionOfState(st.INEGI) {
				t.Errorf("%s is an office of %s in region %s, the state is in %s", o.Key, o.State, o.Region, RegionOfState(st.INEGI))
			}
		}
	}
	if len(OfficesOfState("09")) != 4 || RegionOfState("33") != "" || ZonesOf("33") != nil || OfficesOfState("33") != nil {
		t.Error("Mexico City has four offices, 33 is no state's code")
	}
}

func TestZoneOf(t *testing.T) {
	for _, tc := range []struct{ state, municipality, want string }{
		{"02", "Tijuana", "America/Tijuana"},
		{"02", "San Felipe", "America/Tijuana"},
		{"03", "Mulegé", "America/Mazatlan"},
		{"05", "Saltillo", "America/Mexico_City"},
		{"05", "ACUÑA", "America/Matamoros"},
		{"05", "Acuna", "America/Matamoros"},
		{"08", "Chihuahua", "America/Chihuahua"},
		{"08", "JUAREZ", "America/Ciudad_Juarez"},
		{"08", "Práxedis  G. Guerrero", "America/Ciudad_Juarez"},
		{"08", "Guerrero", "America/Chihuahua"},
		{"08", "Coyame del Sotol", "America/Ojinaga"},
		{"09", "Iztapalapa", "America/Mexico_City"},
		{"12", "Juárez", "America/Mexico_City"},
		{"15", "Ecatepec de Morelos", "America/Mexico_City"},
		{"18", "Tepic", "America/Mazatlan"},
		{"18", "Bahía de Banderas", "America/Mexico_City"},
		{"19", "Monterrey", "America/Mexico_City"},
		{"19", "Anáhuac", "America/Matamoros"},
		{"23", "Othón P. Blanco", "America/Cancun"},
		{"25", "Culiacán", "America/Mazatlan"},
		{"26", "Nogales", "America/Hermosillo"},
		{"28", "Ciudad Victoria", "America/Mexico_City"},
		{"28", "Reynosa", "America/Matamoros"},
		{"03", "", "America/Mazatlan"},
		{"", "", "America/Mexico_City"},
	} {
		if got := ZoneOf(tc.state, tc.municipality); got != tc.want {
			t.Errorf("ZoneOf(%s, %q) = %s, want %s", tc.state, tc.municipality, got, tc.want)
		}
	}
}

// The hours that the law gives on a summer day: the embedded zone data must know the reform of 2022.
func TestZoneOffsets(t *testing.T) {
	summer := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for name, hours := range map[string]int{
		"America/Tijuana": -7, "America/Hermosillo": -7, "America/Mazatlan": -7, "America/Ciudad_Juarez": -6, "America/Chihuahua": -6,
		"America/Mexico_City": -6, "America/Ojinaga": -5, "America/Matamoros": -5, "America/Cancun": -5,
	} {
		loc, err := LoadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, offset := summer.In(loc).Zone(); offset != hours*3600 {
			t.Errorf("%s is UTC%+d in summer, want %+d", name, offset/3600, hours)
		}
	}
	for _, municipal := range municipalZones {
		for municipality, zone := range municipal {
			if _, err := LoadZone(zone); err != nil || Fold(municipality) != municipality {
				t.Errorf("%q: %v; the key must be folded", municipality, err)
			}
		}
	}
	for _, bad := range []string{"", "Local", "Mexico/Nowhere", "../etc/passwd"} {
		if loc, err := LoadZone(bad); err == nil {
			t.Errorf("LoadZone(%q) = %v", bad, loc)
		}
	}
}

// What keeps a clock keeps its unit's: it goes along when the zone alone changes, and keeps its own while the unit's is not known. What
// keeps none goes for the place alone.
func TestAZoneGoesWhereThePlaceGoes(t *testing.T) {
	at := func(unit, state, zone string) ZonedPlace {
		return ZonedPlace{Place: Place{UnitID: unit, StateCode: state}, TimeZone: zone}
	}
	const mazatlan, mexico = "America/Mazatlan", "America/Mexico_City"
	for name, c := range map[string]struct {
		from, unit, to ZonedPlace
		moves          bool
	}{
		"the unit's state and zone change":    {at("U", "03", mazatlan), at("U", "04", mexico), at("U", "04", mexico), true},
		"the zone alone":                      {at("U", "03", mazatlan), at("U", "03", mexico), at("U", "03", mexico), true},
		"nothing":                             {at("U", "03", mazatlan), at("U", "03", mazatlan), at("U", "03", mazatlan), false},
		"a unit without a zone":               {at("U", "03", mazatlan), at("U", "04", ""), at("U", "04", mazatlan), true},
		"a unit without a zone, at its place": {at("U", "03", mazatlan), at("U", "03", ""), at("U", "03", mazatlan), false},
		"no zone is kept":                     {at("U", "03", ""), at("U", "03", mexico), at("U", "03", mexico), false},
		"no zone is kept, the state changes":  {at("U", "03", ""), at("U", "04", mexico), at("U", "04", mexico), true},
		"another unit":                        {at("U", "03", mazatlan), at("V", "04", mexico), at("V", "04", mexico), false},
	} {
		if to, moves := c.from.Moves(c.unit); to != c.to || moves != c.moves {
			t.Errorf("%s: %v, %v", name, to, moves)
		}
	}
}
