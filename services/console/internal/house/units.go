package house

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// How long a unit's name is good for, how long a page waits for one, and how soon it is asked for again where it could not be had.
const (
	namedFor  = 10 * time.Minute
	namedIn   = time.Second
	unnamedIn = 30 * time.Second
)

// unitNames are the names of the units at which people hold their grants: each page's head says who is signed in and where, whatever the page is.
type unitNames struct{ known sync.Map }

type unitName struct {
	name  string
	until time.Time
}

// name is the name of the unit of a visitor's first grant; "" where that is no unit, or its name cannot be had: then its key stands for it.
func (u *unitNames) name(r *http.Request, h House, v *Visitor) string {
	if len(v.Who.Grants) == 0 || v.Who.Grants[0].Kind() != "unit" {
		return ""
	}
	key, now := v.Who.Grants[0].Key(), h.Now()
	was, _ := u.known.Load(key)
	known, _ := was.(unitName)
	if now.Before(known.until) {
		return known.name
	}
	ctx, cancel := context.WithTimeout(r.Context(), namedIn)
	defer cancel()
	var unit struct {
		Name string `json:"name"`
	}
	if _, err := h.client(r, v).Get(ctx, "/v1/units/"+url.PathEscape(key), &unit); err != nil || unit.Name == "" {
		u.known.Store(key, unitName{known.name, now.Add(unnamedIn)})
		return known.name
	}
	u.known.Store(key, unitName{unit.Name, now.Add(namedFor)})
	return unit.Name
}
