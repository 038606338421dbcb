package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/auth"
)

// What a token says of its person is cleaned as all text is. What cannot be a name is not said, and no token is refused for it; an address counts
// where its issuer has confirmed it.
func TestWhatATokenSaysOfItsPerson(t *testing.T) {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	v := auth.NewStaticVerifier(keySet{key.Public()}, auth.Config{Issuer: "https://issuer", Audience: audience, Clock: newClock().now})
	for name, tc := range map[string]struct {
		claims map[string]any
		want   auth.Profile
	}{
		"nothing":             {map[string]any{}, auth.Profile{}},
		"all":                 {map[string]any{"name": "Lucía Arce", "bitacora_post": "Directora", "email": "l@example.org", "email_verified": true}, auth.Profile{Name: "Lucía Arce", Post: "Directora", Email: "l@example.org"}},
		"not confirmed":       {map[string]any{"email": "l@example.org", "email_verified": false}, auth.Profile{}},
		"nobody says so":      {map[string]any{"email": "l@example.org"}, auth.Profile{}},
		"confirmed by a text": {map[string]any{"email": "l@example.org", "email_verified": "true"}, auth.Profile{}},
		"marks and controls":  {map[string]any{"name": "\u202eLucía\u0000\u200b  Arce\n"}, auth.Profile{Name: "Lucía Arce"}},
		"no text":             {map[string]any{"name": 7, "bitacora_post": []string{"a"}}, auth.Profile{}},
		"too long":            {map[string]any{"name": strings.Repeat("ñ", auth.MaxProfileText+1), "bitacora_post": strings.Repeat("ñ", auth.MaxProfileText)}, auth.Profile{Post: strings.Repeat("ñ", auth.MaxProfileText)}},
	} {
		token := sign(t, jose.ES256, key, jwt.Claims{Issuer: "https://issuer", Subject: "s", Audience: jwt.Audience{audience}, Expiry: jwt.NewNumericDate(newClock().now().Add(time.Hour))}, tc.claims)
		p, err := v.Verify(t.Context(), token)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(tc.want, p.Profile()); diff != "" {
			t.Errorf("%s (-want +got) %s", name, diff)
		}
		for _, printed := range []string{fmt.Sprint(p), fmt.Sprintf("%+v", p)} {
			if printed != "s" {
				t.Errorf("%s: printed as %q", name, printed)
			}
		}
	}
}
