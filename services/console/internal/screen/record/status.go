package record

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
)

// Status is the figures of a unit, an office, a state or the nation.
type Status struct {
	ID             string    `json:"id"`
	Name           string    `json:"name"`
	State          string    `json:"state_code"`
	Office         string    `json:"office"`
	Region         string    `json:"region"`
	Units          int       `json:"units"`
	Suspended      int       `json:"suspended"`
	NotSurveyed    NotSeen   `json:"not_surveyed"`
	OperationState string    `json:"operation_state"`
	UnitType       string    `json:"unit_type"`
	CareLevel      string    `json:"care_level"`
	Figures        Figures   `json:"figures"`
	Planned        Apart     `json:"planned"`
	Closed         Apart     `json:"closed"`
	AsOf           time.Time `json:"as_of"`
}

// Whole says that an answer is the figures of a place.
func (s *Status) Whole() bool { return s.ID != "" }

// Apart is what planned or closed units have, beside the totals.
type Apart struct {
	Units int `json:"units"`
}

// NotSeen is how many units were never surveyed: of a unit itself, 1 or 0.
type NotSeen int

// UnmarshalJSON reads a number or a truth value.
func (n *NotSeen) UnmarshalJSON(b []byte) error {
	*n = 0
	for _, c := range string(b) {
		if c >= '0' && c <= '9' {
			*n = *n*10 + NotSeen(c-'0')
		}
	}
	if string(b) == "true" {
		*n = 1
	}
	return nil
}

// Assets are counts of assets.
type Assets struct {
	Total       int64 `json:"total"`
	Draft       int64 `json:"draft"`
	Active      int64 `json:"active"`
	InService   int64 `json:"in_service"`
	Working     int64 `json:"working"`
	Limited     int64 `json:"limited"`
	NotWorking  int64 `json:"not_working"`
	Unknown     int64 `json:"functioning_unknown"`
	NotInUse    int64 `json:"not_in_use"`
	Quarantined int64 `json:"quarantined"`
	Away        int64 `json:"away"`
	Retired     int64 `json:"retired"`
}

// Figures are counts. Assets is nil where nobody has ever looked: that is not 0.
type Figures struct {
	Assets *Assets `json:"assets"`
	ByType map[string]struct {
		Total      int64 `json:"total"`
		Active     int64 `json:"active"`
		InService  int64 `json:"in_service"`
		NotWorking int64 `json:"not_working"`
	} `json:"by_type"`
	Orders struct {
		Total      int64            `json:"total"`
		Open       int64            `json:"open"`
		ByState    map[string]int64 `json:"by_state"`
		OpenUrgent int64            `json:"open_urgent"`
	} `json:"work_orders"`
	Deliveries struct {
		Total   int64            `json:"total"`
		ByState map[string]int64 `json:"by_state"`
	} `json:"deliveries"`
	Stock struct {
		Lines    int64 `json:"lines"`
		Quantity int64 `json:"quantity"`
	} `json:"stock"`
}

// StatusOf reads the figures of a place written as in a grant: "nation", "office:sonora", "state:26", "unit:BSIST000014". ok is false of
// places that have no figures of their own.
func StatusOf(ctx context.Context, c *api.Client, place string) (s Status, ok bool, err error) {
	kind, key, _ := strings.Cut(place, ":")
	path := map[string]string{"nation": "/v1/status/nation", "office": "/v1/status/offices/", "state": "/v1/status/states/", "unit": "/v1/status/units/"}[kind]
	if path == "" {
		return s, false, nil
	}
	_, err = c.Get(ctx, path+url.PathEscape(key), &s)
	return s, true, err
}

// StatusOfUnits are the figures of units by their keys, in one request for each hundred. Of a unit whose figures could not be had there are none.
func StatusOfUnits(ctx context.Context, c *api.Client, units []Unit) map[string]Status {
	out := map[string]Status{}
	for part := range slices.Chunk(units, asked) {
		var ids []string
		for _, u := range part {
			ids = append(ids, u.ID)
		}
		var page Page[Status]
		_, err := c.Get(ctx, "/v1/status/units?"+url.Values{"ids": ids}.Encode(), &page)
		if api.ProblemOf(err) != nil { // an earlier release, which tells each by itself
			var mu sync.Mutex
			Each(len(ids), func(i int) {
				if s, _, err := StatusOf(ctx, c, "unit:"+ids[i]); err == nil {
					mu.Lock()
					defer mu.Unlock()
					out[ids[i]] = s
				}
			})
			continue
		}
		for _, s := range page.Items {
			out[s.ID] = s
		}
	}
	return out
}
