package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	console "github.com/bitacora-salud/bitacora/services/console/app"
)

const (
	// issuer and audience are what local tokens say; nobody looks them up.
	issuer   = "urn:bitacora:local"
	audience = "bitacora"
)

// OIDC is whose tokens are believed instead of the demo users'. With an issuer nobody is handed a token here, and the binary may listen
// on any address.
type OIDC struct {
	Issuer      string `desc:"the tokens' issuer, found by discovery; demo users' tokens are made and believed here when empty"`
	Audience    string `default:"bitacora" desc:"must be among the tokens' aud, where there is an issuer"`
	GrantsClaim string `default:"bitacora_grants" desc:"path of the claim with the grants, where there is an issuer"`
}

// Validate refuses to hand out tokens to others than this machine's users.
func (c Config) Validate() error {
	if c.OIDC.Issuer != "" {
		return nil
	}
	return devissuer.RequireLoopback(c.HTTP.Addr)
}

// Issuer is the development issuer of a data folder, made for a folder that holds nothing yet. A folder with documents and without an issuer
// was served with the tokens of an OIDC provider: nobody gets demo users' rights in it, nor the demonstration among its documents.
func Issuer(dataDir string) (*devissuer.Issuer, error) {
	dir := filepath.Join(dataDir, issuerDir)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(StorePath(dataDir, Parts()[0].Name)); err == nil {
			return nil, fmt.Errorf("%s was served with an OIDC provider's tokens: set BITACORA_OIDC_ISSUER as it was (to have the demo users' tokens believed there all the same, make the folder %s)", dataDir, dir)
		}
	}
	return devissuer.Open(devissuer.Config{Dir: dir, URL: issuer, Audience: audience, Client: console.DemoClient(), Path: console.DemoPath})
}

// guard makes who says whose a token is: the configured provider, or the folder's own issuer.
func (i *Installation) guard(ctx context.Context) (err error) {
	cfg := auth.Config{Issuer: issuer, Audience: audience, Logger: i.log, Registerer: i.registry}
	if i.cfg.OIDC.Issuer == "" {
		if i.Issuer, err = Issuer(i.cfg.DataDir); err == nil {
			i.verifier = auth.NewStaticVerifier(i.Issuer, cfg)
		}
		return err
	}
	cfg.Issuer, cfg.Audience, cfg.GrantsClaim = i.cfg.OIDC.Issuer, i.cfg.OIDC.Audience, i.cfg.OIDC.GrantsClaim
	i.verifier = auth.NewVerifier(context.WithoutCancel(ctx), cfg)
	i.stack.Push("verifier", i.verifier.Stop)
	return nil
}
