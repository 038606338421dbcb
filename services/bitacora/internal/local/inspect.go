package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/pkg/event/relay"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
)

// Counts are what each service's collections hold.
type Counts map[string][]relay.Count

// Survey counts what a data folder holds, which may be served meanwhile.
func Survey(ctx context.Context, dataDir string, log *slog.Logger) (Counts, error) {
	if err := finished(dataDir); err != nil {
		return nil, err
	}
	counts := Counts{}
	for _, p := range Parts() {
		if err := counts.add(ctx, p, StorePath(dataDir, p.Name), log); err != nil {
			return nil, fmt.Errorf("store of %s: %w", p.Name, err)
		}
	}
	return counts, nil
}

func (c Counts) add(ctx context.Context, p Part, path string, log *slog.Logger) (err error) {
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s does not exist", path)
		}
		return err
	}
	driver, err := sqlitedoc.Open(ctx, sqlitedoc.Config{Path: path, Logger: log, Readers: 1})
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopEach)
		defer cancel()
		err = errors.Join(err, driver.Close(closing))
	}()
	s, err := p.New(service.Config{MaxInFlight: 1, Timeout: time.Second}, service.Deps{Driver: driver, Guard: rest.Nobody{}, Logger: log, Registry: prometheus.NewRegistry()})
	if err != nil {
		return err
	}
	if err := s.Store.Check(ctx); err != nil {
		return fmt.Errorf("made by another release: %w", err)
	}
	c[p.Name], _, err = relay.Survey(ctx, s.Store, nil)
	return err
}
