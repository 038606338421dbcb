package attack

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/scenario"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/server"
)

// prepared is the single binary on a data folder, not started yet.
func prepared(ctx context.Context, cfg Config, dir string, env ...string) (*server.Server, error) {
	addr, err := server.FreeAddress(ctx)
	return &server.Server{Program: cfg.Program, Args: []string{"serve"}, Addr: addr, Log: dir + ".log",
		Env: append([]string{"BITACORA_HTTP_ADDR=" + addr, "BITACORA_DATA_DIR=" + dir, "BITACORA_LOG_LEVEL=warn"}, env...)}, err
}

// house is an installation, and how its demo users ask it: patiently, or taking the first answer.
type house struct {
	url           string
	tokens        client.Tokens
	patient, once *client.Client
}

func asked(url string, tokens client.Tokens) *house {
	to := func(patience time.Duration) *client.Client {
		return client.New(client.Config{Base: func(string) string { return url }, Tokens: tokens, RetryFor: patience})
	}
	return &house{url, tokens, to(time.Minute), to(time.Nanosecond)}
}

func (h *house) close() {
	h.patient.Close()
	h.once.Close()
}

// alone serves a data folder with the single binary while it is attacked.
func alone(ctx context.Context, cfg Config, dir string, attack func(*server.Server, *house) (*Result, error), env ...string) (r *Result, err error) {
	s, err := prepared(ctx, cfg, dir, env...)
	if err == nil {
		err = s.Start(ctx)
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	tokens, err := scenario.Local(dir)
	if err != nil {
		return nil, err
	}
	h := asked(s.URL(), tokens)
	defer h.close()
	return attack(s, h)
}

// dir is a data folder's path.
func (cfg Config) dir(name string) string { return filepath.Join(cfg.Folder, name) }
