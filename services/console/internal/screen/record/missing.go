package record

import (
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Missing is what stands where a part of a page should be that its service did not answer; the rest of the page is there. title says in words
// which part it is.
func Missing(r *screen.Request, title string, away *api.Away) *ui.Failure {
	return &ui.Failure{Title: title, Text: words.Say("rest_works"), Since: Reader(r).Hour(r.Now), Again: r.URL.RequestURI(), Reference: away.Reference}
}
