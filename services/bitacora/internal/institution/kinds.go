package institution

// class is a size of unit, by what it is equipped with.
type class int

const (
	consultory   class = iota // CAF, CMCT, CA
	familyUnit                // UMF
	familyClinic              // CMF, CMFE, CMFEQ, CE
	clinicHospital
	generalHospital
	regionalHospital // HR, HRAE, HAE, CMN
	classes
)

var classOf = map[string]class{"CAF": consultory, "CMCT": consultory, "CA": consultory, "UMF": familyUnit, "CMF": familyClinic, "CMFE": familyClinic,
	"CMFEQ": familyClinic, "CE": familyClinic, "CH": clinicHospital, "HG": generalHospital, "HR": regionalHospital, "HRAE": regionalHospital,
	"HAE": regionalHospital, "CMN": regionalHospital}

// Areas of a unit, in the order in which they are added.
const (
	consulting = "Consulta externa"
	vaccines   = "Vacunación"
	dentistry  = "Estomatología"
	imaging    = "Imagenología"
	laboratory = "Laboratorio"
	engines    = "Casa de máquinas"
	ward       = "Hospitalización"
	emergency  = "Urgencias"
	sterile    = "Central de equipos y esterilización"
	baths      = "Baños"
	intensive  = "Terapia intensiva"
	dialysis   = "Hemodiálisis"
	// theatre is the name of an only theatre; of several each has its number behind it.
	theatre = "Quirófano"
)

// theatres is how many theatres a unit has of which the register does not say it.
var theatres = [classes]int{0, 0, 0, 1, 3, 6}

// areasOf are the areas beside the theatres.
var areasOf = [classes][]string{
	{consulting},
	{consulting, vaccines, dentistry},
	{consulting, vaccines, dentistry, laboratory, imaging, engines},
	{ward, consulting, baths, engines, emergency, sterile, imaging, laboratory, vaccines},
	{ward, consulting, baths, engines, emergency, sterile, imaging, laboratory, vaccines, intensive, dialysis},
	{ward, consulting, baths, engines, emergency, sterile, imaging, laboratory, vaccines, intensive, dialysis},
}

// kind is an equipment type and what is usual of it. Prices and numbers are made up, in the range of what such things cost and how many there are.
type kind struct {
	key, es, en, category, tracking, risk string
	// least and most are what one costs, in pesos without VAT.
	least, most int
	// area is where it stands.
	area string
	// has is how many a unit of each class has on average; theatre kinds are counted per theatre in the last three classes.
	has [classes]float64
	// id is set for all, letters stand for it in tags and serial numbers.
	id string
}

const (
	medical  = "medical_equipment"
	furnish  = "furniture"
	building = "building_system"
	tagged   = "tagged"
	serial   = "serialised"
)

// kinds are the types of the press, by their keys (what the catalogue says of them comes from types.json), and behind them those that an
// institution has beside these.
var kinds = []kind{
	{key: "hydraulic_operating_table", tracking: serial, least: 280_000, most: 650_000, area: theatre, has: [classes]float64{0, 0, 0.1, 1, 1, 1}},
	{key: "vaccine_refrigerator", tracking: serial, least: 38_000, most: 95_000, area: vaccines, has: [classes]float64{0.2, 1.1, 1.5, 1.3, 1.6, 2}},
	{key: "hospital_bed", tracking: tagged, least: 18_000, most: 60_000, area: ward, has: [classes]float64{0, 0, 0, 9, 22, 34}},
	{key: "electrocardiograph", tracking: serial, least: 28_000, most: 90_000, area: consulting, has: [classes]float64{0.05, 0.6, 1.2, 1.6, 3, 5}},
	{key: "portable_aspirator", tracking: serial, least: 6_000, most: 18_000, area: emergency, has: [classes]float64{0, 0.1, 0.5, 2, 4, 6}},
	{key: "examination_lamp", tracking: tagged, least: 3_000, most: 9_000, area: consulting, has: [classes]float64{0.8, 1.4, 2.2, 1.5, 2, 3}},
	{key: "power_plant", tracking: tagged, least: 350_000, most: 1_800_000, area: engines, has: [classes]float64{0, 0, 0.7, 1, 1.4, 2}},
	{key: "cistern", tracking: tagged, least: 90_000, most: 400_000, area: engines, has: [classes]float64{0, 0, 0.9, 1, 1, 1.3}},
	{key: "ultrasound_scanner", tracking: serial, least: 350_000, most: 1_600_000, area: imaging, has: [classes]float64{0, 0.05, 0.8, 1, 2, 3.5}},
	{key: "dry_heat_sterilizer", tracking: serial, least: 12_000, most: 45_000, area: dentistry, has: [classes]float64{0.15, 0.7, 1.2, 0.4, 0.4, 0.4}},
	{key: "defibrillator", tracking: serial, least: 110_000, most: 260_000, area: emergency, has: [classes]float64{0, 0, 0.5, 1.3, 3, 5}},
	{key: "pulse_oximeter", tracking: serial, least: 4_000, most: 22_000, area: consulting, has: [classes]float64{0.15, 0.5, 1.2, 2, 4, 6}},
	{key: "wheelchair", tracking: tagged, least: 2_500, most: 6_000, area: consulting, has: [classes]float64{0.3, 0.8, 1.8, 2.5, 4, 6}},

	{key: "anesthesia_machine", es: "Máquina de anestesia", en: "Anaesthesia machine", category: medical, tracking: serial, risk: "III", least: 600_000, most: 1_600_000, area: theatre, has: [classes]float64{0, 0, 0.1, 1, 1, 1}},
	{key: "surgical_lamp", es: "Lámpara quirúrgica", en: "Surgical lamp", category: medical, tracking: serial, risk: "II", least: 120_000, most: 480_000, area: theatre, has: [classes]float64{0, 0, 0.1, 1, 1, 1}},
	{key: "electrosurgical_unit", es: "Unidad de electrocirugía", en: "Electrosurgical unit", category: medical, tracking: serial, risk: "III", least: 90_000, most: 320_000, area: theatre, has: [classes]float64{0, 0, 0.1, 1, 1, 1}},
	{key: "vital_signs_monitor", es: "Monitor de signos vitales", en: "Vital signs monitor", category: medical, tracking: serial, risk: "II", least: 45_000, most: 180_000, area: emergency, has: [classes]float64{0, 0.1, 0.5, 3, 8, 13}},
	{key: "mechanical_ventilator", es: "Ventilador mecánico", en: "Mechanical ventilator", category: medical, tracking: serial, risk: "III", least: 350_000, most: 900_000, area: intensive, has: [classes]float64{0, 0, 0, 0.6, 4, 9}},
	{key: "infusion_pump", es: "Bomba de infusión", en: "Infusion pump", category: medical, tracking: serial, risk: "II", least: 22_000, most: 55_000, area: ward, has: [classes]float64{0, 0, 0, 2, 7, 12}},
	{key: "steam_autoclave", es: "Autoclave de vapor", en: "Steam autoclave", category: medical, tracking: serial, risk: "II", least: 90_000, most: 950_000, area: sterile, has: [classes]float64{0, 0.1, 0.5, 1.3, 2.4, 3.5}},
	{key: "incubator", es: "Incubadora", en: "Incubator", category: medical, tracking: serial, risk: "II", least: 180_000, most: 420_000, area: ward, has: [classes]float64{0, 0, 0, 0.7, 2, 3}},
	{key: "xray_unit", es: "Equipo de rayos X", en: "X-ray unit", category: medical, tracking: serial, risk: "II", least: 1_400_000, most: 4_500_000, area: imaging, has: [classes]float64{0, 0, 0.5, 1, 2, 3}},
	{key: "ct_scanner", es: "Tomógrafo", en: "CT scanner", category: medical, tracking: serial, risk: "II", least: 9_000_000, most: 22_000_000, area: imaging, has: [classes]float64{0, 0, 0, 0, 0.6, 1.2}},
	{key: "hemodialysis_machine", es: "Máquina de hemodiálisis", en: "Haemodialysis machine", category: medical, tracking: serial, risk: "III", least: 220_000, most: 420_000, area: dialysis, has: [classes]float64{0, 0, 0, 0, 2.5, 5}},
	{key: "dental_unit", es: "Unidad dental", en: "Dental unit", category: medical, tracking: serial, risk: "II", least: 95_000, most: 260_000, area: dentistry, has: [classes]float64{0, 0.6, 1.6, 0.4, 0.4, 0.4}},
	{key: "blood_pressure_monitor", es: "Baumanómetro", en: "Blood pressure monitor", category: medical, tracking: tagged, risk: "I", least: 1_500, most: 6_000, area: consulting, has: [classes]float64{1.3, 2.1, 3.6, 2, 3, 4}},
	{key: "scale_with_height_rod", es: "Báscula con estadímetro", en: "Scale with height rod", category: medical, tracking: tagged, risk: "I", least: 4_000, most: 12_000, area: consulting, has: [classes]float64{0.9, 1.5, 2.6, 1.5, 2, 3}},
	{key: "nebulizer", es: "Nebulizador", en: "Nebulizer", category: medical, tracking: tagged, risk: "I", least: 2_000, most: 6_000, area: consulting, has: [classes]float64{0.3, 0.8, 1, 1.5, 2, 3}},
	{key: "microscope", es: "Microscopio", en: "Microscope", category: medical, tracking: serial, risk: "I", least: 15_000, most: 70_000, area: laboratory, has: [classes]float64{0, 0.1, 0.8, 1, 1.5, 3}},
	{key: "centrifuge", es: "Centrífuga", en: "Centrifuge", category: medical, tracking: serial, risk: "I", least: 18_000, most: 80_000, area: laboratory, has: [classes]float64{0, 0.05, 0.8, 1, 1.8, 3}},
	{key: "hematology_analyzer", es: "Analizador de hematología", en: "Haematology analyser", category: medical, tracking: serial, risk: "II", least: 180_000, most: 700_000, area: laboratory, has: [classes]float64{0, 0, 0.5, 0.8, 1.4, 2}},
	{key: "examination_table", es: "Mesa de exploración", en: "Examination table", category: furnish, tracking: tagged, least: 4_000, most: 12_000, area: consulting, has: [classes]float64{1, 2, 3.6, 2, 3, 5}},
	{key: "stretcher", es: "Camilla", en: "Stretcher", category: furnish, tracking: tagged, least: 9_000, most: 35_000, area: emergency, has: [classes]float64{0, 0.2, 0.6, 2, 4, 7}},
	{key: "medical_gas_manifold", es: "Central de gases medicinales", en: "Medical gas manifold", category: building, tracking: tagged, least: 180_000, most: 600_000, area: engines, has: [classes]float64{0, 0, 0, 0.8, 1, 1.2}},
	{key: "boiler", es: "Caldera", en: "Boiler", category: building, tracking: tagged, least: 250_000, most: 900_000, area: engines, has: [classes]float64{0, 0, 0, 0.6, 1, 1.5}},
	{key: "lift", es: "Elevador", en: "Lift", category: building, tracking: tagged, least: 900_000, most: 2_500_000, area: engines, has: [classes]float64{0, 0, 0, 0.1, 1.4, 3}},
	{key: "air_conditioning", es: "Aire acondicionado", en: "Air conditioning", category: building, tracking: tagged, least: 25_000, most: 220_000, area: engines, has: [classes]float64{0, 0.1, 0.8, 1, 2, 3}},
}

// perTheatre says that a unit with theatres has one for each of them.
func (k *kind) perTheatre() bool { return k.area == theatre }

// makers are made-up brands, so that nobody's is said to be good or bad, by what they make. They sound like it: nobody who builds beds makes a
// refrigerator for vaccines.
var makers = map[string][]string{
	"cold":      {"Frigovac", "Nevadal", "Polarsur"},
	"furniture": {"Camalia", "Muebles Teotlal", "Reposur"},
	"theatre":   {"Quirotec Anáhuac", "Lumisal", "Bisturia"},
	"vital":     {"Vitalpulso", "Latidor", "Cenzontle Monitores"},
	"breath":    {"Aerovida", "Pulmatec", "Airenova Clínica"},
	"imaging":   {"Rayonorte", "Imagenta", "Ecoluz"},
	"sterile":   {"Vaporclave", "Esterilán", "Norteclave"},
	"dental":    {"Dentasol", "Molarex"},
	"lab":       {"Biotlán", "Analitia", "Lente Ixtle"},
	"renal":     {"Renalmar", "Nefrovía"},
	"measure":   {"Básculas Nopal", "Medivara", "Pulsarte"},
	"power":     {"Solarum", "Motores Tarasco", "Electrosierra"},
	"water":     {"Aguafirme", "Hidrotlán"},
	"heat":      {"Calderas Cenzontle", "Termolma"},
	"air":       {"Climasierra", "Vientofrío"},
	"lift":      {"Elevandes", "Subiris"},
	"gas":       {"Gasvital", "Oximanto"},
}

// trade is which makers make a kind.
var trade = map[string]string{
	"vaccine_refrigerator": "cold", "hospital_bed": "furniture", "examination_table": "furniture", "stretcher": "furniture", "wheelchair": "furniture",
	"hydraulic_operating_table": "theatre", "surgical_lamp": "theatre", "electrosurgical_unit": "theatre", "examination_lamp": "theatre",
	"electrocardiograph": "vital", "defibrillator": "vital", "pulse_oximeter": "vital", "vital_signs_monitor": "vital", "infusion_pump": "vital",
	"portable_aspirator": "breath", "anesthesia_machine": "breath", "mechanical_ventilator": "breath", "nebulizer": "breath", "incubator": "breath",
	"ultrasound_scanner": "imaging", "xray_unit": "imaging", "ct_scanner": "imaging", "dry_heat_sterilizer": "sterile", "steam_autoclave": "sterile",
	"dental_unit": "dental", "microscope": "lab", "centrifuge": "lab", "hematology_analyzer": "lab", "hemodialysis_machine": "renal",
	"blood_pressure_monitor": "measure", "scale_with_height_rod": "measure", "power_plant": "power", "cistern": "water", "boiler": "heat",
	"air_conditioning": "air", "lift": "lift", "medical_gas_manifold": "gas",
}
