// Package scenario walks one delivery, one repair and one works order through a running installation, as the people of a unit, an office
// and a contractor would, and checks every answer and every number. It is the smoke test of an installation; the same code is the
// end-to-end test. It brings its own ids, so that it can be walked again and again, and beside other work in other units.
package scenario

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// Config is what a walk is given. Client, Out and Contractor are required.
type Config struct {
	Client *client.Client
	// Out is told each step in one line.
	Out io.Writer
	// Unit is the unit in which everything happens, Santa Rosalía when empty; one that is none of the demonstration's must be there.
	// Nothing else may be written in this unit meanwhile.
	Unit string
	// Contractor is the id of the contractor that the user contractor-a works for.
	Contractor string
	// Busy says that others write in other units meanwhile: then figures of the state, the office and the nation are only checked to
	// contain the unit's.
	Busy bool
	// Deadline is how long the walk waits for what happens later by itself; 30 s when 0.
	Deadline time.Duration
	// Now is the clock, for the fiscal year of the contract; time.Now when nil.
	Now func() time.Time
}

// The users, by the names of the demonstration. Elsewhere clients of the same names stand for people of the same roles at the unit
// (director, requester), its office (engineer, office), another unit (stranger) and the nation (the rest).
const (
	director    = "director-santa-rosalia"
	stranger    = "director-vizcaino"
	requester   = "requester-santa-rosalia"
	engineer    = "engineer-bcs"
	office      = "office-bcs"
	contracts   = "contracts"
	planner     = "planner"
	auditor     = "auditor"
	admin       = "admin"
	contractorA = "contractor-a"
	contractorB = "contractor-b"
)

// Users are the names that Config.Client's tokens must know.
func Users() []string {
	return []string{director, stranger, requester, engineer, office, contracts, planner, auditor, admin, contractorA, contractorB}
}

// Steps are the titles of the steps, in order.
func Steps() []string {
	var titles []string
	for _, s := range steps(time.Now()) {
		titles = append(titles, s.title)
	}
	return titles
}

// steps is the whole table, for a walk that begins at that time.
func steps(now time.Time) []step {
	return slices.Concat(prepareSteps(now.UTC().Year()), deliverySteps(), receivedSteps(), repairSteps(), repairedSteps(), worksSteps(now.UTC()), closingSteps())
}

// Run walks the scenario. The first wrong answer or number is the error: it names the step, what was expected and what was found.
func Run(ctx context.Context, cfg Config) error {
	if cfg.Client == nil || cfg.Out == nil || cfg.Contractor == "" {
		return errors.New("the scenario needs a client, a place to write to and a contractor")
	}
	if cfg.Unit == "" {
		cfg.Unit = demo.SantaRosalia
	}
	if cfg.Deadline == 0 {
		cfg.Deadline = 30 * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	w, err := newWalk(ctx, cfg)
	if err != nil {
		return err
	}
	start := cfg.Now()
	all := steps(start)
	for i, s := range all {
		said := ""
		err := s.deeds.do(w)
		if err == nil {
			said, err = w.named(s.says)
		}
		if err != nil {
			fmt.Fprintf(cfg.Out, "FAIL %2d %s\n", i+1, s.title)
			return fmt.Errorf("step %d (%s): %w", i+1, s.title, err)
		}
		if said != "" {
			said = ": " + said
		}
		if _, err := fmt.Fprintf(cfg.Out, "ok   %2d %s%s\n", i+1, s.title, said); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(cfg.Out, "all %d steps as they should be, in %s\n", len(all), cfg.Now().Sub(start).Round(time.Millisecond))
	return err
}
