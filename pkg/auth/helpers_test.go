package auth_test

import (
	"context"
	"crypto"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/rest"
)

var _ rest.Guard = (*auth.Verifier)(nil)

// keySet is a static key set of go-oidc.
type keySet []crypto.PublicKey

func (k keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	return (&oidc.StaticKeySet{PublicKeys: k}).VerifySignature(ctx, token)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
