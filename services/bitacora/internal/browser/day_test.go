//go:build browser

package browser_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

// The people of the day.
const (
	director   = "director-santa-rosalia"
	requester  = "requester-santa-rosalia"
	engineer   = "engineer-bcs"
	office     = "office-bcs"
	contractor = "contractor-a"
	planner    = "planner"
	technician = "technician"
	contracts  = "contracts"
	auditor    = "auditor"
	admin      = "admin"
)

// house is an installation with the small demonstration, a piece of equipment and a delivery that has arrived.
type house struct {
	*localtest.World
	asset, delivery string
}

// The piece of equipment: its inventory tag, and what it is.
const (
	tag   = "ECG-0007"
	thing = "Electrocardiógrafo"
)

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{World: localtest.Start(t, t.TempDir())}
	if err := demo.Load(t.Context(), h.URL, h.Tokens); err != nil {
		t.Fatal(err)
	}
	if err := demo.People(t.Context(), h.URL, h.Tokens); err != nil {
		t.Fatal(err)
	}
	setup := demo.Setup{Client: h.Client, User: admin}
	kind := func(key string) string {
		id, err := setup.Type(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	area, err := setup.Area(t.Context(), demo.SantaRosalia, "Consulta externa")
	if err != nil {
		t.Fatal(err)
	}
	h.asset = fmt.Sprint(h.Want(t, engineer, "POST", "/v1/assets", map[string]any{"unit_id": demo.SantaRosalia, "type_id": kind("electrocardiograph"), "area_id": area,
		"inventory_tag": tag, "functioning": "working", "use": "in_use"})["id"])
	h.delivery = fmt.Sprint(h.Want(t, office, "POST", "/v1/deliveries", map[string]any{"unit_id": demo.SantaRosalia, "lines": []any{
		map[string]any{"type_id": kind("hospital_bed"), "quantity": 6}, map[string]any{"type_id": kind("diagnostic_set"), "quantity": 4}}})["id"])
	h.Want(t, office, "POST", "/v1/deliveries/"+h.delivery+"/dispatch", map[string]any{})
	h.Want(t, director, "POST", "/v1/deliveries/"+h.delivery+"/arrive", map[string]any{})
	return h
}

// days are what people do with the console, each from signing in to its last step, and then over REST what is there of it. Each brings what it works on:
// they can be walked one by one, and in any order but for the first, whose figure counts what there is.
var days = []struct {
	name string
	walk func(d day)
}{
	{"a fault and a delivery", faultDay},
	{"a technician", technicianDay},
	{"an office", officeDay},
	{"a contract and its money", contractDay},
	{"an auditor", auditorDay},
	{"an administrator", adminDay},
}

// ways are how people use the console, each at both sizes.
var ways = map[string]way{
	"with a finger":                     {size: phone},
	"with a mouse":                      {size: desk},
	"without JavaScript on a phone":     {size: phone, noScript: true},
	"without JavaScript at a desk":      {size: desk, noScript: true},
	"with only the keyboard, small":     {size: phone, keyboard: true},
	"with only the keyboard, at a desk": {size: desk, keyboard: true},
}

// day is one walked in one way.
type day struct {
	*house
	t *testing.T
	b browser
	way
}

// enter signs somebody in, who sees their home.
func (d day) enter(user string) *person {
	d.t.Helper()
	return d.b.arrive(d.t, d.URL, user, d.way)
}

// TestEachRoleDoesItsDay walks every day in every way. Ways are walked beside each other, in tabs of one browser, each in an installation of its own: a
// page of a list shows the same whoever is quicker.
func TestEachRoleDoesItsDay(t *testing.T) {
	b := chromium(t)
	t.Run("all", func(t *testing.T) {
		for name, how := range ways {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				h := newHouse(t)
				for _, each := range days {
					t.Run(each.name, func(t *testing.T) { each.walk(day{h, t, b, how}) })
				}
			})
		}
	})
}

// has fails the test unless a document that somebody reads says this at this path, "items.0.state", soon: the services learn of each other's documents in
// their own time.
func (d day) has(user, document, path string, want any) {
	d.t.Helper()
	var got any
	servicetest.Eventually(d.t, fmt.Sprintf("%s has %s = %v", document, path, want), func() bool {
		var body any
		if err := d.Client.Get(d.t.Context(), user, document, &body); err != nil {
			d.t.Fatal(err)
		}
		got = at(body, path)
		return fmt.Sprint(got) == fmt.Sprint(want)
	})
}

// at is what stands at a path of an answer.
func at(v any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			n, err := strconv.Atoi(name)
			if err != nil || n >= len(in) {
				return nil
			}
			v = in[n]
		default:
			return nil
		}
	}
	return v
}
