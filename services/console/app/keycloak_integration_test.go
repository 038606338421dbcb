//go:build integration

package app_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
	"github.com/bitacora-salud/bitacora/services/console/app"
)

// counted reaches a provider and counts renewals.
type counted struct{ *world }

func (c counted) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/token") {
		if body, err := r.GetBody(); err == nil {
			text := make([]byte, 4096)
			n, _ := body.Read(text)
			if strings.Contains(string(text[:n]), "grant_type=refresh_token") {
				c.renewals.Add(1)
			}
		}
	}
	return http.DefaultTransport.RoundTrip(r)
}

// keycloak is a world whose people have accounts at a real Keycloak, with access tokens of six seconds.
func keycloak(t *testing.T) (*world, *testenv.Realm) {
	realm := testenv.NewRealm(t)
	realm.Admin(t, http.MethodPut, "", map[string]any{"accessTokenLifespan": 6}, nil)
	w := &world{t: t, clock: nil, key: make([]byte, app.KeySize), path: filepath.Join(t.TempDir(), "console.db"), issuerURL: realm.Issuer}
	w.client = &http.Client{Transport: counted{w}, Timeout: 10 * time.Second}
	w.access = auth.NewVerifier(t.Context(), auth.Config{Issuer: realm.Issuer, Audience: "bitacora"})
	t.Cleanup(func() { _ = w.access.Stop(context.Background()) })
	servicetest.Eventually(t, "the realm's keys are known", func() bool { return w.access.Ready(t.Context()) == nil })
	w.furnish()
	return w, realm
}

var loginForm = regexp.MustCompile(`<form id="kc-form-login"[^>]* action="([^"]+)"`)

// password signs in at Keycloak's page.
func (b *browser) password(p page, user, password string) page {
	b.t.Helper()
	action := loginForm.FindStringSubmatch(p.body)
	if action == nil {
		b.t.Fatalf("Keycloak asks nobody: %d %s %.500s", p.status, p.path, p.body)
	}
	to := html.UnescapeString(action[1])
	return b.follow(b.send("POST", to, url.Values{"username": {user}, "password": {password}}), to)
}

func TestPeopleOfAKeycloakSignInGoOnAndOut(t *testing.T) {
	w, _ := keycloak(t)
	b := newBrowser(t, w.console())
	if p := b.password(b.get("/nota?x=1"), director, "wrong"); loginForm.FindString(p.body) == "" {
		t.Fatalf("a wrong password: %s", p.path)
	}
	p := b.password(b.get("/quien-soy?x=1"), director, "demo-"+director).wants(t, 200, "Quién soy y qué puedo hacer")
	if p.path != "/quien-soy?x=1" || !strings.Contains(p.body, "Titular de la unidad") || !strings.Contains(p.body, "BSIST000014") {
		t.Errorf("%s %s", p.path, p.body)
	}
	b.get("/nota").wants(t, 200, "Nota")
	servicetest.Eventually(t, "the access token is renewed", func() bool {
		b.get("/nota").wants(t, 200, "Nota")
		return w.renewals.Load() >= 2
	})
	out := b.submit(b.get("/salir"), nil).wants(t, 200, "Cerró la sesión")
	if strings.Contains(b.seen.String(), aToken) || !strings.HasPrefix(out.path, "/salir") {
		t.Errorf("a token was sent to the browser, or it did not come back: %s", out.path)
	}
	if again := b.get("/quien-soy"); loginForm.FindString(again.body) == "" {
		t.Errorf("still signed in at Keycloak: %d %s", again.status, again.heading())
	}
}

func TestASessionThatKeycloakEndsIsOver(t *testing.T) {
	w, realm := keycloak(t)
	b := newBrowser(t, w.console())
	b.password(b.get("/nota"), director, "demo-"+director).wants(t, 200, "Nota")
	var found []struct{ ID string }
	realm.Admin(t, http.MethodGet, "/users?username="+director, nil, &found)
	realm.Admin(t, http.MethodPost, "/users/"+found[0].ID+"/logout", nil, nil)
	servicetest.Eventually(t, "the session is over", func() bool {
		p := b.send("GET", "/nota", nil)
		return p.status == http.StatusSeeOther && strings.HasPrefix(p.header.Get("Location"), "/entrar?")
	})
}
