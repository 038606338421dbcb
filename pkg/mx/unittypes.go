package mx

// UnitType is a kind of medical unit of the institution.
type UnitType struct {
	Code      string   `json:"code"`       // "UMF"
	Name      string   `json:"name"`       // Spanish
	NameEN    string   `json:"name_en"`    // English
	CareLevel string   `json:"care_level"` // default only: the level is an attribute of the unit
	Aliases   []string `json:"-"`          // other spellings in imported lists, any case and accents
}

// Sources: the institution's press articles and the type column of the DGIS catalogue (CAF, UMF, CMF, CMFE, CMFEQ, CMCT,
// CH, HG, HR, HRAE); CA, CE, HAE and CMN are general knowledge, and so are the levels of those. There is no public
// official list.
var unitTypes = [...]UnitType{
	{"CAF", "Centro de Atención Familiar", "Family care centre", "1",
		[]string{"CAF_", "Consultorio de Atención Familiar", "Centro/Consultorio de Atención Familiar"}},
	{"CA", "Consultorio Auxiliar", "Auxiliary consulting room", "1", nil},
	{"CMCT", "Consultorio Médico en Centro de Trabajo", "Consulting room at a workplace", "1", nil},
	{"UMF", "Unidad de Medicina Familiar", "Family medicine unit", "1", nil},
	{"CMF", "Clínica de Medicina Familiar", "Family medicine clinic", "1", nil},
	{"CMFE", "Clínica de Medicina Familiar con Especialidades", "Family medicine clinic with specialties", "1", nil},
	{"CMFEQ", "Clínica de Medicina Familiar con Especialidades y Quirófano",
		"Family medicine clinic with specialties and operating room", "1", nil},
	{"CE", "Clínica de Especialidades", "Specialty clinic", "2", nil},
	{"CH", "Clínica Hospital", "Clinic hospital", "2", nil},
	{"HG", "Hospital General", "General hospital", "2", nil},
	{"HR", "Hospital Regional", "Regional hospital", "3", nil},
	{"HRAE", "Hospital Regional de Alta Especialidad", "Regional high-specialty hospital", "3",
		[]string{"HRHAE", "Hospital Regional / Hospital de Alta Especialidad"}},
	{"HAE", "Hospital de Alta Especialidad", "High-specialty hospital", "3", nil},
	{"CMN", "Centro Médico Nacional", "National medical centre", "3", []string{"Centro Médico"}},
}

// UnitTypes lists the types from the smallest to the largest.
func UnitTypes() []UnitType { return append([]UnitType(nil), unitTypes[:]...) }

// UnitTypeOf finds a type by its code, its Spanish name or an alias, in any case and with or without accents.
func UnitTypeOf(s string) (UnitType, bool) {
	folded := Fold(s)
	for _, t := range unitTypes {
		for _, known := range append([]string{t.Code, t.Name}, t.Aliases...) {
			if Fold(known) == folded {
				return t, true
			}
		}
	}
	return UnitType{}, false
}

var _ = Define("unit_type", unitTypeWords())

func unitTypeWords() Words {
	words := make(Words, len(unitTypes))
	for i, t := range unitTypes {
		words[i] = [3]string{t.Code, t.Name, t.NameEN}
	}
	return words
}
