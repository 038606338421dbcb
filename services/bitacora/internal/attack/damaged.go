package attack

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/damage"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/server"
)

// folder is a data folder as it was left at one time, with what had been acknowledged by then.
type folder struct {
	dir    string
	marks  []string // as Bitacora-Written says them
	assets int
}

// workshop is what the kind damaged works with: three states of one installation's folder, and another installation's.
type workshop struct {
	cfg    Config
	tokens client.Tokens
	// older is closed in order; closed is later, closed in order; killed is later still, with logs beside the stores.
	older, closed, killed, other folder

	mu                            sync.Mutex
	r                             *Result
	healed, refused, live, adopts int
}

// damaged does to copies of a folder what disks, people and restores do, and serves them. Either the binary says what is wrong and what to do, and
// keeps saying it, and what it says to do helps; or it serves all that was acknowledged, with right figures from the first answer on.
func damaged(ctx context.Context, cfg Config, chance *rand.Rand) (*Result, error) {
	w := &workshop{cfg: cfg, r: &Result{}}
	if err := w.prepare(ctx); err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	var tasks []func(context.Context, int) error
	for _, h := range harms(w) {
		if cfg.Harms == nil || cfg.Harms.MatchString(h.name) {
			tasks = append(tasks, func(ctx context.Context, n int) error { return w.try(ctx, n, h) })
		}
	}
	for _, h := range liveHarms() {
		if cfg.Harms == nil || cfg.Harms.MatchString(h.name) {
			tasks = append(tasks, func(ctx context.Context, n int) error { return w.tryServing(ctx, n, h) })
		}
	}
	all := len(tasks)
	chance.Shuffle(all, func(i, j int) { tasks[i], tasks[j] = tasks[j], tasks[i] })
	tasks = tasks[:min(all, cfg.Folders)]
	var lanes errgroup.Group
	lanes.SetLimit(min(runtime.NumCPU()+1, 8))
	tried := 0
	for until := time.Now().Add(cfg.Each); tried < len(tasks) && time.Now().Before(until); tried++ {
		n := tried
		lanes.Go(func() error { return tasks[n](ctx, n) })
	}
	err := lanes.Wait()
	slices.Sort(w.r.Findings)
	w.r.Count = fmt.Sprintf("%d folders of %d: %d served whole, %d refused (%d of them given up with adopt), %d harmed while they were served",
		tried, all, w.healed, w.refused, w.adopts, w.live)
	if tried < len(tasks) {
		w.r.found("only %d of %d folders in %s", tried, len(tasks), cfg.Each)
	}
	return w.r, err
}

// prepare makes the states.
func (w *workshop) prepare(ctx context.Context) error {
	base := filepath.Join(w.cfg.Folder, "damaged")
	if err := os.MkdirAll(base, 0o700); err != nil {
		return err
	}
	dir := filepath.Join(base, "data")
	f := folder{}
	for _, state := range []*folder{&w.older, &w.closed, &w.killed} {
		if err := w.life(ctx, dir, &f, state == &w.killed); err != nil {
			return err
		}
		*state = folder{dir: fmt.Sprint(dir, "-", len(f.marks)), marks: slices.Clone(f.marks), assets: f.assets}
		if err := os.CopyFS(state.dir, os.DirFS(dir)); err != nil {
			return err
		}
	}
	tokens := w.tokens
	w.other.dir = filepath.Join(base, "other")
	err := w.life(ctx, w.other.dir, &w.other, false)
	w.tokens = tokens
	return err
}

// life serves a folder for a while, and ends in order or by a kill.
func (w *workshop) life(ctx context.Context, dir string, f *folder, kill bool) error {
	_, err := alone(ctx, w.cfg, dir, func(s *server.Server, h *house) (*Result, error) {
		w.tokens = h.tokens
		err := w.lived(ctx, h.patient, f)
		if err == nil && kill {
			err = s.Kill()
		}
		return nil, err
	}, "BITACORA_DEMO=false")
	return err
}

// lived writes to all stores, and waits until the figures have it.
func (w *workshop) lived(ctx context.Context, c *client.Client, f *folder) error {
	setup := demo.Setup{Client: c, User: "admin"}
	if _, err := setup.Unit(ctx, demo.SantaRosalia); err != nil {
		return err
	}
	kind, err := setup.Type(ctx, "power_plant")
	if err != nil {
		return err
	}
	for range 8 {
		asset, err := f.write(ctx, c, "admin", "/v1/assets", object{"unit_id": demo.SantaRosalia, "type_id": kind, "functioning": "working", "use": "in_use"})
		if err != nil {
			return err
		}
		f.assets++
		if _, err := f.write(ctx, c, "requester-santa-rosalia", "/v1/work-orders", object{"unit_id": demo.SantaRosalia, "type": "corrective", "priority": "medium",
			"target": object{"kind": "asset", "asset_id": asset}, "reported_functioning": "limited"}); err != nil {
			return err
		}
		if _, err := f.write(ctx, c, "contracts", "/v1/deliveries", object{"unit_id": demo.SantaRosalia, "lines": []object{{"type_id": kind, "quantity": 1}}}); err != nil {
			return err
		}
	}
	return client.Until(ctx, time.Minute, func() (bool, error) {
		n, err := figure(ctx, c)
		return n == f.assets, err
	})
}

// write makes a document, and remembers that it was acknowledged.
func (f *folder) write(ctx context.Context, c *client.Client, user, path string, body any) (id any, err error) {
	var made object
	a, err := c.Done(ctx, client.Request{User: user, Method: http.MethodPost, Path: path, Body: body}, &made)
	if err != nil {
		return nil, err
	}
	f.marks = append(f.marks, strings.Split(a.Mark(), ",")...)
	return made["id"], nil
}

// figure is the nation's total of assets, as the planner is told it.
func figure(ctx context.Context, c *client.Client) (int, error) {
	var told struct {
		Figures struct {
			Assets struct{ Total int } `json:"assets"`
		} `json:"figures"`
	}
	err := c.Get(ctx, "planner", "/v1/status/nation", &told)
	return told.Figures.Assets.Total, err
}

// remedies are the words of one who is told what to do.
var remedies = regexp.MustCompile(`put back|bitacora restore|bitacora adopt|set BITACORA_|run it again|let the user|make the folder|remove`)

// noticedWhileServed is what is said of damage that the start did not see, since the folder was closed in order, and that the first use of the store
// met: from then on it is not ready, and writes nothing.
const noticedWhileServed = "nothing more is written. Stop bitacora and start it again"

// copied is a fresh copy of a state, in a folder of its own.
func (w *workshop) copied(n int, name string, from folder) (folder, error) {
	to := filepath.Join(w.cfg.Folder, "damaged", fmt.Sprint(n, "-", name))
	if err := os.RemoveAll(to); err != nil {
		return folder{}, err
	}
	return folder{dir: to, marks: slices.Clone(from.marks), assets: from.assets}, os.CopyFS(to, os.DirFS(from.dir))
}

// found notes a finding of a harm.
func (w *workshop) found(h, format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.r.found(h+": "+format, args...)
	fmt.Fprintf(w.cfg.Out, "  %.600s\n", w.r.Findings[len(w.r.Findings)-1])
}

func (w *workshop) count(what *int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*what++
}

// try harms a copy and serves it.
func (w *workshop) try(ctx context.Context, n int, h harm) error {
	f, err := w.copied(n, "harmed", *h.from)
	if err != nil {
		return err
	}
	if err := h.do(f.dir); err != nil {
		return fmt.Errorf("%s: %w", h.name, err)
	}
	if h.as != nil {
		f = folder{dir: f.dir, marks: slices.Clone(h.as.marks), assets: h.as.assets}
	}
	var said string
	for range 2 {
		before := damage.Owners(f.dir)
		s, err := w.serve(ctx, f.dir, h.wrap...)
		if err == nil {
			if said != "" {
				w.found(h.name, "refused at the first start, and served at the second: %s", said)
			}
			w.count(&w.healed)
			return w.whole(ctx, s, h.name, f)
		}
		said = s.Said()
		if !errors.Is(err, server.ErrEnded) && strings.Contains(said, noticedWhileServed) {
			continue // the next start says the same, with what to do
		}
		if !errors.Is(err, server.ErrEnded) {
			w.found(h.name, "%v: %s", err, said)
			return nil
		}
		if !remedies.MatchString(said) {
			w.found(h.name, "it is not said what to do: %s", said)
		}
		if strings.Contains(said, "nothing was written") && !slices.Equal(before, damage.Owners(f.dir)) {
			w.found(h.name, "something was written: %s", said)
		}
	}
	w.count(&w.refused)
	if h.mend == nil {
		return nil
	}
	if err := w.givenUp(ctx, h, f); err != nil {
		return err
	}
	if err := h.mend(f.dir); err != nil {
		return fmt.Errorf("%s: %w", h.name, err)
	}
	s, err := w.serve(ctx, f.dir)
	if err != nil {
		w.found(h.name, "what was damaged was put back, and it is not served: %v: %s", err, s.Said())
		return nil
	}
	return w.whole(ctx, s, h.name+", put back", f)
}

// givenUp does what the last resort is: adopt, on a copy. Where that is taken, what is left is served, and agrees with itself.
func (w *workshop) givenUp(ctx context.Context, h harm, f folder) error {
	to := f.dir + "-adopted"
	if err := os.CopyFS(to, os.DirFS(f.dir)); err != nil {
		return err
	}
	if said, err := server.Run(ctx, w.cfg.Program, []string{"BITACORA_DATA_DIR=" + to, "BITACORA_LOG_LEVEL=warn"}, "adopt"); err != nil {
		if !remedies.MatchString(said) && !strings.Contains(said, "cannot be made from nothing") {
			w.found(h.name, "adopt does not say what to do: %s", said)
		}
		return nil
	}
	w.count(&w.adopts)
	s, err := w.serve(ctx, to)
	if err != nil {
		if !errors.Is(err, server.ErrEnded) || !remedies.MatchString(s.Said()) {
			w.found(h.name, "it was adopted and is not served: %v: %s", err, s.Said())
		}
		return nil
	}
	defer func() { _ = s.Stop() }()
	return w.audited(ctx, s, h.name+", adopted", folder{dir: to})
}
