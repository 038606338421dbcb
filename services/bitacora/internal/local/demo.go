package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service"
)

// Demo says which demonstration is loaded at the first start.
type Demo string

// The demonstrations. DemoOff is the zero value: nothing is loaded.
const (
	DemoOff Demo = ""
	// DemoSmall is the units and one of each other thing, made now.
	DemoSmall Demo = "small"
	// DemoFull is an institution that has been at work for months: made by a clock that is moved, while nobody else is served.
	DemoFull Demo = "full"
)

// UnmarshalText reads off, small and full, and the words of earlier releases: false is off, true is full.
func (d *Demo) UnmarshalText(text []byte) error {
	switch string(text) {
	case "off", "false", "False", "FALSE", "f", "F", "0":
		*d = DemoOff
	case string(DemoSmall):
		*d = DemoSmall
	case string(DemoFull), "true", "True", "TRUE", "t", "T", "1":
		*d = DemoFull
	default:
		return errors.New("off, small or full was expected")
	}
	return nil
}

// MarshalText says it as it is configured.
func (d Demo) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d Demo) String() string {
	if d == DemoOff {
		return "off"
	}
	return string(d)
}

// demoDue says whether the demonstration is to be loaded, and is not there yet.
func (i *Installation) demoDue() bool {
	if i.cfg.Demo == DemoOff || i.Issuer == nil || i.demo.Load() {
		return false
	}
	_, err := os.Stat(filepath.Join(i.cfg.DataDir, demoMark))
	return err != nil
}

// LoadDemo has the demonstration loaded unless it was before. Until that is done the installation is not ready: whoever waits for it finds
// the demonstration there. The mark is written last: a load that was cut off is repeated, which adds only what is missing.
func (i *Installation) LoadDemo(load func() error) error {
	if !i.demoDue() {
		return nil
	}
	if err := load(); err != nil {
		return fmt.Errorf("load the demonstration: %w", err)
	}
	if err := i.loaded(); err != nil {
		return err
	}
	i.demo.Store(true)
	return nil
}

// loaded remembers that the demonstration is there. The file that says that it is being made is gone for good before anybody is served: what a start
// finds it beside is taken away.
func (i *Installation) loaded() error {
	var err error
	for _, d := range i.drivers {
		err = errors.Join(err, d.Relax(false))
	}
	mark, stage := filepath.Join(i.cfg.DataDir, demoMark), filepath.Join(i.cfg.DataDir, demoStage)
	if err == nil {
		err = os.WriteFile(mark, []byte(time.Now().UTC().Format(time.RFC3339)+"\n"), 0o600)
	}
	if err != nil || !i.staging {
		return err
	}
	if err := errors.Join(sqlitedoc.Sync(mark), os.Remove(stage), sqlitedoc.Sync(i.cfg.DataDir)); err != nil {
		return err
	}
	i.clock.set(time.Time{})
	return nil
}

// clock is the services' clock: the real one unless it was set.
type clock struct{ at atomic.Pointer[time.Time] }

func (c *clock) now() time.Time {
	if at := c.at.Load(); at != nil {
		return *at
	}
	return time.Now()
}

// under is the time at which what is done under ctx is recorded: while the clock is set, that of what brought it about (event.Cause), which who makes
// the demonstration says of each request, and consumers of each event. So everything has its own time, though much is made beside each other.
func (c *clock) under(ctx context.Context) time.Time {
	if at := event.Cause(ctx); c.at.Load() != nil && !at.IsZero() {
		return at.Time
	}
	return c.now()
}

// set stops the clock at an instant; the zero time lets the real one go on.
func (c *clock) set(at time.Time) {
	if at.IsZero() {
		c.at.Store(nil)
		return
	}
	c.at.Store(&at)
}

// demoStage is the file that says that the full demonstration is being made in a folder that held nothing; it is there only until that is done.
const demoStage = "demo.loading"

// Stage is the installation while the full demonstration is made: who makes it moves the services' clock and is served by Handler, while
// everybody else is answered that it is not there yet.
type Stage struct {
	// Handler serves all services.
	Handler http.Handler
	// Base is the instant of the start, to which all that is made is relative.
	Base time.Time

	i *Installation
}

// staged names the start that makes the demonstration.
type staged struct {
	Installation uint32 `json:"installation"`
	Generation   uint32 `json:"generation"`
}

// unmade takes away what a start has left behind that was cut off while it made the full demonstration: half of one is of no use to anybody, and
// nobody was served meanwhile. Where the folder was served since, by an earlier release, it stays as it is. The marks go last: as long as they are there
// a removal that was cut off is carried on.
func (i *Installation) unmade(ctx context.Context) error {
	dir := i.cfg.DataDir
	raw, err := os.ReadFile(filepath.Join(dir, demoStage))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return unwritable(dir, err)
	}
	var by staged
	m := readMarks(dir)
	if json.Unmarshal(raw, &by) == nil && m.Installation != 0 && m.Installation == by.Installation && slices.Contains(m.current(), by.Generation) {
		i.log.WarnContext(ctx, "a start was cut off while it made the demonstration: it is made from the beginning")
		for _, name := range own() {
			if name != issuerDir && name != marksName && name != demoStage {
				err = errors.Join(err, os.RemoveAll(filepath.Join(dir, name)))
			}
		}
		if err = errors.Join(err, sqlitedoc.Sync(dir)); err == nil {
			err = os.Remove(filepath.Join(dir, marksName))
		}
	}
	if err == nil {
		err = errors.Join(sqlitedoc.Sync(dir), os.Remove(filepath.Join(dir, demoStage)))
	}
	return unwritable(dir, err)
}

// stage begins the making of the full demonstration, in a folder that holds nothing: the clock goes back by months for it, which it must not among
// documents of somebody's.
func (i *Installation) stage(ctx context.Context) error {
	if i.cfg.Demo != DemoFull || !i.demoDue() {
		return nil
	}
	for _, f := range find(i.cfg.DataDir, i.marks.Boot) {
		if f.exists {
			i.log.WarnContext(ctx, "the full demonstration is made in an empty folder only, and this one holds documents: it is served as it is", "folder", i.cfg.DataDir)
			i.demo.Store(true)
			return nil
		}
	}
	raw, err := json.Marshal(staged{i.marks.Installation, i.marks.Next})
	if err == nil {
		err = os.WriteFile(filepath.Join(i.cfg.DataDir, demoStage), append(raw, '\n'), 0o600)
	}
	if err == nil {
		err = errors.Join(sqlitedoc.Sync(filepath.Join(i.cfg.DataDir, demoStage)), sqlitedoc.Sync(i.cfg.DataDir))
	}
	i.staging = err == nil
	return unwritable(i.cfg.DataDir, err)
}

// Stage is for LoadDemo's load where the demonstration is the full one.
func (i *Installation) Stage() *Stage {
	for _, d := range i.drivers {
		_ = d.Relax(true) // it cannot fail
	}
	return &Stage{Handler: i.services, Base: time.Now().UTC().Truncate(time.Second), i: i}
}

// Progress is told how many of the steps are done: the pages say it.
func (s *Stage) Progress(done, total int) { s.i.percent.Store(int64(100 * done / max(1, total))) }

// Move sets the services' clock, for whatever is not made under the time of its own (event.WithCause). It must not go back.
func (s *Stage) Move(to time.Time) { s.i.clock.set(to) }

// stageTTL is how long a token of the making is in force, by the real clock.
const stageTTL = time.Hour

// Token is a token for a person of the demonstration, one of the demo users or somebody else of the institution's.
func (s *Stage) Token(u devissuer.User) (string, error) { return s.i.Issuer.SignUser(u, stageTTL) }

// Settle waits until all that was written is published, and all that is published was heard: what follows from it has happened, by the clock as it
// stands. What follows from that again is waited for too, by looking a second time.
func (s *Stage) Settle(ctx context.Context) error {
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	for quiet := 0; quiet < 2; {
		settled, err := s.settled(ctx)
		if err != nil {
			return err
		}
		if settled {
			quiet++
			continue
		}
		quiet = 0
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (s *Stage) settled(ctx context.Context) (bool, error) {
	for _, svc := range s.i.Services {
		var names []string
		for _, spec := range svc.Store.Specs() {
			if spec.Topic() != "" {
				names = append(names, spec.Name)
			}
		}
		waiting, err := svc.Store.Driver().PendingBefore(ctx, names, time.Now().Add(time.Hour), 1)
		if err != nil || len(waiting) > 0 {
			return false, err
		}
	}
	for _, svc := range s.i.Services {
		for group, topics := range svc.Groups() {
			lag, err := s.i.Bus.Lag(ctx, group, topics)
			if err != nil {
				return false, err
			}
			for _, n := range lag {
				if n > 0 {
					return false, nil
				}
			}
		}
	}
	return true, nil
}

// gated answers everybody but who makes the full demonstration that it is not there yet, as long as it is made: what was written now would
// be dated by a clock that is months behind.
func (i *Installation) gated(h http.Handler) http.Handler {
	if !i.staging {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if i.demo.Load() || reference(i.Services, r.URL.Path) {
			h.ServeHTTP(w, r)
			return
		}
		notYet(w, "the demonstration is being loaded; repeat in a moment")
	})
}

// progress says how much of the full demonstration is made, as long as it is made; nil where it is not made at this start.
func (i *Installation) progress() func() (percent int, yes bool) {
	if !i.staging {
		return nil
	}
	return func() (int, bool) { return int(i.percent.Load()), !i.demo.Load() }
}

// reference says whether a path is that of a service's reference page, which says nothing that depends on what is there.
func reference(services []*service.Service, path string) bool {
	for _, s := range services {
		if head(path) == "/"+s.Name {
			return true
		}
	}
	return false
}

// loading is the readiness check of the demonstration.
func (i *Installation) loading(context.Context) error {
	if i.demoDue() {
		return errors.New("it is being loaded")
	}
	return nil
}
