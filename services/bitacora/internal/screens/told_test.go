package screens_test

import (
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// Whoever reported reads in the list why a report came to nothing, and who decided so.
func TestWhyAReportCameToNothingIsInTheList(t *testing.T) {
	w := newWorld(t)
	declined, cancelled := w.order(w.asset("electrocardiograph", "I-1"), "No imprime"), w.order(w.asset("electrocardiograph", "I-2"), "Hace ruido")
	w.SignIn(t, engineer).Get("/") // the directory has met whoever decides
	w.Want(t, engineer, "POST", "/v1/work-orders/"+declined+"/decline", map[string]any{"note": "Le falta papel: lo repone la unidad"})
	w.Want(t, engineer, "POST", "/v1/work-orders/"+cancelled+"/cancel", map[string]any{"note": "Se reportó dos veces"})
	p := sees(t, w.SignIn(t, requester).Get("/reportes?ver=terminados"), 200, "No procede", "Le falta papel: lo repone la unidad", "Se canceló", "Se reportó dos veces", "Lo decidió: Paula Osuna Liera")
	lacks(t, p, "No se escribió el motivo")
}

// The latest come first in every list of what happens, and page after page.
func TestTheLatestComeFirst(t *testing.T) {
	w := newWorld(t)
	var orders []string
	for _, tag := range []string{"I-1", "I-2", "I-3", "I-4", "I-5"} {
		id := w.order(w.asset("electrocardiograph", tag), "No imprime")
		w.Want(t, engineer, "POST", "/v1/work-orders/"+id+"/decline", map[string]any{"note": "no procede"})
		orders = append(orders, id)
	}
	deliveries := []string{w.delivery(), w.delivery(), w.delivery()}
	for _, c := range []struct {
		user, path, link string
		ids              []string
	}{{engineer, "/historial", "/ordenes/", orders}, {"auditor", "/historias", "/historia/ordenes/", orders}, {requester, "/reportes?ver=terminados", "/ordenes/", orders},
		{office, "/entregas", "/entregas/", deliveries}, {"auditor", "/historias?de=entregas", "/historia/entregas/", deliveries}} {
		p, last := sees(t, w.SignIn(t, c.user).Get(c.path), 200), -1
		for i := len(c.ids) - 1; i >= 0; i-- {
			at := strings.Index(p.Text, `href="`+c.link+c.ids[i]+`"`)
			if at <= last {
				t.Errorf("%s at %s: number %d of %d is at %d, behind %d", c.user, c.path, i+1, len(c.ids), at, last)
			}
			last = at
		}
	}
}

// Nobody is told an hour as theirs where nobody knows where they are: a technician's and a contractor's grants name no place. Others read both.
func TestAnHourIsNobodysWhereNobodyKnowsWhereTheyAre(t *testing.T) {
	w := newWorld(t)
	order := w.given(w.asset("electrocardiograph", "I-1"), "No imprime")
	for user, yours := range map[string]bool{contractor: false, planner: true, director: false} {
		p := sees(t, w.SignIn(t, user).Get("/ordenes/"+order), 200)
		text := words(p.Text)
		if strings.Contains(text, "la suya,") != yours || strings.Contains(text, "en su hora") && !yours {
			t.Errorf("%s: %s", user, text)
		}
		if named := strings.Contains(text, "(hora del Pacífico"); named == (user == director) {
			t.Errorf("%s: the zone is named: %t: %s", user, named, text)
		}
	}
}

// A unit goes by its name wherever people are told where they are; its key stands beside, or alone where its name cannot be had.
func TestAUnitGoesByItsNameWhereverOneIsToldWhereOneIs(t *testing.T) {
	w := newWorld(t)
	b := w.SignIn(t, director)
	sees(t, b.Get("/quien-soy"), 200, "Clínica Hospital Santa Rosalía · "+demo.SantaRosalia)
	for path, status := range map[string]int{"/": 200, "/ordenes": 200, "/quien-soy": 200, "/nada": 404, "/personas": 404} {
		lacks(t, sees(t, b.Get(path), status, "Clínica Hospital Santa Rosalía"), "Unidad "+demo.SantaRosalia)
	}
	sees(t, w.SignIn(t, stranger).Get("/nada"), 404, "Unidad BSIST000026") // which is not registered here
}
