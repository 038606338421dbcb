package local

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	console "github.com/bitacora-salud/bitacora/services/console/app"
)

// Console is the pages of the binary. Without an OIDC issuer they are there by themselves, for the demo users.
type Console struct {
	URL      string `envconfig:"URL" desc:"the console's address as browsers know it, such as https://bitacora.example.mx; where there is an issuer there are no pages without it"`
	ClientID string `split_words:"true" default:"bitacora-console" desc:"the console's client id at the issuer, a public client"`
}

// Validate refuses an address that the provider would send nobody back to.
func (c Console) Validate() error { return console.CheckURL(c.URL) }

// consoleKey is the file with what sessions are encrypted with. Neither it nor the sessions are backed up: whoever has a backup is signed in nowhere.
const consoleKey = "console.key"

// consoleOwn are the names of what the console keeps in the data folder.
func consoleOwn() []string {
	store := filepath.Base(StorePath("", console.Name))
	return []string{consoleKey, store, store + "-wal", store + "-shm"}
}

// startConsole makes the console over the services' handler and begins what it does in the background. It is nil where people have no way to sign in.
func (i *Installation) startConsole(ctx context.Context, services http.Handler) (http.Handler, error) {
	if i.Issuer == nil && i.cfg.Console.URL == "" {
		return nil, nil
	}
	key, err := i.consoleKey()
	if err != nil {
		return nil, err
	}
	driver, err := i.openSessions(ctx)
	if err != nil {
		return nil, err
	}
	i.stack.Push("store of the console", driver.Close)
	var provider *console.Provider
	if i.Issuer != nil {
		provider = console.Demo(i.Issuer, i.verifier, time.Now)
	} else {
		provider = console.OIDC(i.cfg.OIDC.Issuer, i.cfg.Console.ClientID, i.verifier, &http.Client{Timeout: 10 * time.Second}, time.Now)
	}
	c, err := console.New(console.Config{URL: i.cfg.Console.URL, Timeout: i.cfg.Service.Timeout}, console.Deps{Services: console.InProcess(services), Provider: provider,
		Driver: driver, Key: key, Logger: i.log, Registry: i.registry, Loading: i.progress()})
	if err != nil {
		return nil, err
	}
	if err := c.Store.Migrate(ctx); err != nil {
		return nil, fmt.Errorf("store of the console: %w", err)
	}
	c.Start(context.WithoutCancel(ctx))
	i.stack.Push("console", c.Stop)
	return c.Handler(), nil
}

// openSessions opens the store of sessions. One that is damaged is set aside and made again: that signs people out, no more.
func (i *Installation) openSessions(ctx context.Context) (*sqlitedoc.Driver, error) {
	path := StorePath(i.cfg.DataDir, console.Name)
	if _, err := os.Stat(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, unwritable(i.cfg.DataDir, err)
	} else if damage := sqlitedoc.Glance(ctx, path); err == nil && damage != nil {
		i.log.WarnContext(ctx, "the store of sessions cannot be used: it is made again, and people sign in again", "error", damage)
		if err := setAside(i.cfg.DataDir, console.Name); err != nil {
			return nil, err
		}
	}
	return sqlitedoc.Open(ctx, sqlitedoc.Config{Path: path, Logger: i.log})
}

// consoleKey is the folder's key, made where there is none.
func (i *Installation) consoleKey() ([]byte, error) {
	path := filepath.Join(i.cfg.DataDir, consoleKey)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key := make([]byte, console.KeySize)
		if _, err := rand.Read(key); err != nil {
			return nil, err
		}
		return key, os.WriteFile(path, []byte(hex.EncodeToString(key)+"\n"), 0o600)
	}
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != console.KeySize {
		return nil, fmt.Errorf("%s is not the key of sessions: remove it, and people sign in again", path)
	}
	return key, nil
}
