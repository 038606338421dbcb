package auth_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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

func believed(t testing.TB, v *auth.Verifier, token string) {
	t.Helper()
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Fatal(err)
	}
}

// Forged tokens do not make the service load the issuer: of many at once a few wait for a reading, the others are told to come again.
func TestUnknownKeysDoNotLoadTheIssuer(t *testing.T) {
	c := newClock()
	s := serveIssuer(t, c)
	v := verifier(t, s.config(c))
	ready(t, v)
	forged := mint(t, forger(t, s, c), "admin", time.Hour)
	before := s.calls.Load()
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
	if n := s.calls.Load() - before; n > 4 {
		t.Errorf("%d requests to the issuer for 64 forged tokens, want two rounds of 2 at most", n)
	}
}

// Tokens with unknown keys hold nobody up while the issuer takes connections and does not answer.
func TestMuteIssuerHoldsNobodyUp(t *testing.T) {
	c := newClock()
	s := serveIssuer(t, c)
	v := verifier(t, s.config(c))
	ready(t, v)
	good, forged := mint(t, s.Issuer, "planner", time.Hour), mint(t, forger(t, s, c), "admin", time.Hour)
	believed(t, v, good)
	s.mute.Store(true)
	var waited atomic.Int64
	var wg sync.WaitGroup
	for range 400 {
		wg.Go(func() {
			begun := time.Now()
			if _, err := v.Verify(t.Context(), forged); !errors.Is(err, auth.ErrIssuerAway) {
				t.Errorf("forged token: %v", err)
			}
			if time.Since(begun) > time.Second {
				waited.Add(1)
			}
			if _, err := v.Verify(t.Context(), good); err != nil {
				t.Error(err)
			}
		})
	}
	begun := time.Now()
	wg.Wait()
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("answered after %s, want 2 s", took)
	}
	if n := waited.Load(); n < 1 || n > 8 {
		t.Errorf("%d requests waited for the issuer, want 8 at most", n)
	}
}

// After a reading that failed nobody waits, and a reading that succeeds ends that.
func TestNobodyWaitsAfterAReadingThatFailed(t *testing.T) {
	c := newClock()
	s := serveIssuer(t, c)
	cfg := s.config(c)
	cfg.HTTPClient.Timeout = 200 * time.Millisecond
	v := verifier(t, cfg)
	ready(t, v)
	forged := mint(t, forger(t, s, c), "admin", time.Hour)
	s.mute.Store(true)
	_, err := v.Verify(t.Context(), forged)
	away(t, err)
	begun := time.Now()
	for range 100 {
		_, err := v.Verify(t.Context(), forged)
		away(t, err)
	}
	if took := time.Since(begun); took > time.Second {
		t.Errorf("a hundred answers took %s", took)
	}
	if err := s.Rotate(); err != nil {
		t.Fatal(err)
	}
	fresh := mint(t, s.Issuer, "planner", time.Hour)
	s.mute.Store(false)
	eventually(t, "the new key is believed", func() bool {
		_, err := v.Verify(t.Context(), fresh)
		return err == nil
	})
}

// A key that is newer than the last reading is waited for, never refused: a refusal would end its holder's session.
func TestKeyNewerThanTheLastReading(t *testing.T) {
	c := newClock()
	s := serveIssuer(t, c)
	v := verifier(t, s.config(c))
	ready(t, v)
	_, err := v.Verify(t.Context(), mint(t, forger(t, s, c), "admin", time.Hour))
	refused(t, err, auth.RuleTokenInvalid)
	if err := s.Rotate(); err != nil {
		t.Fatal(err)
	}
	believed(t, v, mint(t, s.Issuer, "planner", time.Hour))
}
