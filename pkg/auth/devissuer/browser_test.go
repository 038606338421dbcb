package devissuer_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
)

const (
	consoleID = "console"
	comeBack  = "http://127.0.0.1:8080/back"
	verifier  = "a-verifier-of-at-least-forty-three-characters"
)

// provider is an issuer to which people sign in with a browser.
type provider struct {
	*devissuer.Issuer
	t   *testing.T
	now time.Time
}

func openProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{t: t, now: time.Now()}
	var err error
	p.Issuer, err = devissuer.Open(devissuer.Config{Dir: t.TempDir(), URL: issuerURL, Audience: audience, TTL: time.Minute,
		Client: devissuer.Client{ID: consoleID, Redirect: "/back", Left: "/left"}, Clock: func() time.Time { return p.now }})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ask is the answer to a form, or to a query of GET.
func (p *provider) ask(method, path string, form url.Values) *httptest.ResponseRecorder {
	p.t.Helper()
	r := httptest.NewRequestWithContext(p.t.Context(), method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if method == http.MethodGet {
		r = httptest.NewRequestWithContext(p.t.Context(), method, path+"?"+form.Encode(), nil)
	}
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, r)
	return w
}

// asking is a request to sign in, with more of its fields set.
func asking(more ...string) url.Values {
	sum := sha256.Sum256([]byte(verifier))
	v := url.Values{"client_id": {consoleID}, "redirect_uri": {comeBack}, "response_type": {"code"}, "state": {"s"}, "nonce": {"n"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
	for n := 0; n < len(more); n += 2 {
		v.Set(more[n], more[n+1])
	}
	return v
}

// code is what a demo user gets.
func (p *provider) code() string {
	p.t.Helper()
	w := p.ask(http.MethodPost, "/authorize", asking("user", "planner"))
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != http.StatusSeeOther || !strings.HasPrefix(to.String(), comeBack+"?") || to.Query().Get("state") != "s" || to.Query().Get("iss") != issuerURL {
		p.t.Fatalf("%d %s", w.Code, to)
	}
	return to.Query().Get("code")
}

func exchanging(code string, more ...string) url.Values {
	v := url.Values{"grant_type": {"authorization_code"}, "client_id": {consoleID}, "redirect_uri": {comeBack}, "code_verifier": {verifier}, "code": {code}}
	for n := 0; n < len(more); n += 2 {
		v.Set(more[n], more[n+1])
	}
	return v
}

func renewing(token string, more ...string) url.Values {
	v := url.Values{"grant_type": {"refresh_token"}, "client_id": {consoleID}, "refresh_token": {token}}
	for n := 0; n < len(more); n += 2 {
		v.Set(more[n], more[n+1])
	}
	return v
}

// tokens is what the token endpoint answers; nil where it refuses.
func (p *provider) tokens(form url.Values) map[string]any {
	p.t.Helper()
	w := p.ask(http.MethodPost, "/token", form)
	var said map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil {
		p.t.Fatal(err)
	}
	if w.Code != http.StatusOK {
		if w.Code != http.StatusBadRequest || said["error"] != "invalid_grant" {
			p.t.Fatalf("%d %v", w.Code, said)
		}
		return nil
	}
	return said
}

func claims(t *testing.T, token string) (out map[string]any) {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestACodeBringsTokensOnceOfWhichOnlyOneIsAnAccessToken(t *testing.T) {
	p := openProvider(t)
	got := p.tokens(exchanging(p.code()))
	if got == nil || got["token_type"] != "Bearer" || got["expires_in"] != 60.0 {
		t.Fatalf("%v", got)
	}
	if err := believed(t, p.Issuer, got["access_token"].(string)); err != nil {
		t.Error(err)
	}
	for _, other := range []string{"id_token", "refresh_token"} {
		if err := believed(t, p.Issuer, got[other].(string)); err == nil {
			t.Errorf("the %s is taken for an access token", other)
		}
	}
	id := claims(t, got["id_token"].(string))
	if id["aud"] != consoleID || id["nonce"] != "n" || id["sub"] != devissuer.Subject("planner") || id["iss"] != issuerURL {
		t.Errorf("%v", id)
	}
}

func TestACodeIsBoundToItsClientItsAddressItsBrowserAndAMinute(t *testing.T) {
	p := openProvider(t)
	for name, form := range map[string]func(string) url.Values{
		"another client":   func(c string) url.Values { return exchanging(c, "client_id", "another") },
		"another address":  func(c string) url.Values { return exchanging(c, "redirect_uri", "http://localhost:8080/back") },
		"another verifier": func(c string) url.Values { return exchanging(c, "code_verifier", verifier+"x") },
		"no verifier":      func(c string) url.Values { return exchanging(c, "code_verifier", "") },
		"another code":     func(c string) url.Values { return exchanging(c + "x") },
	} {
		code := p.code()
		if p.tokens(form(code)) != nil {
			t.Errorf("%s: tokens", name)
		}
		if name != "another code" && p.tokens(exchanging(code)) != nil {
			t.Errorf("%s: the code is good after it was tried with something else", name)
		}
	}
	code := p.code()
	p.now = p.now.Add(time.Minute)
	if p.tokens(exchanging(code)) != nil {
		t.Error("a code of a minute ago is good")
	}
}

func TestACodeThatComesTwiceEndsWhatItBrought(t *testing.T) {
	p := openProvider(t)
	code := p.code()
	got := p.tokens(exchanging(code))
	if p.tokens(exchanging(code)) != nil {
		t.Fatal("a code is good twice")
	}
	if p.tokens(renewing(got["refresh_token"].(string))) != nil {
		t.Error("what the first one got is renewed")
	}
}

func TestARefreshTokenIsGoodUntilItsSignInEnds(t *testing.T) {
	p := openProvider(t)
	got := p.tokens(exchanging(p.code()))
	refresh := got["refresh_token"].(string)
	p.now = p.now.Add(time.Hour)
	again := p.tokens(renewing(refresh))
	if again == nil || claims(t, again["access_token"].(string))["sub"] != devissuer.Subject("planner") {
		t.Fatalf("%v", again)
	}
	for name, form := range map[string]url.Values{
		"another client":  renewing(refresh, "client_id", "another"),
		"an access token": renewing(again["access_token"].(string)),
		"an ID token":     renewing(again["id_token"].(string)),
		"nothing":         renewing(""),
		"cut":             renewing(refresh[:len(refresh)-2]),
	} {
		if p.tokens(form) != nil {
			t.Errorf("%s: tokens", name)
		}
	}
	if w := p.ask(http.MethodPost, "/revoke", url.Values{"token": {again["refresh_token"].(string)}}); w.Code != http.StatusOK {
		t.Errorf("%d", w.Code)
	}
	if p.tokens(renewing(refresh)) != nil {
		t.Error("a sign-in that was ended is renewed")
	}
	other := p.tokens(exchanging(p.code()))["refresh_token"].(string)
	p.now = p.now.Add(7 * 24 * time.Hour)
	if p.tokens(renewing(other)) != nil {
		t.Error("a refresh token of a week ago is good")
	}
}

func TestNobodyIsSentToAnAddressThatIsNotTheClients(t *testing.T) {
	p := openProvider(t)
	for _, to := range []string{"", "http://evil.example/back", "http://127.0.0.1.evil.example/back", "http://127.0.0.1:8080/elsewhere", "http://127.0.0.1@evil.example/back",
		"http://evil.example@127.0.0.1/back", "http://127.0.0.1/back?x=y", "http://127.0.0.1/back#x", "javascript:alert(1)", "//127.0.0.1/back", "http://127.0.0.1/back/../x", "::"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			w := p.ask(method, "/authorize", asking("redirect_uri", to, "user", "planner"))
			if w.Code != http.StatusBadRequest || w.Header().Get("Location") != "" {
				t.Errorf("%s %q: %d %s", method, to, w.Code, w.Header().Get("Location"))
			}
		}
	}
	if w := p.ask(http.MethodPost, "/authorize", asking("client_id", "another", "user", "planner")); w.Code != http.StatusBadRequest {
		t.Errorf("another client: %d", w.Code)
	}
	for _, to := range []string{"http://localhost/back", "https://127.0.0.1:1/back", "http://[::1]:99/back"} {
		if w := p.ask(http.MethodPost, "/authorize", asking("redirect_uri", to, "user", "planner")); w.Code != http.StatusSeeOther {
			t.Errorf("%q: %d", to, w.Code)
		}
	}
}

func TestSigningInNeedsACodeAndPKCE(t *testing.T) {
	p := openProvider(t)
	for name, form := range map[string]url.Values{
		"a token":          asking("response_type", "token"),
		"no challenge":     asking("code_challenge", ""),
		"a plain one":      asking("code_challenge_method", "plain"),
		"one of no method": asking("code_challenge_method", ""),
		"nobody":           asking("user", "emperor"),
	} {
		form.Add("user", "planner")
		w := p.ask(http.MethodPost, "/authorize", form)
		to, err := url.Parse(w.Header().Get("Location"))
		if err != nil || to.Query().Get("error") == "" || to.Query().Get("code") != "" {
			t.Errorf("%s: %d %s", name, w.Code, to)
		}
	}
	page := p.ask(http.MethodGet, "/authorize", asking("state", `"><script>`))
	if page.Code != http.StatusOK || strings.Contains(page.Body.String(), "<script>") || !strings.Contains(page.Body.String(), `value="planner"`) {
		t.Errorf("%d %s", page.Code, page.Body)
	}
}

func TestSigningOutEndsTheSignInAndLeadsBack(t *testing.T) {
	p := openProvider(t)
	got := p.tokens(exchanging(p.code()))
	w := p.ask(http.MethodGet, "/end-session", url.Values{"id_token_hint": {got["id_token"].(string)}, "post_logout_redirect_uri": {"http://127.0.0.1:8080/left"}, "state": {"s"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "http://127.0.0.1:8080/left?state=s" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
	if p.tokens(renewing(got["refresh_token"].(string))) != nil {
		t.Error("a sign-in that was ended is renewed")
	}
	if w := p.ask(http.MethodGet, "/end-session", url.Values{"post_logout_redirect_uri": {"http://evil.example/left"}}); w.Code != http.StatusOK {
		t.Errorf("elsewhere: %d", w.Code)
	}
}

func TestWithoutAClientNobodySignsInWithABrowser(t *testing.T) {
	i := open(t, t.TempDir())
	for _, path := range []string{"/authorize", "/revoke", "/end-session"} {
		w := httptest.NewRecorder()
		i.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	p := &provider{Issuer: i, t: t}
	if p.tokens(exchanging("", "client_id", "")) != nil || p.tokens(renewing("", "client_id", "")) != nil {
		t.Error("tokens")
	}
}

func TestDiscoverySaysWhereOneSignsIn(t *testing.T) {
	var said map[string]any
	if err := json.Unmarshal(openProvider(t).ask(http.MethodGet, "/.well-known/openid-configuration", nil).Body.Bytes(), &said); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"authorization_endpoint", "token_endpoint", "end_session_endpoint", "revocation_endpoint", "jwks_uri"} {
		if text, _ := said[name].(string); !strings.HasPrefix(text, issuerURL+"/") {
			t.Errorf("%s is %v", name, said[name])
		}
	}
}
