package testenv

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// The public client of deploy/keycloak/realm.json and its redirect address.
const (
	console  = "bitacora-console"
	redirect = "http://127.0.0.1/signed-in"
)

// Challenge makes a verifier for PKCE (RFC 7636) and its S256 challenge.
func Challenge() (verifier, challenge string) {
	verifier = rand.Text() + rand.Text() // of 43 characters or more
	sum := sha256.Sum256([]byte(verifier))
	return verifier, base64.RawURLEncoding.EncodeToString(sum[:])
}

// Person returns the access token of a user who signs in with a browser: authorization code with PKCE.
func (r *Realm) Person(t testing.TB, user, password string) string {
	t.Helper()
	verifier, challenge := Challenge()
	status, answer := r.Redeem(t, r.SignIn(t, user, password, challenge), verifier)
	if status != http.StatusOK {
		t.Fatalf("the code of %s: %d %v", user, status, answer)
	}
	return answer["access_token"].(string)
}

// Redeem exchanges the code of SignIn for tokens.
func (r *Realm) Redeem(t testing.TB, code, verifier string) (status int, answer map[string]any) {
	t.Helper()
	return r.Token(t, url.Values{"grant_type": {"authorization_code"}, "client_id": {console}, "redirect_uri": {redirect}, "code": {code}, "code_verifier": {verifier}})
}

var formAction = regexp.MustCompile(`<form id="kc-form-login"[^>]* action="([^"]+)"`)

// SignIn submits the realm's form, as a browser does, and returns the code of the redirect; "" if the realm refuses: a wrong password, or no
// challenge.
func (r *Realm) SignIn(t testing.TB, user, password, challenge string) (code string) {
	t.Helper()
	query := url.Values{"client_id": {console}, "response_type": {"code"}, "redirect_uri": {redirect}, "scope": {"openid"}, "state": {rand.Text()}}
	if challenge != "" {
		query.Set("code_challenge", challenge)
		query.Set("code_challenge_method", "S256")
	}
	page := r.do(t, request(t, http.MethodGet, r.Issuer+"/protocol/openid-connect/auth?"+query.Encode(), http.NoBody))
	if page.status == http.StatusOK {
		action := formAction.FindSubmatch(page.body)
		if action == nil {
			t.Fatalf("no form to sign in: %s", page.body)
		}
		form := request(t, http.MethodPost, html.UnescapeString(string(action[1])), strings.NewReader(url.Values{"username": {user}, "password": {password}}.Encode()))
		form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, cookie := range page.cookies { // by hand: a jar keeps secure ones from plain HTTP, which a browser does not on loopback
			form.AddCookie(cookie)
		}
		page = r.do(t, form)
	}
	if page.status != http.StatusFound {
		return ""
	}
	back, err := url.Parse(page.header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(back.String(), redirect) || back.Query().Get("state") != query.Get("state") {
		t.Fatalf("sent to %s", back)
	}
	return back.Query().Get("code")
}
