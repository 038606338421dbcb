package attack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
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
	turns := make(chan int)
	failed := make([]error, len(tasks))
	var lanes sync.WaitGroup
	for range min(runtime.NumCPU()+1, 8) {
		lanes.Go(func() {
			for n := range turns {
				failed[n] = tasks[n](ctx, n)
			}
		})
	}
	tried := 0
	for until := time.Now().Add(cfg.Each); tried < len(tasks) && time.Now().Before(until); tried++ {
		turns <- tried
	}
	close(turns)
	lanes.Wait()
	slices.Sort(w.r.Findings)
	w.r.Count = fmt.Sprintf("%d folders of %d: %d served whole, %d refused (%d of them given up with adopt), %d harmed while they were served",
		tried, all, w.healed, w.refused, w.adopts, w.live)
	if tried < len(tasks) {
		w.r.found("only %d of %d folders in %s", tried, len(tasks), cfg.Each)
	}
	return w.r, errors.Join(failed...)
}

// prepare makes the states.
func (w *workshop) prepare(ctx context.Context) error {
	base := filepath.Join(w.cfg.Folder, "damaged")
	if err := os.MkdirAll(base, 0o700); err != nil {
		return err
	}
	dir := filepath.Join(base, "data")
	state := folder{}
	begin := func(dir string) (*server, *client.Client, error) {
		s, err := alone(ctx, w.cfg, dir, "BITACORA_DEMO=false")
		if err != nil {
			return nil, nil, err
		}
		c, tokens, err := s.asker(dir)
		w.tokens = tokens
		return s, c, err
	}
	kept := func(name string) (folder, error) {
		to := filepath.Join(base, name)
		return folder{dir: to, marks: slices.Clone(state.marks), assets: state.assets}, os.CopyFS(to, os.DirFS(dir))
	}
	for _, name := range []string{"older", "closed", "killed"} {
		s, c, err := begin(dir)
		if err != nil {
			return err
		}
		err = w.lived(ctx, c, &state)
		if err == nil && name == "killed" {
			err = s.kill()
		} else {
			err = errors.Join(err, s.stop())
		}
		c.Close()
		if err != nil {
			return err
		}
		copied, err := kept(name)
		if err != nil {
			return err
		}
		*map[string]*folder{"older": &w.older, "closed": &w.closed, "killed": &w.killed}[name] = copied
	}
	tokens := w.tokens
	w.other.dir = filepath.Join(base, "other")
	s, c, err := begin(w.other.dir)
	if err != nil {
		return err
	}
	defer c.Close()
	err = w.lived(ctx, c, &w.other)
	w.tokens = tokens
	return errors.Join(err, s.stop())
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
	return until(ctx, time.Minute, func() (bool, error) {
		n, err := figure(ctx, c)
		return n == f.assets, err
	})
}

// write makes a document, and remembers that it was acknowledged.
func (f *folder) write(ctx context.Context, c *client.Client, user, path string, body any) (id any, err error) {
	a, err := c.Do(ctx, client.Request{User: user, Method: http.MethodPost, Path: path, Body: body})
	if err != nil {
		return nil, err
	}
	if a.Status >= 300 {
		return nil, fmt.Errorf("POST %s as %s: %s", path, user, a)
	}
	f.marks = append(f.marks, strings.Split(a.Mark(), ",")...)
	var made object
	err = a.Decode(&made)
	return made["id"], err
}

// figure is the nation's total of assets, as the planner is told it.
func figure(ctx context.Context, c *client.Client) (int, error) {
	a, err := c.Do(ctx, client.Request{User: "planner", Method: http.MethodGet, Path: "/v1/status/nation"})
	if err != nil {
		return 0, err
	}
	var told struct {
		Figures struct {
			Assets struct{ Total int } `json:"assets"`
		} `json:"figures"`
	}
	if a.Status != http.StatusOK {
		return 0, fmt.Errorf("GET /v1/status/nation: %s", a)
	}
	return told.Figures.Assets.Total, a.Decode(&told)
}

var errLate = errors.New("it does not come to be so")

// until asks again and again.
func until(ctx context.Context, patience time.Duration, so func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := so()
		if ok || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errLate
		}
	}
}

// remedies are the words of one who is told what to do.
var remedies = regexp.MustCompile(`put back|bitacora restore|bitacora adopt|set BITACORA_|run it again|let the user|make the folder|remove`)

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
		before := owners(f.dir)
		s, err := w.serve(ctx, f.dir, h.wrap...)
		if err == nil {
			if said != "" {
				w.found(h.name, "refused at the first start, and served at the second: %s", said)
			}
			w.count(&w.healed)
			return w.whole(ctx, s, h.name, f)
		}
		if said = s.said(); !errors.Is(err, errEnded) {
			w.found(h.name, "%v: %s", err, said)
			return nil
		}
		if !remedies.MatchString(said) {
			w.found(h.name, "it is not said what to do: %s", said)
		}
		if strings.Contains(said, "nothing was written") && !slices.Equal(before, owners(f.dir)) {
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
		w.found(h.name, "what was damaged was put back, and it is not served: %v: %s", err, s.said())
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
	adopt := exec.CommandContext(ctx, w.cfg.Program, "adopt")
	adopt.Env = append(os.Environ(), "BITACORA_DATA_DIR="+to, "BITACORA_LOG_LEVEL=warn")
	if said, err := adopt.CombinedOutput(); err != nil {
		if !remedies.Match(said) && !bytes.Contains(said, []byte("cannot be made from nothing")) {
			w.found(h.name, "adopt does not say what to do: %s", said)
		}
		return nil
	}
	w.count(&w.adopts)
	s, err := w.serve(ctx, to)
	if err != nil {
		if !errors.Is(err, errEnded) || !remedies.MatchString(s.said()) {
			w.found(h.name, "it was adopted and is not served: %v: %s", err, s.said())
		}
		return nil
	}
	defer func() { _ = s.stop() }()
	return w.audited(ctx, s, h.name+", adopted", folder{dir: to})
}

// owners is the content of the stores that own documents.
func owners(dir string) (all []string) {
	for _, name := range services[:3] {
		b, err := os.ReadFile(filepath.Join(dir, name+".db"))
		all = append(all, fmt.Sprint(string(b), err != nil))
	}
	return all
}
