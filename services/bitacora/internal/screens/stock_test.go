package screens_test

import (
	"net/http"
	"testing"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// An office's stock is one list, narrowed by its address; of another's nobody learns anything.
func TestAnOfficeSeesItsStock(t *testing.T) {
	w := newWorld(t)
	const list = "/existencias?office=baja-california-sur"
	b := w.SignIn(t, office)
	sees(t, b.Get("/"), 200, `href="`+list+`"`)
	sees(t, b.Get("/oficina/baja-california-sur"), 200, `href="`+list+`"`)
	sees(t, b.Get(list), 200, "No hay existencias registradas")
	d := w.delivery()
	w.Want(t, director, "POST", "/v1/deliveries/"+d+"/confirm", map[string]any{"lines": []any{map[string]any{"line": 1, "accepted": 6}, map[string]any{"line": 2, "accepted": 4}}})
	eventually(t, b, list, "Clínica Hospital Santa Rosalía")
	page := sees(t, b.Get(list), 200, "Existencias", "Último cambio", "hoy", `href="/historia/existencias/`)
	inOrder(t, page, "Cantidad", "4", "hoy")
	sees(t, b.Get(list+"&type_key=hospital_bed"), 200, "Nada de este tipo", "Quitar el filtro")
	sees(t, b.Get(list+"&type_key=diagnostic_set"), 200, "Clínica Hospital Santa Rosalía")
	for user, path := range map[string]string{planner: list, "auditor": list, engineer: "/existencias", director: "/existencias", requester: "/existencias?unit_id=" + demo.SantaRosalia} {
		sees(t, w.SignIn(t, user).Get(path), 200, "Clínica Hospital Santa Rosalía")
	}
	sees(t, w.SignIn(t, planner).Get("/oficina/baja-california-sur"), 200, `href="`+list+`"`)
	for user, paths := range map[string][]string{"office-sonora": {list, "/existencias?unit_id=" + demo.SantaRosalia}, stranger: {list, "/existencias?unit_id=" + demo.SantaRosalia},
		contractor: {list, "/existencias"}, "technician": {"/existencias"}, planner: {"/existencias?office=atlantis", list + "&cursor=x"}} {
		for _, path := range paths {
			lacks(t, sees(t, w.SignIn(t, user).Get(path), http.StatusNotFound, "No encontramos esta página"), "Santa Rosalía")
		}
	}
	lacks(t, sees(t, w.SignIn(t, "office-sonora").Get("/existencias"), 200, "No hay existencias registradas"), "Santa Rosalía")
}
