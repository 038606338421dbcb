package devissuer_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
)

const (
	issuerURL = "http://127.0.0.1:8080/dev-issuer"
	audience  = "bitacora"
)

func open(t *testing.T, dir string) *devissuer.Issuer {
	t.Helper()
	i, err := devissuer.Open(devissuer.Config{Dir: dir, URL: issuerURL, Audience: audience})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func believed(t *testing.T, i *devissuer.Issuer, token string) error {
	t.Helper()
	_, err := auth.NewStaticVerifier(i, auth.Config{Issuer: issuerURL, Audience: audience}).Verify(t.Context(), token)
	return err
}

func mint(t *testing.T, i *devissuer.Issuer) string {
	t.Helper()
	token, err := i.Tokens(time.Hour)("planner")
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestKeysSurviveARestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "issuer")
	first := open(t, dir)
	token := mint(t, first)
	second := open(t, dir)
	if err := believed(t, second, token); err != nil || first.Secret() != second.Secret() || first.Secret() == "" {
		t.Errorf("after a restart: %v", err)
	}
	if err := believed(t, open(t, t.TempDir()), token); err == nil {
		t.Error("another installation's token is believed")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestRotationKeepsTheKeyBefore(t *testing.T) {
	dir := t.TempDir()
	i := open(t, dir)
	tokens := []string{mint(t, i)}
	for range 2 {
		if err := i.Rotate(); err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, mint(t, i))
	}
	for _, who := range []*devissuer.Issuer{i, open(t, dir)} {
		for n, want := range []bool{false, true, true} {
			if err := believed(t, who, tokens[n]); (err == nil) != want {
				t.Errorf("token of key %d: %v", n, err)
			}
		}
	}
}

// Processes that begin at once on an empty folder become the same issuer.
func TestOpenAtOnce(t *testing.T) {
	dir := t.TempDir()
	issuers := make([]*devissuer.Issuer, 8)
	var wg sync.WaitGroup
	for n := range issuers {
		wg.Go(func() {
			i, err := devissuer.Open(devissuer.Config{Dir: dir, URL: issuerURL, Audience: audience})
			if err != nil {
				t.Error(err)
				return
			}
			issuers[n] = i
		})
	}
	wg.Wait()
	token := mint(t, issuers[0])
	for _, i := range issuers {
		if err := believed(t, i, token); err != nil || i.Secret() != issuers[0].Secret() {
			t.Error("two issuers in one folder")
		}
	}
}

func TestDamagedFolderIsSaid(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	for _, content := range []string{"", "{", `{"client_secret":"x","keys":[]}`} {
		if err := os.WriteFile(filepath.Join(dir, "dev-issuer.json"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := devissuer.Open(devissuer.Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "remove it") {
			t.Errorf("%q: %v", content, err)
		}
	}
}

func TestTokenEndpoint(t *testing.T) {
	i := open(t, t.TempDir())
	srv := httptest.NewServer(i.Handler())
	defer srv.Close()
	ask := func(form url.Values, user, secret string) (int, map[string]any) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/token", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if user != "" {
			req.SetBasicAuth(user, secret)
		}
		res, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var body map[string]any
		if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, body
	}
	grant := func(more ...string) url.Values {
		v := url.Values{"grant_type": {"client_credentials"}}
		for n := 0; n < len(more); n += 2 {
			v.Set(more[n], more[n+1])
		}
		return v
	}
	for name, tc := range map[string]struct {
		form         url.Values
		user, secret string
		status       int
		code         any
	}{
		"basic":          {grant(), "planner", i.Secret(), 200, nil},
		"post":           {grant("client_id", "planner", "client_secret", i.Secret()), "", "", 200, nil},
		"wrong secret":   {grant(), "planner", "x", 401, "invalid_client"},
		"no secret":      {grant(), "", "", 401, "invalid_client"},
		"unknown client": {grant(), "emperor", i.Secret(), 401, "invalid_client"},
		"other grant":    {url.Values{"grant_type": {"password"}}, "planner", i.Secret(), 400, "unsupported_grant_type"},
		"too long":       {grant("x", strings.Repeat("x", 10000)), "planner", i.Secret(), 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := ask(tc.form, tc.user, tc.secret)
			if status != tc.status || body["error"] != tc.code {
				t.Fatalf("%d %v", status, body)
			}
			if status == http.StatusOK {
				if err := believed(t, i, body["access_token"].(string)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestRequireLoopback(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:8080": true, "127.5.0.1:0": true, "[::1]:8080": true, "localhost:8080": true, "[::ffff:127.0.0.1]:1": true,
		":8080": false, "0.0.0.0:8080": false, "[::]:8080": false, "10.0.0.7:8080": false, "example.org:80": false, "": false, "127.0.0.1": false,
		"localhost.example.org:80": false,
	} {
		if err := devissuer.RequireLoopback(addr); (err == nil) != want {
			t.Errorf("%q: %v", addr, err)
		}
	}
}

func TestDemoUsers(t *testing.T) {
	subjects := map[string]bool{}
	roles := map[auth.Role]bool{}
	for _, u := range devissuer.Users() {
		if id, err := uuid.Parse(u.Subject); err != nil || id.Version() != 5 || subjects[u.Subject] {
			t.Errorf("%s has the subject %q", u.Name, u.Subject)
		}
		subjects[u.Subject] = true
		for _, text := range u.Grants {
			g, err := auth.ParseGrant(text)
			if err != nil {
				t.Errorf("%s: %s: %v", u.Name, text, err)
			}
			roles[g.Role] = true
		}
	}
	if len(roles) != 10 {
		t.Errorf("%d of 10 roles have a demo user", len(roles))
	}
	for _, text := range []string{devissuer.DemoContractorA, devissuer.DemoContractorB} {
		if id, err := uuid.Parse(text); err != nil || id.Version() != 7 || id.String() != text {
			t.Errorf("no client may send the contractor id %q", text)
		}
	}
	if _, err := open(t, t.TempDir()).Mint("emperor", time.Hour); err == nil {
		t.Error("a token for nobody")
	}
}
