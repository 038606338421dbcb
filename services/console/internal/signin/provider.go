// Package signin signs people in with an OpenID Connect provider (authorization code with PKCE), keeps their tokens on the server and renews
// them, and signs them out, here and there. No token reaches a browser.
package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/bitacora-salud/bitacora/pkg/auth"
)

// Provider is whose accounts people have.
type Provider struct {
	// ClientID is the console's at the provider; it is a public client.
	ClientID string
	// Access verifies access tokens, and reads whose they are and what grants they hold.
	Access *auth.Verifier
	// HTTP reaches the provider.
	HTTP *http.Client
	// Ask finds the provider's addresses; it is asked until it answers once.
	Ask func(ctx context.Context) (*Endpoints, error)

	mu    sync.Mutex
	known *Endpoints
}

// Endpoints are a provider's addresses, and how its ID tokens are verified.
type Endpoints struct {
	Authorize, Token string
	// Revoke is where a refresh token is ended (RFC 7009); empty where there is no such address.
	Revoke string
	// EndSession is where one signs out at the provider; empty where it has no such address.
	EndSession string
	IDTokens   *oidc.IDTokenVerifier
}

// ErrAway says that the provider could not be asked. Sessions go on.
var ErrAway = errors.New("the provider does not answer")

// scopes are what is asked for; a provider that gives refresh tokens for offline_access alone is not asked for that: those outlive signing out.
var scopes = []string{oidc.ScopeOpenID}

// Discover finds a provider by its issuer's address.
func Discover(issuer, clientID string, client *http.Client, now func() time.Time) func(context.Context) (*Endpoints, error) {
	return func(ctx context.Context) (*Endpoints, error) {
		found, err := oidc.NewProvider(oidc.ClientContext(ctx, client), issuer)
		if err != nil {
			return nil, err
		}
		var more struct {
			EndSession string `json:"end_session_endpoint"`
			Revoke     string `json:"revocation_endpoint"`
			JWKS       string `json:"jwks_uri"`
		}
		if err := found.Claims(&more); err != nil {
			return nil, err
		}
		// The verifier outlives this request: it reads the keys again when they change.
		keys := oidc.NewRemoteKeySet(oidc.ClientContext(context.WithoutCancel(ctx), client), more.JWKS)
		return &Endpoints{Authorize: found.Endpoint().AuthURL, Token: found.Endpoint().TokenURL, Revoke: more.Revoke, EndSession: more.EndSession,
			IDTokens: oidc.NewVerifier(issuer, keys, &oidc.Config{ClientID: clientID, SupportedSigningAlgs: []string{oidc.RS256, oidc.ES256}, Now: now})}, nil
	}
}

// endpoints are the provider's addresses.
func (p *Provider) endpoints(ctx context.Context) (*Endpoints, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known != nil {
		return p.known, nil
	}
	found, err := p.Ask(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAway, err)
	}
	p.known = found
	return found, nil
}

// oauth is the flow's configuration for a redirect address.
func (p *Provider) oauth(e *Endpoints, redirect string) *oauth2.Config {
	return &oauth2.Config{ClientID: p.ClientID, RedirectURL: redirect, Scopes: scopes,
		Endpoint: oauth2.Endpoint{AuthURL: e.Authorize, TokenURL: e.Token, AuthStyle: oauth2.AuthStyleInParams}}
}

// refused says whether the provider answered, and said no.
func refused(err error) bool {
	var said *oauth2.RetrieveError
	return errors.As(err, &said) && said.Response != nil && said.Response.StatusCode >= 400 && said.Response.StatusCode < 500 &&
		said.Response.StatusCode != http.StatusTooManyRequests && said.Response.StatusCode != http.StatusRequestTimeout
}

// account is what tokens say of somebody.
type account struct {
	Subject string   `json:"subject"`
	Grants  []string `json:"grants"`
	Access  string   `json:"access"`
	Refresh string   `json:"refresh,omitempty"`
	// Ends is when the access token is no longer in force, Since when it was given.
	Ends  time.Time `json:"ends"`
	Since time.Time `json:"since"`
	// Until is when the sign-in is over, however much it is used.
	Until time.Time `json:"until"`
}

// take reads and verifies what the token endpoint answered.
func (p *Provider) take(ctx context.Context, e *Endpoints, t *oauth2.Token, nonce string, now time.Time) (*account, error) {
	who, err := p.Access.Verify(ctx, t.AccessToken)
	if err != nil {
		return nil, fmt.Errorf("access token: %w", err)
	}
	a := &account{Subject: who.Subject(), Access: t.AccessToken, Refresh: t.RefreshToken, Since: now}
	if t.ExpiresIn > 0 { // by our own clock, from now on: the provider's may be another
		a.Ends = now.Add(time.Duration(t.ExpiresIn) * time.Second)
	}
	for _, g := range who.Grants() {
		a.Grants = append(a.Grants, g.String())
	}
	raw, _ := t.Extra("id_token").(string)
	if raw == "" && nonce == "" { // a renewal need not bring one
		return a, nil
	}
	id, err := e.IDTokens.Verify(oidc.ClientContext(ctx, p.HTTP), raw)
	if err != nil {
		return nil, fmt.Errorf("ID token: %w", err)
	}
	if nonce != "" && id.Nonce != nonce {
		return nil, errors.New("ID token: it is for another attempt to sign in")
	}
	if id.Subject != a.Subject {
		return nil, errors.New("ID token: it is somebody else's than the access token")
	}
	return a, nil
}

// end has the provider end a sign-in: its refresh token is worth nothing any more. Where the provider is away it runs out by itself.
func (p *Provider) end(ctx context.Context, e *Endpoints, a *account) error {
	if e.Revoke == "" || a.Refresh == "" {
		return nil
	}
	form := url.Values{"client_id": {p.ClientID}, "token": {a.Refresh}, "token_type_hint": {"refresh_token"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.Revoke, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := p.HTTP.Do(r)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

// leave is where one signs out at the provider, and comes back from; "" where it has no such address. The ID token is no part of it: it would
// reach the browser. The provider knows the browser by its own cookie, and that its session was ended.
func (p *Provider) leave(e *Endpoints, back string) string {
	u, err := url.Parse(e.EndSession)
	if err != nil || e.EndSession == "" {
		return ""
	}
	q := u.Query()
	q.Set("client_id", p.ClientID)
	q.Set("post_logout_redirect_uri", back)
	u.RawQuery = q.Encode()
	return u.String()
}

// Origin is where an address leads: "https://sso.example.mx".
func (e *Endpoints) Origin() string {
	u, err := url.Parse(e.EndSession)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
