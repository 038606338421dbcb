package institution

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	console "github.com/bitacora-salud/bitacora/services/console/app"
)

// Stage is the installation while the demonstration is made in it; see local.Stage.
type Stage interface {
	// Move sets the services' clock, Settle waits until all has followed that follows. A request is recorded at the time of its own that its ctx says
	// (event.WithCause), and so is what follows from it.
	Move(to time.Time)
	Settle(ctx context.Context) error
	// Token is a token for a person, in force for an hour.
	Token(u devissuer.User) (string, error)
}

// Config is what Load is given; Stage, Handler and Base are required.
type Config struct {
	Stage Stage
	// Handler serves all services.
	Handler http.Handler
	// Base is the instant of the first start.
	Base time.Time
	// Progress is told how many of the steps are done.
	Progress func(done, total int)
	// Share is that of Plan; 1 when 0.
	Share int
}

// workers is how many steps of the same time are played beside each other: more than there are processors, since each waits for the disk.
const workers = 16

// player plays the steps of a plan.
type player struct {
	Config
	client *client.Client

	mu     sync.Mutex
	tokens map[string]string
	areas  map[areaOf]string
	items  map[item]string
}

// Load makes the demonstration in an installation that holds nothing. A refused step ends it: then the plan is wrong, and no part of it is of use.
func Load(ctx context.Context, cfg Config) error {
	steps, err := Plan(cfg.Base, max(1, cfg.Share))
	if err != nil {
		return err
	}
	p := &player{Config: cfg, tokens: map[string]string{}, areas: map[areaOf]string{}, items: map[item]string{}}
	p.client = client.New(client.Config{Base: func(string) string { return "http://bitacora" }, Tokens: p.token, Pause: 3 * time.Millisecond, RetryFor: time.Minute,
		HTTP: &http.Client{Transport: console.InProcess(cfg.Handler)}})
	defer p.client.Close()
	for n := 0; n < len(steps); {
		at := turn(cfg.Base, steps[n].At)
		end := n
		for end < len(steps) && turn(cfg.Base, steps[end].At).Equal(at) {
			end++
		}
		cfg.Stage.Move(at)
		if err := p.together(ctx, steps[n:end]); err != nil {
			return err
		}
		n = end
		if cfg.Progress != nil {
			cfg.Progress(n, len(steps))
		}
	}
	cfg.Stage.Move(cfg.Base)
	if err := p.meet(ctx); err != nil {
		return err
	}
	return cfg.Stage.Settle(ctx)
}

// meet has the directory learn of everybody who did something, and of the demo users: by their tokens, as when they first look who they are.
func (p *player) meet(ctx context.Context) error {
	names := slices.Collect(maps.Keys(p.tokens))
	for _, u := range devissuer.Users() {
		if p.tokens[u.Name] == "" {
			names = append(names, u.Name)
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for _, name := range names {
		g.Go(func() error { return p.client.Get(ctx, name, "/v1/people/me", nil) })
	}
	return g.Wait()
}

// together plays the steps of one time, lane beside lane.
func (p *player) together(ctx context.Context, steps []Step) error {
	lanes, order, settles := map[string][]*Step{}, []string{}, false
	for n := range steps {
		s := &steps[n]
		if lanes[s.Lane] == nil {
			order = append(order, s.Lane)
		}
		lanes[s.Lane] = append(lanes[s.Lane], s)
		settles = settles || s.Settles
	}
	g, playing := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for _, lane := range order {
		g.Go(func() error {
			for _, s := range lanes[lane] {
				if err := p.step(playing, s); err != nil {
					return fmt.Errorf("%s: %w", s.At.Format(time.DateTime), err)
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil || !settles {
		return err
	}
	return p.Stage.Settle(ctx)
}

// step plays one step.
func (p *player) step(ctx context.Context, s *Step) error {
	r := s.Request
	if s.item != nil {
		id, err := p.itemID(ctx, *s.item)
		if err != nil {
			return err
		}
		r.Path = "/v1/assets/" + id + r.Path
	}
	body, err := p.named(ctx, r.Body)
	if err != nil {
		return err
	}
	r.Body = body
	a, err := p.client.Done(event.WithCause(ctx, event.At(s.At)), r, nil)
	if err != nil || r.CSV == nil {
		return err
	}
	var report struct {
		Rejected int               `json:"rejected"`
		Errors   []json.RawMessage `json:"errors"`
	}
	if err := a.Decode(&report); err != nil || report.Rejected > 0 {
		return fmt.Errorf("import: %d rows rejected, %s: %w", report.Rejected, report.Errors, err)
	}
	return nil
}

// named is a body with the ids of the areas that it names.
func (p *player) named(ctx context.Context, body any) (any, error) {
	o, is := body.(object)
	if !is {
		return body, nil
	}
	out := maps.Clone(o)
	for k, v := range o {
		switch v := v.(type) {
		case areaOf:
			id, err := p.areaID(ctx, v)
			if err != nil {
				return nil, err
			}
			out[k] = id
		case object:
			inner, err := p.named(ctx, v)
			if err != nil {
				return nil, err
			}
			out[k] = inner
		}
	}
	return out, nil
}

func (p *player) areaID(ctx context.Context, of areaOf) (string, error) {
	p.mu.Lock()
	id := p.areas[of]
	p.mu.Unlock()
	if id != "" {
		return id, nil
	}
	var u struct {
		Areas []struct{ ID, Path string } `json:"areas"`
	}
	if err := p.client.Get(ctx, "admin", "/v1/units/"+url.PathEscape(of.unit), &u); err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range u.Areas {
		p.areas[areaOf{of.unit, a.Path}] = a.ID
	}
	if p.areas[of] == "" {
		return "", fmt.Errorf("unit %s has no area %s", of.unit, of.name)
	}
	return p.areas[of], nil
}

func (p *player) itemID(ctx context.Context, of item) (string, error) {
	p.mu.Lock()
	id := p.items[of]
	p.mu.Unlock()
	if id != "" {
		return id, nil
	}
	born, err := client.List[struct {
		ID     string
		Origin struct{ Line, Ordinal int }
	}](ctx, p.client, "admin", "/v1/assets", url.Values{"delivery_id": {of.delivery}})
	if err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range born {
		p.items[item{of.delivery, a.Origin.Line, a.Origin.Ordinal}] = a.ID
	}
	if p.items[of] == "" {
		return "", fmt.Errorf("delivery %s has brought no item %d of line %d", of.delivery, of.ordinal, of.line)
	}
	return p.items[of], nil
}

// token is the token of a person; each is asked for once.
func (p *player) token(user string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.tokens[user]; t != "" {
		return t, nil
	}
	t, err := p.Stage.Token(Person(user))
	p.tokens[user] = t
	return t, err
}
