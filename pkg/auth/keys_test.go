package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// forger signs tokens that are like those of s in all but the key.
func forger(t testing.TB, s *issuerServer, c *clock) *devissuer.Issuer {
	t.Helper()
	i, err := devissuer.Open(devissuer.Config{Dir: t.TempDir(), URL: s.srv.URL, Audience: audience, Clock: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// Forged tokens do not make the service load the issuer: of many at once a few wait for a reading, the others are told to come again.
func TestUnknownKeysDoNotLoadTheIssuer(t *testing.T) {
	c, s, v := discovered(t)
	forged := mint(t, forger(t, s, c), "admin", time.Hour)
	before, begun := s.calls.Load(), time.Now()
	var refusals atomic.Int64
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			if _, err := v.Verify(t.Context(), forged); fault.Is(err, fault.Unauthenticated) {
				refusals.Add(1)
			} else if !errors.Is(err, auth.ErrIssuerAway) {
				t.Errorf("forged token: %v", err)
			}
		})
	}
	wg.Wait()
	if refusals.Load() == 0 {
		t.Error("no forged token was looked up")
	}
	if n := s.calls.Load() - before; n > 2*rounds(begun) {
		t.Errorf("%d requests to the issuer for 64 forged tokens, want %d rounds of 2 at most", n, rounds(begun))
	}
}

// rounds is how often the key set may have been read for tokens since then: once a second, begun ones included.
func rounds(since time.Time) int64 { return 2 + int64(time.Since(since)/time.Second) }

// Tokens with unknown keys hold nobody up while the issuer takes connections and does not answer: eight wait, the others are told so.
func TestMuteIssuerHoldsNobodyUp(t *testing.T) {
	c, s, v := discovered(t)
	good, forged := mint(t, s.Issuer, "planner", time.Hour), mint(t, forger(t, s, c), "admin", time.Hour)
	believed(t, v, good)
	s.mute.Store(true)
	const all, wait = 400, 8
	answered := make(chan error, all)
	for range all {
		go func() {
			_, err := v.Verify(t.Context(), forged)
			answered <- err
		}()
	}
	for range all - wait { // those who wait are answered by nothing but the end of the verifier
		away(t, <-answered)
	}
	believed(t, v, good)
	if n := len(answered); n != 0 {
		t.Errorf("%d more did not wait", n)
	}
	if err := v.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range wait {
		away(t, <-answered)
	}
}

// After a reading that failed nobody waits, and a reading that succeeds ends that.
func TestNobodyWaitsAfterAReadingThatFailed(t *testing.T) {
	c, s, v := discovered(t)
	forged := mint(t, forger(t, s, c), "admin", time.Hour)
	s.away.Store(true)
	_, err := v.Verify(t.Context(), forged)
	away(t, err)
	s.mute.Store(true) // who waited now would wait for good
	for range 100 {
		_, err := v.Verify(t.Context(), forged)
		away(t, err)
	}
	if err := s.Rotate(); err != nil {
		t.Fatal(err)
	}
	fresh := mint(t, s.Issuer, "planner", time.Hour)
	s.away.Store(false)
	s.mute.Store(false)
	close(s.speaks)
	eventually(t, "the new key is believed", func() bool {
		_, err := v.Verify(t.Context(), fresh)
		return err == nil
	})
}

// A key that is newer than the last reading is waited for, never refused: a refusal would end its holder's session.
func TestKeyNewerThanTheLastReading(t *testing.T) {
	c, s, v := discovered(t)
	refused(t, v, mint(t, forger(t, s, c), "admin", time.Hour), auth.RuleTokenInvalid)
	if err := s.Rotate(); err != nil {
		t.Fatal(err)
	}
	believed(t, v, mint(t, s.Issuer, "planner", time.Hour))
}

// oneKey is an issuer that has one key at a time and changes it without changing its id, as some do; "" is no id at all.
type oneKey struct {
	id    string
	key   atomic.Pointer[ecdsa.PrivateKey]
	reads atomic.Int64
	srv   *httptest.Server
}

func serveOneKey(t *testing.T, id string) *oneKey {
	o := &oneKey{id: id}
	o.rotate()
	mux := http.NewServeMux()
	o.srv = httptest.NewServer(mux)
	t.Cleanup(o.srv.Close)
	answer := func(w http.ResponseWriter, body any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(body); err != nil {
			t.Error(err)
		}
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"issuer": o.srv.URL, "jwks_uri": o.srv.URL + "/keys"})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		o.reads.Add(1)
		answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: o.key.Load().Public(), KeyID: o.id, Use: "sig"}}})
	})
	return o
}

func (o *oneKey) rotate() {
	o.key.Store(must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)))
}

func (o *oneKey) sign(t *testing.T, c *clock) string {
	return sign(t, jose.ES256, jose.JSONWebKey{Key: o.key.Load(), KeyID: o.id}, jwt.Claims{Issuer: o.srv.URL, Subject: "s-1", Audience: jwt.Audience{audience},
		ID: rand.Text(), Expiry: jwt.NewNumericDate(c.now().Add(time.Hour))})
}

// A key that was changed under its old id, or that has none, is believed at the first token that it signed; and forged
// tokens, which look the same, do not make the key set be read more often than once a second.
func TestKeyChangedWithoutANewID(t *testing.T) {
	for name, id := range map[string]string{"the same id": "1", "no id": ""} {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			o := serveOneKey(t, id)
			v := verifier(t, auth.Config{Issuer: o.srv.URL, Audience: audience, Clock: c.now, HTTPClient: o.srv.Client()})
			v.Patient()
			ready(t, v)
			believed(t, v, o.sign(t, c))
			for range 2 {
				old := o.sign(t, c)
				o.rotate()
				believed(t, v, o.sign(t, c)) // the first that it signed
				c.advance(time.Second)       // the key set may be read again
				refused(t, v, old, auth.RuleTokenInvalid)
			}
			forger := &oneKey{id: id, srv: o.srv}
			forger.rotate()
			before, begun := o.reads.Load(), time.Now()
			var wg sync.WaitGroup
			for range 200 {
				wg.Go(func() {
					if _, err := v.Verify(t.Context(), forger.sign(t, c)); err == nil {
						t.Error("a forged token was believed")
					}
				})
			}
			wg.Wait()
			if n := o.reads.Load() - before; n > 1+rounds(begun) {
				t.Errorf("200 forged tokens at once made the key set be read %d times", n)
			}
			believed(t, v, o.sign(t, c))
		})
	}
}
