package record

import (
	"net/url"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
)

// Person is somebody of the directory, as far as whoever asks may know of him.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Post string `json:"post"`
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
		out[p.ID] = strings.Join(slices.DeleteFunc([]string{p.Name, p.Post}, func(s string) bool { return s == "" }), ", ")
	}
	return out
}
