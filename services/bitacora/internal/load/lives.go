package load

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// send sends one write of a life; false ends it.
type send func(client.Request) (*client.Answer, bool)

// move is one further write about what a life began.
type move struct {
	user, verb string
	body       object
}

// readers are what people of every role look at.
var readers = [][2]string{
	{"requester-santa-rosalia", "/v1/work-orders?limit=20"},
	{"director-santa-rosalia", "/v1/status/units/" + demo.SantaRosalia},
	{"director-vizcaino", "/v1/units"},
	{"engineer-bcs", "/v1/assets?limit=50&unit_id=" + demo.SantaRosalia},
	{"technician", "/v1/work-orders?limit=20"},
	{"contractor-a", "/v1/contracts?limit=20"},
	{"office-bcs", "/v1/status/offices/baja-california-sur"},
	{"contracts", "/v1/deliveries?limit=20"},
	{"planner", "/v1/status/nation"},
	{"auditor", "/v1/stock"},
	{"admin", "/v1/equipment-types"},
}

// asset registers an asset, and it is reported on.
func (l *load) asset(do send) {
	live(do, registrations, client.Request{User: "admin", Body: object{"unit_id": demo.SantaRosalia, "type_id": l.kind, "functioning": "working",
		"use": "in_use", "brand": l.name, "inventory_tag": uuid.NewString()}},
		move{"engineer-bcs", "report-functioning", object{"value": "limited"}},
		move{"director-santa-rosalia", "report-use", object{"value": "not_in_use", "reason": "no_trained_staff"}},
		move{"office-bcs", "report-custody", object{"value": "on_loan"}})
}

// registrations is where assets are registered.
const registrations = "/v1/assets"

// order asks for a repair, which is given to the contractor under the contract and then given up: in words that this release and the one
// before both know, so that an upgrade can be loaded.
func (l *load) order(do send) {
	plant := l.plants[l.turn%len(l.plants)]
	l.turn++
	live(do, "/v1/work-orders", client.Request{User: "director-santa-rosalia", Body: object{"unit_id": demo.SantaRosalia, "type": "corrective",
		"priority": "medium", "target": object{"kind": "asset", "asset_id": plant}, "reported_functioning": "limited",
		"estimate": amount(1000_00)}},
		move{"engineer-bcs", "approve", object{}},
		move{"contracts", "assign", object{"contract_id": l.contract, "committed": amount(1000_00)}},
		move{"contractor-a", "acknowledge", object{}},
		move{"office-bcs", "cancel", object{"note": "carga"}})
}

// delivery brings two beds, which become assets of the unit.
func (l *load) delivery(do send) {
	live(do, "/v1/deliveries", client.Request{User: "contracts", Body: object{"unit_id": demo.SantaRosalia, "delivery_note": l.name + " " + uuid.NewString()[:8],
		"lines": []object{{"type_id": l.kind, "quantity": 2}}}},
		move{"contracts", "dispatch", object{}},
		move{"director-santa-rosalia", "arrive", object{}},
		move{"director-santa-rosalia", "confirm", object{"lines": []object{{"line": 1, "accepted": 2}}}})
}

// live creates something and then sends the moves, until one is not acknowledged.
func live(do send, path string, create client.Request, moves ...move) {
	create.Method, create.Path, create.Key = http.MethodPost, path, uuid.NewString()
	a, ok := do(create)
	if !ok {
		return
	}
	var made struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(a.Body, &made); err != nil {
		return
	}
	for _, m := range moves {
		if _, ok := do(client.Request{User: m.user, Method: http.MethodPost, Path: path + "/" + made.ID + "/" + m.verb, Key: uuid.NewString(), Body: m.body}); !ok {
			return
		}
	}
}

// acknowledged remembers the versions that a write's answer names.
func (l *load) acknowledged(marks string) {
	for text := range strings.SplitSeq(marks, ",") {
		m, err := rest.ParseMark(strings.TrimSpace(text))
		if err != nil {
			l.refused["a write's answer names no version: "+err.Error()]++
			continue
		}
		of := aggregate{m.Aggregate, m.ID}
		l.versions[of] = max(l.versions[of], m.Version)
		l.marks = append(l.marks, m.String())
		if l.Acknowledged != nil {
			l.Acknowledged(m.Aggregate+"/"+m.ID, m.Version)
		}
	}
}
