package mx

// State is one of the 32 federal entities.
type State struct {
	INEGI          string `json:"inegi"`        // two digits, "03"
	ISO            string `json:"iso"`          // ISO 3166-2, "MX-BCS"
	CLUESPrefix    string `json:"clues_prefix"` // two letters, the same as in the CURP, "BS"
	Name           string `json:"name"`         // official name in Spanish
	Capital        string `json:"capital"`
	Zone           string `json:"zone"`            // IANA zone of most of the state; ZoneOf knows the exceptions
	Population2020 int    `json:"population_2020"` // Census 2020, INEGI
}

// Codes and names: INEGI's catalogue of geostatistical areas and ISO 3166-2:MX. CLUES prefixes: as seen in the
// codes that DGIS publishes. Populations: INEGI, Censo de Población y Vivienda 2020; together 126,014,024.
// Zones: Ley de los Husos Horarios (2022) as the IANA data base has it. Sorted by INEGI code.
var states = [...]State{
	{"01", "MX-AGU", "AS", "Aguascalientes", "Aguascalientes", "America/Mexico_City", 1_425_607},
	{"02", "MX-BCN", "BC", "Baja California", "Mexicali", "America/Tijuana", 3_769_020},
	{"03", "MX-BCS", "BS", "Baja California Sur", "La Paz", "America/Mazatlan", 798_447},
	{"04", "MX-CAM", "CC", "Campeche", "San Francisco de Campeche", "America/Mexico_City", 928_363},
	{"05", "MX-COA", "CL", "Coahuila de Zaragoza", "Saltillo", "America/Mexico_City", 3_146_771},
	{"06", "MX-COL", "CM", "Colima", "Colima", "America/Mexico_City", 731_391},
	{"07", "MX-CHP", "CS", "Chiapas", "Tuxtla Gutiérrez", "America/Mexico_City", 5_543_828},
	{"08", "MX-CHH", "CH", "Chihuahua", "Chihuahua", "America/Chihuahua", 3_741_869},
	{"09", "MX-CMX", "DF", "Ciudad de México", "Ciudad de México", "America/Mexico_City", 9_209_944},
	{"10", "MX-DUR", "DG", "Durango", "Victoria de Durango", "America/Mexico_City", 1_832_650},
	{"11", "MX-GUA", "GT", "Guanajuato", "Guanajuato", "America/Mexico_City", 6_166_934},
	{"12", "MX-GRO", "GR", "Guerrero", "Chilpancingo de los Bravo", "America/Mexico_City", 3_540_685},
	{"13", "MX-HID", "HG", "Hidalgo", "Pachuca de Soto", "America/Mexico_City", 3_082_841},
	{"14", "MX-JAL", "JC", "Jalisco", "Guadalajara", "America/Mexico_City", 8_348_151},
	{"15", "MX-MEX", "MC", "México", "Toluca de Lerdo", "America/Mexico_City", 16_992_418},
	{"16", "MX-MIC", "MN", "Michoacán de Ocampo", "Morelia", "America/Mexico_City", 4_748_846},
	{"17", "MX-MOR", "MS", "Morelos", "Cuernavaca", "America/Mexico_City", 1_971_520},
	{"18", "MX-NAY", "NT", "Nayarit", "Tepic", "America/Mazatlan", 1_235_456},
	{"19", "MX-NLE", "NL", "Nuevo León", "Monterrey", "America/Mexico_City", 5_784_442},
	{"20", "MX-OAX", "OC", "Oaxaca", "Oaxaca de Juárez", "America/Mexico_City", 4_132_148},
	{"21", "MX-PUE", "PL", "Puebla", "Heroica Puebla de Zaragoza", "America/Mexico_City", 6_583_278},
	{"22", "MX-QUE", "QT", "Querétaro", "Santiago de Querétaro", "America/Mexico_City", 2_368_467},
	{"23", "MX-ROO", "QR", "Quintana Roo", "Chetumal", "America/Cancun", 1_857_985},
	{"24", "MX-SLP", "SP", "San Luis Potosí", "San Luis Potosí", "America/Mexico_City", 2_822_255},
	{"25", "MX-SIN", "SL", "Sinaloa", "Culiacán Rosales", "America/Mazatlan", 3_026_943},
	{"26", "MX-SON", "SR", "Sonora", "Hermosillo", "America/Hermosillo", 2_944_840},
	{"27", "MX-TAB", "TC", "Tabasco", "Villahermosa", "America/Mexico_City", 2_402_598},
	{"28", "MX-TAM", "TS", "Tamaulipas", "Ciudad Victoria", "America/Mexico_City", 3_527_735},
	{"29", "MX-TLA", "TL", "Tlaxcala", "Tlaxcala de Xicohténcatl", "America/Mexico_City", 1_342_977},
	{"30", "MX-VER", "VZ", "Veracruz de Ignacio de la Llave", "Xalapa-Enríquez", "America/Mexico_City", 8_062_579},
	{"31", "MX-YUC", "YN", "Yucatán", "Mérida", "America/Mexico_City", 2_320_898},
	{"32", "MX-ZAC", "ZS", "Zacatecas", "Zacatecas", "America/Mexico_City", 1_622_138},
}

// States lists the 32 states by INEGI code.
func States() []State { return append([]State(nil), states[:]...) }

// StateByINEGI finds a state by its code of two digits: "03", not "3".
func StateByINEGI(code string) (State, bool) {
	for _, s := range states {
		if s.INEGI == code {
			return s, true
		}
	}
	return State{}, false
}

// StateByPrefix finds a state by the two capital letters that its CLUES begin with.
func StateByPrefix(prefix string) (State, bool) {
	for _, s := range states {
		if s.CLUESPrefix == prefix {
			return s, true
		}
	}
	return State{}, false
}
