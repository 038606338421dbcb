package devissuer

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Client is a program in which people sign in with their browser, as one of the demo users.
type Client struct {
	// ID is the public client's.
	ID string
	// Redirect is the path that browsers come back to, Left the one after signing out; both on an address of this machine, any port.
	Redirect, Left string
}

// Page asks with which demo user somebody wants to sign in. It is drawn by whoever serves the issuer.
type Page func(w http.ResponseWriter, r *http.Request, ask Ask)

// Ask is what a Page asks.
type Ask struct {
	Users []User
	// Action is where the answer is sent (POST), Fields are sent back with it, and the name chosen as "user".
	Action string
	Fields url.Values
	// Refused says that nothing is asked: what was asked for is no request of a client that is known here.
	Refused bool
}

const (
	// codeTTL is how long a code can be exchanged.
	codeTTL = time.Minute
	// maxCodes bounds the codes that wait to be exchanged.
	maxCodes = 1000
	// signedInFor is how long somebody stays signed in: the life of refresh tokens.
	signedInFor = 7 * 24 * time.Hour
)

// granted is what a code stands for.
type granted struct {
	user            User
	redirect, nonce string
	challenge       string
	ends            time.Time
	session         string
	used            bool
}

// browser is what signing in with a browser has going on. It is gone with the process, but for refresh tokens, which say themselves what they are.
type browser struct {
	codes map[string]*granted
	// ended are the sessions that were signed out, until their refresh tokens are over.
	ended map[string]time.Time
}

// asked are the fields of a request that the page sends back.
var asked = []string{"client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge", "code_challenge_method"}

// authorize answers RFC 6749, section 4.1, with PKCE (RFC 7636, S256 and nothing else).
func (i *Issuer) authorize(page Page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
		back := i.redirect(r.FormValue("redirect_uri"), i.cfg.Client.Redirect)
		if back == nil || r.FormValue("client_id") != i.cfg.Client.ID {
			page(w, r, Ask{Refused: true}) // nobody is sent to an address that is not the client's
			return
		}
		answered := url.Values{"state": {r.FormValue("state")}, "iss": {i.cfg.URL}}
		switch {
		case r.FormValue("response_type") != "code":
			answered.Set("error", "unsupported_response_type")
		case r.FormValue("code_challenge_method") != "S256" || len(r.FormValue("code_challenge")) != 43:
			answered.Set("error", "invalid_request")
		case r.Method != http.MethodPost:
			fields := url.Values{}
			for _, name := range asked {
				fields.Set(name, r.FormValue(name))
			}
			page(w, r, Ask{Users: Users(), Action: i.cfg.Path + "/authorize", Fields: fields})
			return
		default:
			user, known := UserByName(r.FormValue("user"))
			code := ""
			if known {
				code = i.grant(user, r)
			}
			if code == "" {
				answered.Set("error", "access_denied")
			} else {
				answered.Set("code", code)
			}
		}
		back.RawQuery = answered.Encode()
		http.Redirect(w, r, back.String(), http.StatusSeeOther)
	}
}

// redirect is an address of this machine with the client's path, nil where the text is none.
func (i *Issuer) redirect(text, path string) *url.URL {
	u, err := url.Parse(text)
	if err != nil || path == "" || u.Path != path || u.RawQuery != "" || u.Fragment != "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return nil
	}
	ip, err := netip.ParseAddr(u.Hostname())
	if u.Hostname() != "localhost" && (err != nil || !ip.Unmap().IsLoopback()) {
		return nil
	}
	return u
}

// grant makes a code; "" where too many wait already.
func (i *Issuer) grant(user User, r *http.Request) string {
	now, code := i.cfg.Clock(), uuid.NewString()
	i.mu.Lock()
	defer i.mu.Unlock()
	for c, g := range i.browser.codes {
		if !now.Before(g.ends) {
			delete(i.browser.codes, c)
		}
	}
	if len(i.browser.codes) >= maxCodes {
		return ""
	}
	i.browser.codes[code] = &granted{user: user, redirect: r.FormValue("redirect_uri"), nonce: r.FormValue("nonce"), challenge: r.FormValue("code_challenge"),
		ends: now.Add(codeTTL), session: uuid.NewString()}
	return code
}

// exchange is what a code stands for, nil where it is not good. A code that comes twice was stolen by one of the two: what the first got ends.
func (i *Issuer) exchange(form url.Values) *granted {
	i.mu.Lock()
	defer i.mu.Unlock()
	g := i.browser.codes[form.Get("code")]
	if g == nil || !i.cfg.Clock().Before(g.ends) {
		return nil
	}
	if g.used {
		i.browser.ended[g.session] = i.cfg.Clock().Add(signedInFor)
		return nil
	}
	g.used = true
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	if form.Get("client_id") != i.cfg.Client.ID || form.Get("redirect_uri") != g.redirect || subtle.ConstantTimeCompare([]byte(challenge), []byte(g.challenge)) != 1 {
		return nil
	}
	return g
}

// browserToken answers the grants authorization_code and refresh_token.
func (i *Issuer) browserToken(w http.ResponseWriter, r *http.Request) {
	var g *granted
	if r.PostForm.Get("grant_type") == "authorization_code" {
		g = i.exchange(r.PostForm)
	} else if r.PostForm.Get("client_id") == i.cfg.Client.ID {
		g = i.refreshed(r.PostForm.Get("refresh_token"))
	}
	if g == nil || i.cfg.Client.ID == "" {
		refuse(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	tokens, err := i.tokens(g)
	if err != nil {
		refuse(w, http.StatusInternalServerError, "server_error")
		return
	}
	answer(w, http.StatusOK, tokens)
}

// refreshClaims are those of refresh and ID tokens beside the registered ones.
type refreshClaims struct {
	Issuer  string `json:"iss"`
	Type    string `json:"typ"`
	Client  string `json:"client_id"`
	User    string `json:"preferred_username"`
	Session string `json:"sid"`
	Expiry  int64  `json:"exp"`
}

// refreshType is what refresh tokens say of themselves, so that nobody takes one for an access token.
const refreshType = "Refresh"

func (i *Issuer) tokens(g *granted) (map[string]any, error) {
	access, err := i.Sign(g.user.Subject, g.user.Grants, i.cfg.TTL)
	if err != nil {
		return nil, err
	}
	now := i.cfg.Clock()
	refresh, err := i.sign(refreshClaims{i.cfg.URL, refreshType, i.cfg.Client.ID, g.user.Name, g.session, now.Add(signedInFor).Unix()})
	if err != nil {
		return nil, err
	}
	id := map[string]any{"iss": i.cfg.URL, "sub": g.user.Subject, "aud": i.cfg.Client.ID, "iat": now.Unix(), "exp": now.Add(i.cfg.TTL).Unix(), "sid": g.session,
		"typ": "ID", "preferred_username": g.user.Name}
	if g.nonce != "" {
		id["nonce"] = g.nonce
	}
	idToken, err := i.sign(id)
	if err != nil {
		return nil, err
	}
	return map[string]any{"access_token": access, "id_token": idToken, "refresh_token": refresh, "token_type": "Bearer", "expires_in": int(i.cfg.TTL.Seconds())}, nil
}

// refreshed is whose refresh token this is, nil where it is none in force.
func (i *Issuer) refreshed(token string) *granted {
	var c refreshClaims
	if err := i.read(token, &c); err != nil || c.Issuer != i.cfg.URL || c.Type != refreshType || c.Client != i.cfg.Client.ID || i.cfg.Clock().Unix() >= c.Expiry {
		return nil
	}
	i.mu.RLock()
	_, ended := i.browser.ended[c.Session]
	i.mu.RUnlock()
	user, known := UserByName(c.User)
	if ended || !known {
		return nil
	}
	return &granted{user: user, session: c.Session}
}

// End signs somebody out: the refresh tokens of that sign-in are worth nothing any more. A token that is none ends nothing.
func (i *Issuer) End(token string) {
	var c refreshClaims
	if i.read(token, &c) != nil || c.Session == "" {
		return
	}
	now := i.cfg.Clock()
	i.mu.Lock()
	defer i.mu.Unlock()
	for session, until := range i.browser.ended {
		if !now.Before(until) {
			delete(i.browser.ended, session)
		}
	}
	i.browser.ended[c.Session] = now.Add(signedInFor)
}

// revoke answers RFC 7009.
func (i *Issuer) revoke(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	i.End(r.PostFormValue("token"))
	w.WriteHeader(http.StatusOK)
}

// endSession signs out and sends the browser back to the client (OpenID Connect RP-Initiated Logout 1.0).
func (i *Issuer) endSession(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	if hint := r.FormValue("id_token_hint"); hint != "" {
		i.End(hint)
	}
	back := i.redirect(r.FormValue("post_logout_redirect_uri"), i.cfg.Client.Left)
	if back == nil {
		answer(w, http.StatusOK, map[string]string{"signed_out": "yes"})
		return
	}
	if state := r.FormValue("state"); state != "" {
		back.RawQuery = url.Values{"state": {state}}.Encode()
	}
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}

// plain is the page where nobody brings another.
func plain(w http.ResponseWriter, _ *http.Request, ask Ask) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if ask.Refused {
		w.WriteHeader(http.StatusBadRequest)
	}
	_ = plainPage.Execute(w, ask) // the browser is gone: nobody is left to tell
}

var plainPage = template.Must(template.New("").Parse(`<!doctype html><html lang="es-MX"><meta charset="utf-8"><title>Bitácora</title>
{{if .Refused}}<p>Nadie pidió entrar de esta manera.</p>{{else}}<form method="post" action="{{.Action}}">
{{range $name, $values := .Fields}}<input type="hidden" name="{{$name}}" value="{{index $values 0}}">{{end}}
{{range .Users}}<p><button name="user" value="{{.Name}}">{{.Title}}</button></p>{{end}}</form>{{end}}</html>
`))

// browserGrants are the grants of the token endpoint that Config.Client adds.
var browserGrants = []string{"authorization_code", "refresh_token"}

// isBrowserGrant says whether a grant is one of them.
func isBrowserGrant(grant string) bool { return slices.Contains(browserGrants, grant) }
