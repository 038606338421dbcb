package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/bitacora-salud/bitacora/pkg/auth"
)

// BenchmarkAuthenticate: a token seen before, and one never seen, by the kind of its key; then the narrowing.
func BenchmarkAuthenticate(b *testing.B) {
	c := newClock()
	rs := must(rsa.GenerateKey(rand.Reader, 2048))
	ec := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	v := auth.NewStaticVerifier(keySet{rs.Public(), ec.Public()}, auth.Config{Issuer: "https://issuer", Audience: audience, Clock: c.now})
	token := func(alg jose.SignatureAlgorithm, key any, n int) string {
		return sign(b, alg, key, jwt.Claims{Issuer: "https://issuer", Subject: "6b0f1f6c-0000-5000-8000-000000000000", Audience: jwt.Audience{audience},
			Expiry: jwt.NewNumericDate(c.now().Add(time.Hour)), ID: fmt.Sprint(n)}, map[string]any{"bitacora_grants": []string{"biomedical_engineer@office:sonora"}})
	}
	request := func(token string) *http.Request {
		r := httptest.NewRequest(http.MethodGet, "/v1/assets", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		return r
	}
	for name, key := range map[jose.SignatureAlgorithm]any{jose.RS256: rs, jose.ES256: ec} {
		r := request(token(name, key, 0))
		b.Run("seen/"+string(name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Authenticate(r); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("new/"+string(name), func(b *testing.B) {
			requests := make([]*http.Request, 256)
			for i := range requests {
				requests[i] = request(token(name, key, i))
			}
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if n%len(requests) == 0 { // one that remembers nothing
					v = auth.NewStaticVerifier(keySet{rs.Public(), ec.Public()}, auth.Config{Issuer: "https://issuer", Audience: audience, Clock: c.now})
				}
				if _, err := v.Authenticate(requests[n%len(requests)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	p := auth.NewPrincipal("s", auth.Grant{Role: auth.BiomedicalEngineer, Place: "office:sonora"})
	b.Run("access", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := p.Access("asset.list", auth.Everybody); err != nil {
				b.Fatal(err)
			}
		}
	})
}
