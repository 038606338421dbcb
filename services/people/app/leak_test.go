package app_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/people/app"
)

// inside says, for the places of the demo users alone, whether a is b or lies in it.
func inside(a, b string) bool {
	units := map[string]string{"unit:BSIST000014": "office:baja-california-sur", "unit:BSIST000026": "office:baja-california-sur", "unit:BSIST000031": "office:baja-california-sur"}
	return a == b || b == "nation" || units[a] == b
}

// places are those of the demo user's grants as staff.
func places(u devissuer.User) (out []string) {
	for _, g := range u.Grants {
		if role, place, _ := strings.Cut(g, "@"); role != "contractor" && role != "technician" {
			out = append(out, place)
		}
	}
	return out
}

// TestEveryDemoUserAgainstEveryPerson asks every operation that answers people, as every demo user, before and after an erasure: names only of those
// with whom the user shares a place, telephones only within unit and office, addresses of nobody, posts alone for those who are not staff.
func TestEveryDemoUserAgainstEveryPerson(t *testing.T) {
	w, s := servicetest.Run(t, app.New)
	for _, id := range []string{"BSIST000014", "BSIST000026", "BSIST000031"} {
		w.Publish(t, event.Units, "unit.registered", 1, servicetest.Unit(id, nil))
	}
	s.Heard()
	users := devissuer.Users()
	token := func(u devissuer.User) string {
		return servicetest.Named(servicetest.As(u.Subject, u.Grants...), "Nombre "+u.Name+".", "Puesto "+u.Name+".", u.Name+"@secreto.example")
	}
	ids := make([]string, len(users))
	telephone := map[string]string{}
	for i, u := range users {
		ids[i], telephone[u.Name] = u.Subject, fmt.Sprintf("555 %07d", i)
		s.Want(200, token(u), "PUT", me, map[string]any{"telephone": telephone[u.Name], "email": u.Name + "@secreto.example"})
	}
	// may is what of a person a user may see: nothing, the post, the name, the telephone.
	may := func(u, of devissuer.User) (post, name, phone bool) {
		if u.Name == of.Name {
			return true, true, true
		}
		mine, theirs := places(u), places(of)
		for _, a := range mine {
			name = name || a == "nation"
			for _, b := range theirs {
				name = name || inside(a, b) || inside(b, a)
				office := strings.HasPrefix(b, "office:") && inside(a, b)
				phone = phone || a == b && a != "nation" || office || strings.HasPrefix(b, "unit:") && strings.HasPrefix(a, "office:") && inside(b, a)
			}
		}
		return name || len(mine) == 0 && len(theirs) > 0, name, phone
	}
	check := func(u devissuer.User, asked, body string) {
		t.Helper()
		for _, of := range users {
			post, name, phone := may(u, of)
			for word, allowed := range map[string]bool{"Puesto " + of.Name + ".": post, of.Subject: post, "Nombre " + of.Name + ".": name, telephone[of.Name]: phone,
				of.Name + "@secreto": u.Name == of.Name} {
				if !allowed && strings.Contains(body, word) {
					t.Errorf("%s shows %s of %s to %s", asked, word, of.Name, u.Name)
				}
			}
		}
	}
	for _, u := range users {
		all := s.Call(token(u), "GET", "/v1/people?ids="+strings.Join(ids, ","), nil)
		check(u, "names of a page", string(all.Body))
		for _, of := range users { // and nothing is kept from whoever may see it
			post, name, phone := may(u, of)
			for word, allowed := range map[string]bool{"Puesto " + of.Name + ".": post, "Nombre " + of.Name + ".": name, telephone[of.Name]: phone} {
				if allowed && !strings.Contains(string(all.Body), word) {
					t.Errorf("%s of %s is kept from %s", word, of.Name, u.Name)
				}
			}
			a := s.Call(token(u), "GET", "/v1/people/"+of.Subject, nil)
			check(u, "one person", strings.ReplaceAll(string(a.Body), of.Subject, ""))
			if (a.Status == 200) != post {
				t.Errorf("%s reads %s: %d", u.Name, of.Name, a.Status)
			}
		}
		for _, query := range []string{"", "?limit=200", "?role=unit_director", "?role=contractor", "?role=technician", "?unit_id=BSIST000014", "?office=baja-california-sur", "?office=sonora&role=planner"} {
			listed := s.Call(token(u), "GET", "/v1/people"+query, nil)
			check(u, "the list"+query, string(listed.Body))
			if len(places(u)) == 0 && slices.ContainsFunc(listed.Texts("items"), func(id string) bool { return id != u.Subject }) {
				t.Errorf("%s, who is not staff, lists %s", u.Name, listed.Body)
			}
		}
		check(u, "oneself", string(s.Call(token(u), "GET", me, nil).Body))
	}
	admin, _ := devissuer.UserByName("admin")
	for _, u := range users {
		if u.Name != "admin" {
			s.Want(200, token(admin), "POST", "/v1/people/"+u.Subject+"/erase", nil)
		}
	}
	for _, u := range users {
		for _, item := range s.Items(token(u), "/v1/people?limit=200&ids="+strings.Join(ids, ",")) {
			b, err := json.Marshal(item)
			if err != nil {
				t.Fatal(err)
			}
			if id := item.(map[string]any)["id"]; id != admin.Subject && id != u.Subject && len(item.(map[string]any)) != 3 {
				t.Errorf("%s sees of one who was erased: %s", u.Name, b)
			}
		}
	}
}
