package auth_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

const audience = "bitacora"

// clock is a clock that the test moves.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Date(2025, 8, 8, 16, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(0, c.at.Load()) }
func (c *clock) advance(d time.Duration) { c.at.Add(int64(d)) }

// issuerServer is a development issuer behind HTTP that can be taken away.
type issuerServer struct {
	*devissuer.Issuer
	away  atomic.Bool
	mute  atomic.Bool // takes requests and does not answer until it speaks
	calls atomic.Int64
	srv   *httptest.Server

	speaks chan struct{}
}

func serveIssuer(t testing.TB, c *clock) *issuerServer {
	t.Helper()
	s := &issuerServer{speaks: make(chan struct{})}
	var handler http.Handler
	s.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.calls.Add(1)
		if s.mute.Load() {
			select {
			case <-r.Context().Done():
				return
			case <-s.speaks:
			}
		}
		if s.away.Load() {
			http.Error(w, "away", http.StatusBadGateway)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(s.srv.Close)
	var err error
	s.Issuer, err = devissuer.Open(devissuer.Config{Dir: t.TempDir(), URL: s.srv.URL, Audience: audience, Clock: c.now})
	if err != nil {
		t.Fatal(err)
	}
	handler = s.Handler()
	return s
}

func (s *issuerServer) config(c *clock) auth.Config {
	return auth.Config{Issuer: s.srv.URL, Audience: audience, Clock: c.now, HTTPClient: s.srv.Client()}
}

func verifier(t testing.TB, cfg auth.Config) *auth.Verifier {
	t.Helper()
	v := auth.NewVerifier(t.Context(), cfg)
	t.Cleanup(func() {
		if err := v.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return v
}

// discovered is an issuer, and a verifier that has found it and waits for its keys as long as it takes.
func discovered(t testing.TB) (*clock, *issuerServer, *auth.Verifier) {
	t.Helper()
	c := newClock()
	s := serveIssuer(t, c)
	v := verifier(t, s.config(c))
	v.Patient()
	ready(t, v)
	return c, s, v
}

// static is a key, and a verifier that believes what it signs; claims are those of a good token.
func static(change ...func(*auth.Config)) (c *clock, key *ecdsa.PrivateKey, v *auth.Verifier, claims jwt.Claims) {
	c, key = newClock(), must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	cfg := auth.Config{Issuer: "https://issuer", Audience: audience, Clock: c.now}
	for _, do := range change {
		do(&cfg)
	}
	return c, key, auth.NewStaticVerifier(keySet{key.Public()}, cfg), jwt.Claims{Issuer: "https://issuer", Subject: "s-1", Audience: jwt.Audience{audience},
		Expiry: jwt.NewNumericDate(c.now().Add(time.Hour))}
}

// eventually waits for ok, which something in the background makes true.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(5 * time.Minute)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not in time: %s", what)
		}
	}
}

func ready(t testing.TB, v *auth.Verifier) {
	t.Helper()
	eventually(t, "the verifier is ready", func() bool { return v.Ready(t.Context()) == nil })
}

func mint(t testing.TB, i *devissuer.Issuer, name string, ttl time.Duration) string {
	t.Helper()
	token, err := i.Mint(name, ttl)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// refused is a token that is not believed by that rule, believed one that is.
func refused(t testing.TB, v *auth.Verifier, token, rule string) {
	t.Helper()
	_, err := v.Verify(t.Context(), token)
	brokenRule(t, err, rule)
}

func brokenRule(t testing.TB, err error, rule string) {
	t.Helper()
	if f := fault.As(err); f == nil || f.Kind != fault.Unauthenticated || f.Rule != rule {
		t.Fatalf("got %v, want %s", err, rule)
	}
}

func believed(t testing.TB, v *auth.Verifier, token string) *auth.Principal {
	t.Helper()
	p, err := v.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func away(t testing.TB, err error) {
	t.Helper()
	if !errors.Is(err, auth.ErrIssuerAway) || !errors.Is(err, docstore.ErrUnavailable) || fault.As(err) != nil {
		t.Fatalf("got %v, want that the issuer is away", err)
	}
}

func TestTokenOfDiscoveredIssuerIsBelieved(t *testing.T) {
	_, s, v := discovered(t)
	p := believed(t, v, mint(t, s.Issuer, "director-santa-rosalia", time.Hour))
	if p.Subject() != devissuer.Subject("director-santa-rosalia") {
		t.Errorf("subject %s", p.Subject())
	}
	want := []auth.Grant{{Role: auth.UnitDirector, Place: "unit:BSIST000014"}}
	if diff := cmp.Diff(want, p.Grants()); diff != "" {
		t.Error(diff)
	}
}

// The service starts without its issuer, says so, and finds it when it comes.
func TestIssuerAway(t *testing.T) {
	c := newClock()
	s := serveIssuer(t, c)
	s.away.Store(true)
	v := verifier(t, s.config(c))
	token := mint(t, s.Issuer, "planner", time.Hour)
	_, err := v.Verify(t.Context(), token)
	away(t, err)
	eventually(t, "a reason", func() bool {
		err := v.Ready(t.Context())
		return err != nil && strings.Contains(err.Error(), "502")
	})
	s.away.Store(false)
	ready(t, v)
	believed(t, v, token)
	// Away again: what is known is enough for known keys, not to judge a key that came meanwhile.
	s.away.Store(true)
	believed(t, v, mint(t, s.Issuer, "auditor", time.Hour))
	if err := s.Rotate(); err != nil {
		t.Fatal(err)
	}
	_, err = v.Verify(t.Context(), mint(t, s.Issuer, "admin", time.Hour))
	away(t, err)
}

func TestRotation(t *testing.T) {
	c := newClock()
	s := serveIssuer(t, c)
	cfg := s.config(c)
	cfg.Refresh = 5 * time.Millisecond
	slow, fast := verifier(t, s.config(c)), verifier(t, cfg)
	ready(t, slow)
	ready(t, fast)
	first := mint(t, s.Issuer, "planner", time.Hour)
	for n := range 2 {
		if err := s.Rotate(); err != nil {
			t.Fatal(err)
		}
		c.advance(time.Minute)
		for _, v := range []*auth.Verifier{slow, fast} {
			if _, err := v.Verify(t.Context(), mint(t, s.Issuer, "planner", time.Hour)); err != nil {
				t.Fatalf("rotation %d: %v", n, err)
			}
		}
	}
	// The first key is withdrawn by now.
	for _, v := range []*auth.Verifier{slow, fast} {
		eventually(t, "a token of the withdrawn key is refused", func() bool {
			_, err := v.Verify(t.Context(), first)
			return fault.Is(err, fault.Unauthenticated)
		})
	}
}

func sign(t testing.TB, alg jose.SignatureAlgorithm, key any, claims ...any) string {
	t.Helper()
	return signTyped(t, "", alg, key, claims...)
}

// signTyped is sign with a type in the header, unless it is empty.
func signTyped(t testing.TB, typ jose.ContentType, alg jose.SignatureAlgorithm, key any, claims ...any) string {
	t.Helper()
	options := &jose.SignerOptions{}
	if typ != "" {
		options = options.WithType(typ)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	b := jwt.Signed(signer)
	for _, c := range claims {
		b = b.Claims(c)
	}
	token, err := b.Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestTokensRefused(t *testing.T) {
	c := newClock()
	ec, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	rs, _ := rsa.GenerateKey(rand.Reader, 2048)
	set := keySet{ec.Public(), rs.Public()}
	v := auth.NewStaticVerifier(set, auth.Config{Issuer: "https://issuer", Audience: audience, Clock: c.now})
	now := c.now()
	claims := func(change func(*jwt.Claims)) jwt.Claims {
		cl := jwt.Claims{Issuer: "https://issuer", Subject: "s-1", Audience: jwt.Audience{"other", audience},
			IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(time.Minute))}
		change(&cl)
		return cl
	}
	same := func(*jwt.Claims) {}
	good := sign(t, jose.ES256, ec, claims(same))
	for name, token := range map[string]string{
		"es256": good,
		"rs256": sign(t, jose.RS256, rs, claims(same)),
		"ended within the leeway": sign(t, jose.ES256, ec, claims(func(c *jwt.Claims) {
			c.Expiry = jwt.NewNumericDate(now.Add(-auth.Leeway + time.Second))
		})),
		"begins within the leeway": sign(t, jose.ES256, ec, claims(func(c *jwt.Claims) { c.NotBefore = jwt.NewNumericDate(now.Add(4 * time.Minute)) })),
	} {
		if _, err := v.Verify(t.Context(), token); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + good[strings.Index(good, "."):strings.LastIndex(good, ".")+1]
	cases := map[string]struct{ token, rule string }{
		"empty":          {"", auth.RuleTokenInvalid},
		"garbage":        {"not a token", auth.RuleTokenInvalid},
		"dots":           {"..", auth.RuleTokenInvalid},
		"too long":       {strings.Repeat("x", auth.MaxTokenLength+1), auth.RuleTokenInvalid},
		"alg none":       {none, auth.RuleTokenInvalid},
		"cut signature":  {good[:len(good)-4] + "AAAA", auth.RuleTokenInvalid},
		"rs512":          {sign(t, jose.RS512, rs, claims(same)), auth.RuleTokenInvalid},
		"shared secret":  {sign(t, jose.HS256, []byte(strings.Repeat("k", 32)), claims(same)), auth.RuleTokenInvalid},
		"other key":      {sign(t, jose.ES256, must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), claims(same)), auth.RuleTokenInvalid},
		"other issuer":   {sign(t, jose.ES256, ec, claims(func(c *jwt.Claims) { c.Issuer = "https://other" })), auth.RuleTokenInvalid},
		"other audience": {sign(t, jose.ES256, ec, claims(func(c *jwt.Claims) { c.Audience = jwt.Audience{"other"} })), auth.RuleTokenInvalid},
		"expired":        {sign(t, jose.ES256, ec, claims(func(c *jwt.Claims) { c.Expiry = jwt.NewNumericDate(now.Add(-auth.Leeway - time.Second)) })), auth.RuleTokenExpired},
		"no end":         {sign(t, jose.ES256, ec, claims(func(c *jwt.Claims) { c.Expiry = nil })), auth.RuleTokenInvalid},
		"not yet":        {sign(t, jose.ES256, ec, claims(func(c *jwt.Claims) { c.NotBefore = jwt.NewNumericDate(now.Add(6 * time.Minute)) })), auth.RuleTokenInvalid},
		"no subject":     {sign(t, jose.ES256, ec, claims(func(c *jwt.Claims) { c.Subject = "" })), auth.RuleTokenInvalid},
		"odd subject":    {sign(t, jose.ES256, ec, claims(func(c *jwt.Claims) { c.Subject = "a\nb" })), auth.RuleTokenInvalid},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			refused(t, v, tc.token, tc.rule)
		})
	}
}

func TestBelievedTokenEndsInTime(t *testing.T) {
	c := newClock()
	s := serveIssuer(t, c)
	v := auth.NewStaticVerifier(s.Issuer, s.config(c))
	token := mint(t, s.Issuer, "planner", 10*time.Second)
	for range 2 {
		believed(t, v, token)
	}
	c.advance(10*time.Second + auth.Leeway + time.Second)
	refused(t, v, token, auth.RuleTokenExpired)
	// A withdrawn key's tokens end within a minute, though they were believed before.
	token = mint(t, s.Issuer, "planner", time.Hour)
	believed(t, v, token)
	if err := errors.Join(s.Rotate(), s.Rotate()); err != nil {
		t.Fatal(err)
	}
	c.advance(time.Minute)
	refused(t, v, token, auth.RuleTokenInvalid)
}

func TestClaimPath(t *testing.T) {
	want := []auth.Grant{{Role: auth.Planner, Place: "nation"}}
	one := []string{"planner@nation"}
	for name, tc := range map[string]struct {
		path   string
		claims map[string]any
		want   []auth.Grant
	}{
		"default":         {"", map[string]any{"bitacora_grants": one}, want},
		"one text":        {"", map[string]any{"bitacora_grants": "planner@nation"}, want},
		"nested":          {"resource_access.bitacora.grants", map[string]any{"resource_access": map[string]any{"bitacora": map[string]any{"grants": one}}}, want},
		"dotted name":     {"https://bitacora.example/grants", map[string]any{"https://bitacora.example/grants": one}, want},
		"dotted inside":   {"a.b.c", map[string]any{"a": map[string]any{"b.c": one}}, want},
		"absent":          {"a.b", map[string]any{"a": "text"}, nil},
		"null":            {"", map[string]any{"bitacora_grants": nil}, nil},
		"some unreadable": {"", map[string]any{"bitacora_grants": []string{"emperor@nation", "planner", "contractor@nation", "planner@nation"}}, want},
	} {
		t.Run(name, func(t *testing.T) {
			_, key, v, base := static(func(cfg *auth.Config) { cfg.GrantsClaim = tc.path })
			p := believed(t, v, sign(t, jose.ES256, key, base, tc.claims))
			if diff := cmp.Diff(tc.want, p.Grants()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRequestHeaders(t *testing.T) {
	c := newClock()
	s := serveIssuer(t, c)
	v := auth.NewStaticVerifier(s.Issuer, s.config(c))
	token := mint(t, s.Issuer, "planner", time.Hour)
	for name, tc := range map[string]struct {
		headers []string
		rule    string
	}{
		"bearer":       {[]string{"Bearer " + token}, ""},
		"lower case":   {[]string{"bearer  " + token}, ""},
		"none":         {nil, auth.RuleTokenMissing},
		"basic":        {[]string{"Basic " + token}, auth.RuleTokenInvalid},
		"scheme alone": {[]string{"Bearer"}, auth.RuleTokenInvalid},
		"two":          {[]string{"Bearer " + token, "Bearer " + token}, auth.RuleTokenInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/v1/units", nil)
			for _, h := range tc.headers {
				r.Header.Add("Authorization", h)
			}
			if _, err := v.Authenticate(r); tc.rule != "" {
				brokenRule(t, err, tc.rule)
			} else if err != nil {
				t.Fatal(err)
			}
		})
	}
}
