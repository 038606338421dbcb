package institution

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
)

// object is a JSON object.
type object = map[string]any

// Step is one thing that somebody did.
type Step struct {
	// At is when.
	At time.Time
	// Lane is what it belongs to: steps of one lane are played in their order, those of others beside them.
	Lane string
	client.Request
	// Settles says that what follows from it has to have happened before the clock goes on.
	Settles bool
	// item is the delivered thing that the step is about, whose id its path lacks.
	item *item
}

// item names a thing by the delivery that brought it.
type item struct {
	delivery      string
	line, ordinal int
}

// areaOf stands in a step's body for the id of an area, which the installation gives.
type areaOf struct{ unit, name string }

// days is how long ago it began.
const days = 182

// begin is when the first step was.
func begin(base time.Time) time.Time { return base.AddDate(0, 0, -days) }

// Steps of six hours, in the last six hours of ten minutes, are played beside each other, each recorded at its own time.
const (
	pace     = 6 * time.Hour
	lastPace = 10 * time.Minute
)

// turn is the time at which the clock stands when a step of that time is played: the same for all that are played beside each other.
func turn(base, at time.Time) time.Time {
	ago := base.Sub(at)
	if ago > pace {
		return base.Add(-ago.Truncate(pace))
	}
	return base.Add(-max(0, ago).Truncate(lastPace))
}

// plan is a Plan in the making.
type plan struct {
	base  time.Time
	share int
	steps []Step
	units []*unit
	// catalogue are the kinds with their ids, kinds the same by their keys.
	catalogue []kind
	kinds     map[string]*kind
	// numbers are the last ones given, by what they count.
	numbers map[string]int
	// spent is what is committed of each contract, in cents.
	spent map[string]int
}

// chance is a source of its own for everything that has a name, so that nothing depends on what was drawn for others.
func chance(name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))                // it never fails
	return rand.New(rand.NewPCG(h.Sum64(), 11)) //nolint:gosec // made-up data, not secrets
}

// between is a number from least to most, both included.
func between(r *rand.Rand, least, most int) int { return least + r.IntN(most-least+1) }

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// Series of ids.
const (
	assetSeries = iota + 1
	orderSeries
	deliverySeries
	lineSeries
	contractSeries
	appointmentSeries
)

// id is a UUIDv7 of that time, the next of a series.
func (p *plan) id(at time.Time, series int) string {
	key := fmt.Sprint("id", series)
	p.numbers[key]++
	return fmt.Sprintf("%08x-%04x-7000-8000-%04x%08x", at.UnixMilli()>>16, at.UnixMilli()&0xffff, series, p.numbers[key])
}

// next is the next number of a name, from 1.
func (p *plan) next(name string) int {
	p.numbers[name]++
	return p.numbers[name]
}

// ago is the time so many days before the first start, within the hours of work.
func (p *plan) ago(days float64) time.Time {
	return p.working(p.base.Add(-time.Duration(days * 24 * float64(time.Hour))))
}

// zone is whose hours of work are kept everywhere.
var zone = time.FixedZone("México", -6*60*60)

// working moves a time into the hours of work, from eight to six, of its day; later times stay later. What is of the day of the first start stays.
func (p *plan) working(at time.Time) time.Time {
	at = at.In(zone)
	y, m, d := at.Date()
	midnight := time.Date(y, m, d, 0, 0, 0, 0, zone)
	today := p.base.In(zone)
	if ty, tm, td := today.Date(); y == ty && m == tm && d == td || at.After(today) {
		return at.Truncate(time.Second).UTC()
	}
	part := float64(at.Sub(midnight)) / float64(24*time.Hour)
	return midnight.Add(8*time.Hour + time.Duration(part*10*float64(time.Hour))).Truncate(time.Minute).UTC()
}

// keys is the name space of Idempotency-Keys.
var keys = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://bitacora.example/institution"))

// do adds a step. Its key follows from its lane and path: nothing is done twice to one thing, unless extra tells it apart.
func (p *plan) do(at time.Time, lane, user, path string, body object, extra ...string) *Step {
	key := path
	if id, named := body["id"]; named {
		key += "/" + fmt.Sprint(id)
	}
	key = uuid.NewSHA1(keys, []byte(strings.Join(append([]string{key}, extra...), "/"))).String()
	p.steps = append(p.steps, Step{At: at, Lane: lane, Request: client.Request{User: user, Method: "POST", Path: path, Key: key}})
	if body != nil {
		p.steps[len(p.steps)-1].Body = body
	}
	return &p.steps[len(p.steps)-1]
}

// said adds to a body when it happened.
func said(at time.Time, body object) object {
	if body == nil {
		body = object{}
	}
	body["occurred_at"] = at.Format(time.RFC3339)
	return body
}

func pesos(cents int) object { return object{"amount_cents": cents, "currency": "MXN"} }

// sorted brings the steps into the order in which they are played.
func (p *plan) sorted() []Step {
	slices.SortStableFunc(p.steps, func(a, b Step) int { return a.At.Compare(b.At) })
	return p.steps
}
