package scenario

import (
	"net/http"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
)

// lend puts a bed into service, lends it and gets it back: it is the unit's all the time, and in service only while it is there. A unit
// that has assets is not closed, wherever they are.
func (w *walk) lend(bed string) error {
	for _, s := range []struct {
		verb, value string
		inService   bool
		change      figures
	}{
		{"functioning", "working", false, figures{"assets.functioning_unknown": -1, "assets.working": 1}},
		{"use", "in_use", true, figures{"assets.not_in_use": -1, "assets.in_service": 1, "by_type.hospital_bed.in_service": 1}},
		{"custody", "on_loan", false, figures{"assets.away": 1, "assets.in_service": -1, "by_type.hospital_bed.in_service": -1}},
		{"custody", "at_unit", true, figures{"assets.away": -1, "assets.in_service": 1, "by_type.hospital_bed.in_service": 1}},
	} {
		d, err := w.write(client.Request{User: director, Path: bed + "/report-" + s.verb, Body: object{"value": s.value}})
		if err != nil {
			return err
		}
		if err := d.is(s.verb+".value", s.value, "in_service", s.inService); err != nil {
			return err
		}
		w.mark("asset", d)
		w.expect(s.change)
		if err := w.checkMarked(); err != nil {
			return err
		}
	}
	unit, err := w.get(admin, "/v1/units/"+w.Unit)
	if err != nil {
		return err
	}
	return w.refused(client.Request{User: admin, Method: http.MethodPatch, Path: "/v1/units/" + w.Unit, Version: unit.Version(), Body: object{"operation_state": "closed"}},
		http.StatusConflict, "assets-remain", "open")
}
