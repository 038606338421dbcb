package mx

// Office is one of the institution's Oficinas de Representación, the level between region and unit.
type Office struct {
	Key    string `json:"key"`    // stable, lower case without accents: "baja-california-sur", "zona-norte"
	Name   string `json:"name"`   // "Oficina de Representación Estatal Baja California Sur"
	Region string `json:"region"` // "1" to "8"
	State  string `json:"state"`  // INEGI code
}

// The grouping is data, not law: it is that of one administrative area in 2026, read from the columns "CentroId"
// (region) and "Oficina de Representación" of the file base_24.xlsx in the public repository
// abermudezissste-source/Proyectos_ (commit 7bf55c71, facts only). 31 states have one office each, Mexico City has
// four zones.
var offices = [...]Office{
	{"aguascalientes", officePrefix + "Estatal Aguascalientes", "4", "01"},
	{"baja-california", officePrefix + "Estatal Baja California", "1", "02"},
	{"baja-california-sur", officePrefix + "Estatal Baja California Sur", "1", "03"},
	{"campeche", officePrefix + "Estatal Campeche", "7", "04"},
	{"coahuila", officePrefix + "Estatal Coahuila", "2", "05"},
	{"colima", officePrefix + "Estatal Colima", "8", "06"},
	{"chiapas", officePrefix + "Estatal Chiapas", "5", "07"},
	{"chihuahua", officePrefix + "Estatal Chihuahua", "2", "08"},
	{"zona-norte", officePrefix + "Regional Zona Norte", "3", "09"},
	{"zona-oriente", officePrefix + "Regional Zona Oriente", "3", "09"},
	{"zona-poniente", officePrefix + "Regional Zona Poniente", "3", "09"},
	{"zona-sur", officePrefix + "Regional Zona Sur", "3", "09"},
	{"durango", officePrefix + "Estatal Durango", "2", "10"},
	{"guanajuato", officePrefix + "Estatal Guanajuato", "4", "11"},
	{"guerrero", officePrefix + "Estatal Guerrero", "5", "12"},
	{"hidalgo", officePrefix + "Estatal Hidalgo", "4", "13"},
	{"jalisco", officePrefix + "Estatal Jalisco", "8", "14"},
	{"mexico", officePrefix + "Estatal México", "3", "15"},
	{"michoacan", officePrefix + "Estatal Michoacán", "8", "16"},
	{"morelos", officePrefix + "Estatal Morelos", "3", "17"},
	{"nayarit", officePrefix + "Estatal Nayarit", "8", "18"},
	{"nuevo-leon", officePrefix + "Estatal Nuevo León", "2", "19"},
	{"oaxaca", officePrefix + "Estatal Oaxaca", "5", "20"},
	{"puebla", officePrefix + "Estatal Puebla", "3", "21"},
	{"queretaro", officePrefix + "Estatal Querétaro", "4", "22"},
	{"quintana-roo", officePrefix + "Estatal Quintana Roo", "7", "23"},
	{"san-luis-potosi", officePrefix + "Estatal San Luis Potosí", "4", "24"},
	{"sinaloa", officePrefix + "Estatal Sinaloa", "1", "25"},
	{"sonora", officePrefix + "Estatal Sonora", "1", "26"},
	{"tabasco", officePrefix + "Estatal Tabasco", "6", "27"},
	{"tamaulipas", officePrefix + "Estatal Tamaulipas", "2", "28"},
	{"tlaxcala", officePrefix + "Estatal Tlaxcala", "3", "29"},
	{"veracruz", officePrefix + "Estatal Veracruz", "6", "30"},
	{"yucatan", officePrefix + "Estatal Yucatán", "7", "31"},
	{"zacatecas", officePrefix + "Estatal Zacatecas", "2", "32"},
}

const officePrefix = "Oficina de Representación "

// Offices lists the 35 offices by state, the four of Mexico City side by side.
func Offices() []Office { return append([]Office(nil), offices[:]...) }

// Regions lists the keys of the eight regions in order; their names are Label("region", key).
func Regions() []string { return Values("region") }

// OfficeByKey finds an office by its key.
func OfficeByKey(key string) (Office, bool) {
	for _, o := range offices {
		if o.Key == key {
			return o, true
		}
	}
	return Office{}, false
}

// OfficesOfState returns the offices of a state: one, or the four of Mexico City; none for a code that is no state's.
func OfficesOfState(inegi string) (of []Office) {
	for _, o := range offices {
		if o.State == inegi {
			of = append(of, o)
		}
	}
	return of
}

// OfficeOfState returns the only office of a state. It is false for Mexico City (09), which has four, so that the state does not determine a
// unit's, and for a code that is no state's.
func OfficeOfState(inegi string) (Office, bool) {
	of := OfficesOfState(inegi)
	if len(of) != 1 {
		return Office{}, false
	}
	return of[0], true
}

// RegionOfState returns the region of a state, "" for a code that is no state's. All offices of a state are in the same region.
func RegionOfState(inegi string) string {
	of := OfficesOfState(inegi)
	if len(of) == 0 {
		return ""
	}
	return of[0].Region
}
