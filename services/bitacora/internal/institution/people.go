package institution

import (
	"strings"
	"sync"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// What people are called; all of it invented.
var (
	givenNames = []string{"Adriana", "Beatriz", "Carmen", "Dolores", "Esperanza", "Fátima", "Gabriela", "Irma", "Julia", "Leticia", "Norma", "Verónica",
		"Agustín", "Benito", "Carlos", "Efraín", "Gerardo", "Héctor", "Ismael", "Joaquín", "Martín", "Octavio", "Rubén", "Tomás"}
	familyNames = []string{"Aguilar", "Bautista", "Cervantes", "Domínguez", "Espinosa", "Fuentes", "Galindo", "Huerta", "Islas", "Juárez", "Lozano", "Medrano", "Nájera",
		"Orozco", "Pacheco", "Quintero", "Rosales", "Solís", "Tovar", "Uribe", "Valdez", "Zamora"}
)

// unitNames are the names of the units by their keys: a post names a unit as people do.
var unitNames = sync.OnceValue(func() map[string]string {
	units, _, err := readUnits()
	if err != nil {
		panic(err) // the file is embedded, and read by the plan too
	}
	names := map[string]string{}
	for _, u := range units {
		names[u.id] = u.name
	}
	return names
})

// Person is somebody of the institution by name: a demo user, or staff of a place, "director-DFIST000090" or "engineer-puebla". It has no grants where
// the name is of neither kind.
func Person(name string) devissuer.User {
	if u, ok := devissuer.UserByName(name); ok {
		return u
	}
	r := chance("person " + name)
	u := devissuer.User{Name: name, Subject: devissuer.Subject(name), Given: pick(r, givenNames), Family: pick(r, familyNames) + " " + pick(r, familyNames)}
	role, place, _ := strings.Cut(name, "-")
	office, _ := mx.OfficeByKey(place)
	unit := unitNames()[place]
	switch role {
	case "director":
		u.Title, u.Grants = "Dirección, "+unit, []string{"unit_director@unit:" + place}
	case "requester":
		u.Title, u.Grants = "Personal, "+unit, []string{"requester@unit:" + place}
	case "engineer":
		u.Title, u.Grants = "Ingeniería biomédica, "+office.Name, []string{"biomedical_engineer@office:" + place}
	case "office":
		u.Title, u.Grants = "Subdelegación de Administración, "+office.Name, []string{"office_administrator@office:" + place}
	case "technician":
		u.Title, u.Grants = "Técnico, "+office.Name, []string{"technician@technician:" + u.Subject}
	}
	return u
}

// staff are the demo users who are somebody's staff, by who they would be otherwise.
var staff = map[string]string{
	"director-BSIST000014": "director-santa-rosalia", "director-BSIST000026": "director-vizcaino", "director-BSIST000031": "director-guerrero-negro",
	"requester-BSIST000014": "requester-santa-rosalia", "engineer-baja-california-sur": "engineer-bcs", "office-baja-california-sur": "office-bcs",
	"technician-baja-california-sur": "technician",
}

// person is the name of somebody of the staff.
func person(role, place string) string {
	name := role + "-" + place
	if known, ok := staff[name]; ok {
		return known
	}
	return name
}
