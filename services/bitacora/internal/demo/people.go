package demo

import (
	"context"
	"fmt"
	"net/http"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
)

// technicianOffice is where the demonstration's technician is found.
const technicianOffice = "baja-california-sur"

// People has each demo user be there once, as who signs in is: the directory knows of people what their tokens say. Whose office no grant tells, an
// administrator says. Repeated, it adds what is new; whoever was erased stays so.
func People(ctx context.Context, base string, token func(user string) (string, error)) error {
	c := client.New(client.Config{Base: func(string) string { return base }, Tokens: token})
	defer c.Close()
	for _, u := range devissuer.Users() {
		var is struct {
			Office string `json:"office"`
			Erased bool   `json:"erased"`
		}
		if err := c.Get(ctx, u.Name, "/v1/people/me", &is); err != nil {
			return fmt.Errorf("%s in the directory: %w", u.Name, err)
		}
		if u.Name != "technician" || is.Office != "" || is.Erased {
			continue
		}
		path := "/v1/people/" + u.Subject
		a, err := c.Do(ctx, client.Request{User: admin, Method: http.MethodGet, Path: path})
		if err == nil {
			_, err = c.Done(ctx, client.Request{User: admin, Method: http.MethodPatch, Path: path, Version: a.Version(), Body: map[string]string{"office": technicianOffice}}, nil)
		}
		if err != nil {
			return fmt.Errorf("the office of %s: %w", u.Name, err)
		}
	}
	return nil
}
