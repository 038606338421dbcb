package devissuer

import (
	"crypto/subtle"
	"encoding/json"
	"maps"
	"net/http"
	"time"
)

// tokenTTL is how long a token of the token endpoint is in force.
const tokenTTL = time.Hour

// Handler serves discovery, the key set and the token endpoint (grant client_credentials: the client id is a demo user's name, the
// secret is Secret) under Config.URL's path; the caller strips that path. Where there is a Client, people sign in to it here too.
func (i *Issuer) Handler() http.Handler { return i.HandlerWith(plain) }

// HandlerWith is Handler with a page of the caller's own.
func (i *Issuer) HandlerWith(page Page) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.discovery)
	mux.HandleFunc("GET /jwks", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, i.public()) })
	mux.HandleFunc("POST /token", i.token)
	if i.cfg.Client.ID != "" {
		mux.HandleFunc("GET /authorize", i.authorize(page))
		mux.HandleFunc("POST /authorize", i.authorize(page))
		mux.HandleFunc("POST /revoke", i.revoke)
		mux.HandleFunc("GET /end-session", i.endSession)
		mux.HandleFunc("POST /end-session", i.endSession)
	}
	return mux
}

func (i *Issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	said := map[string]any{
		"issuer": i.cfg.URL, "jwks_uri": i.cfg.URL + "/jwks", "token_endpoint": i.cfg.URL + "/token",
		"grant_types_supported":                 []string{"client_credentials"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"response_types_supported":              []string{"token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"ES256"},
	}
	if i.cfg.Client.ID != "" {
		maps.Copy(said, map[string]any{
			"authorization_endpoint": i.cfg.URL + "/authorize", "end_session_endpoint": i.cfg.URL + "/end-session", "revocation_endpoint": i.cfg.URL + "/revoke",
			"grant_types_supported":                          append([]string{"client_credentials"}, browserGrants...),
			"token_endpoint_auth_methods_supported":          []string{"client_secret_basic", "client_secret_post", "none"},
			"response_types_supported":                       []string{"code"},
			"code_challenge_methods_supported":               []string{"S256"},
			"scopes_supported":                               []string{"openid"},
			"authorization_response_iss_parameter_supported": true,
		})
	}
	answer(w, http.StatusOK, said)
}

// token answers RFC 6749, section 4.4.
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	if r.ParseForm() != nil {
		refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	if isBrowserGrant(r.PostForm.Get("grant_type")) {
		i.browserToken(w, r)
		return
	}
	if r.PostForm.Get("grant_type") != "client_credentials" {
		refuse(w, http.StatusBadRequest, "unsupported_grant_type")
		return
	}
	name, secret, basic := r.BasicAuth()
	if !basic {
		name, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	_, known := UserByName(name)
	if subtle.ConstantTimeCompare([]byte(secret), []byte(i.Secret())) != 1 || !known {
		w.Header().Set("WWW-Authenticate", `Basic realm="bitacora development issuer"`)
		refuse(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	token, err := i.Mint(name, i.cfg.TTL)
	if err != nil {
		refuse(w, http.StatusInternalServerError, "server_error")
		return
	}
	answer(w, http.StatusOK, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": int(i.cfg.TTL.Seconds())})
}

func refuse(w http.ResponseWriter, status int, code string) {
	answer(w, status, map[string]string{"error": code})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller is gone: nobody is left to tell
}
