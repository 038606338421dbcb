package record

import (
	"net/url"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
)

// Person is somebody of the directory, as far as whoever asks may know of him.
type Person struct {
	ID string `json:"id"`
	Allowed
	Name           string   `json:"name"`
	Post           string   `json:"post"`
	UnitID         string   `json:"unit_id"`
	Office         string   `json:"office"`
	Telephone      string   `json:"telephone"`
	Email          string   `json:"email"`
	EmailConfirmed bool     `json:"email_confirmed"`
	Language       string   `json:"language"`
	Grants         []string `json:"grants"`
	SeenOn         string   `json:"seen_on"`
	Erased         bool     `json:"erased"`
	// Stated is what an administrator said of the person.
	Stated struct {
		Name   string `json:"name"`
		Post   string `json:"post"`
		UnitID string `json:"unit_id"`
		Office string `json:"office"`
	} `json:"stated"`
}

// Where is the person's unit by its name, or else the office; "" where neither is known.
func (n *Names) Where(p Person) string {
	if p.UnitID != "" {
		return n.UnitName(p.UnitID)
	}
	if p.Office != "" {
		return screen.In("office:" + p.Office)
	}
	return ""
}

// Filled are the texts that are not empty.
func Filled(parts ...string) []string {
	return slices.DeleteFunc(slices.Clone(parts), func(s string) bool { return s == "" })
}

// known bounds the people that are asked for at once, as the directory does.
const known = 100

// People are how those of these subjects are called whom whoever asks may know: "Ana Ruiz, directora". They are asked for in one request; a page
// does not fail for a name.
func People(r *screen.Request, subjects []string) map[string]string {
	ids := slices.Clone(subjects)
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" || id == r.Who.Subject })
	out := map[string]string{}
	if len(ids) == 0 {
		return out
	}
	page, err := List[Person](r.Context(), r.API, "/v1/people", url.Values{"ids": ids[:min(len(ids), known)]}, known, "")
	if err != nil {
		return out
	}
	for _, p := range page.Items {
		out[p.ID] = strings.Join(Filled(p.Name, p.Post), ", ")
	}
	return out
}
