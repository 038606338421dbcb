package attack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/server"
)

// serve starts a copy, through a wrapper perhaps.
func (w *workshop) serve(ctx context.Context, dir string, wrap ...string) (*server.Server, error) {
	s, err := prepared(ctx, w.cfg, dir, "BITACORA_DEMO=false")
	if err != nil {
		return s, err
	}
	if len(wrap) > 0 {
		s.Program, s.Args = wrap[0], slices.Concat(wrap[1:], []string{s.Program}, s.Args)
	}
	return s, s.Start(ctx)
}

func (w *workshop) client(s *server.Server, patience time.Duration) *client.Client {
	return client.New(client.Config{Base: func(string) string { return s.URL() }, Tokens: w.tokens, RetryFor: patience})
}

// whole holds a served folder against what was acknowledged: at once, and after one more write to each of two stores and a kill.
func (w *workshop) whole(ctx context.Context, s *server.Server, name string, f folder) (err error) {
	defer func() { err = errors.Join(err, s.Stop()) }()
	c := w.client(s, 20*time.Second)
	defer c.Close()
	n, err := figure(ctx, c)
	switch {
	case err != nil:
		w.found(name, "ready, and there are no figures: %v", err)
		return nil
	case n != f.assets:
		w.found(name, "the first figure is %d of %d assets", n, f.assets)
	}
	kind, err := demo.Setup{Client: c, User: "admin"}.Type(ctx, "power_plant")
	if err != nil {
		w.found(name, "the catalogue: %v", err)
		return nil
	}
	if _, err := f.write(ctx, c, "admin", "/v1/assets", object{"unit_id": demo.SantaRosalia, "type_id": kind, "functioning": "working", "use": "in_use"}); err != nil {
		w.found(name, "it takes no writes: %v", err)
		return nil
	}
	f.assets++
	if err := s.Kill(); err != nil {
		return err
	}
	if err := s.Start(ctx); err != nil {
		w.found(name, "killed, and not served again: %v: %s", err, s.Said())
		return nil
	}
	if err := w.audited(ctx, s, name, f); err != nil {
		return err
	}
	if n, err := figure(ctx, c); err != nil || n != f.assets {
		w.found(name, "the figure is %d of %d assets: %v", n, f.assets, err)
	}
	if err := s.Stop(); err != nil {
		w.found(name, "it does not stop in order: %v: %s", err, s.Said())
	}
	for _, store := range services {
		if err := sqlitedoc.Examine(ctx, filepath.Join(f.dir, store+".db")); err != nil {
			w.found(name, "a malformed store: %v", err)
		}
	}
	return nil
}

// audited runs `bitacora audit` with what was acknowledged.
func (w *workshop) audited(ctx context.Context, s *server.Server, name string, f folder) error {
	cfg, r := w.cfg, &Result{}
	cfg.Folder = f.dir + "-audit"
	if err := os.MkdirAll(cfg.Folder, 0o700); err != nil {
		return err
	}
	err := auditor{env: s.Env, args: []string{"--url", s.URL(), "--within", "30s"}}.run(ctx, cfg, r, f.marks)
	for _, text := range r.Findings {
		w.found(name, "%s", text)
	}
	return err
}

// tryServing harms a copy while it is served, and writes. What is acknowledged then is there after a kill, or the start says what is wrong.
func (w *workshop) tryServing(ctx context.Context, n int, h liveHarm) (err error) {
	f, err := w.copied(n, "served", w.closed)
	if err != nil {
		return err
	}
	s, err := w.serve(ctx, f.dir)
	if err != nil {
		return fmt.Errorf("%s: %w: %s", h.name, err, s.Said())
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	c := w.client(s, 2*time.Second)
	defer c.Close()
	kind, err := demo.Setup{Client: c, User: "admin"}.Type(ctx, "power_plant")
	if err != nil {
		return err
	}
	if err := h.do(f.dir); err != nil {
		return fmt.Errorf("%s: %w", h.name, err)
	}
	w.count(&w.live)
	for i := range 12 {
		_, err := f.write(ctx, c, "admin", "/v1/assets", object{"unit_id": demo.SantaRosalia, "type_id": kind, "functioning": "working", "use": "in_use", "brand": fmt.Sprint(i)})
		if err == nil {
			f.assets++
			if h.gone {
				w.found(h.name, "a write is acknowledged")
			}
		} else if strings.Contains(err.Error(), ": 500") {
			w.found(h.name, "%v", err)
		}
	}
	if !h.gone && s.Ready(ctx) {
		if n, err := figure(ctx, c); err == nil && n == 0 {
			w.found(h.name, "ready, and figures of 0")
		}
	}
	if err := s.Kill(); err != nil {
		w.found(h.name, "it ended by itself: %v: %s", err, s.Said())
	}
	if h.gone {
		return nil
	}
	switch err := s.Start(ctx); {
	case errors.Is(err, server.ErrEnded):
		if !remedies.MatchString(s.Said()) {
			w.found(h.name, "it is not said what to do: %s", s.Said())
		}
		return nil
	case err != nil:
		w.found(h.name, "%v: %s", err, s.Said())
		return nil
	}
	return w.audited(ctx, s, h.name, f)
}
