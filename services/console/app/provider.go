package app

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/pages"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/signin"
)

// Provider is whose accounts people have.
type Provider struct {
	provider *signin.Provider
	// page adds the development issuer's pages.
	page   func(*http.ServeMux, pages.Renderer)
	formTo string
}

// ClientID is the console's at the provider, where nothing else is said.
const ClientID = "bitacora-console"

// issuerPath is where browsers reach the development issuer.
const issuerPath = "/issuer"

// DemoClient is the console as the development issuer must know it.
func DemoClient() devissuer.Client {
	return devissuer.Client{ID: ClientID, Redirect: signin.PathBack, Left: signin.PathLeave}
}

// DemoPath is where browsers reach the development issuer: devissuer.Config.Path.
const DemoPath = issuerPath

// Demo signs in demo users of the development issuer, which was opened with DemoClient and DemoPath. Its tokens' issuer need be no address: nothing
// is looked up, and codes are exchanged within the process.
func Demo(issuer *devissuer.Issuer, access *auth.Verifier, now func() time.Time) *Provider {
	inside := http.StripPrefix(issuerPath, issuer.Handler())
	known := &signin.Endpoints{Authorize: issuerPath + "/authorize", Token: "http://issuer" + issuerPath + "/token", Revoke: "http://issuer" + issuerPath + "/revoke",
		EndSession: issuerPath + "/end-session", IDTokens: oidc.NewVerifier(issuer.URL(), issuer,
			&oidc.Config{ClientID: ClientID, SupportedSigningAlgs: []string{oidc.ES256}, Now: now})}
	return &Provider{
		provider: &signin.Provider{ClientID: ClientID, Access: access, HTTP: &http.Client{Transport: api.InProcess(inside)},
			Ask: func(context.Context) (*signin.Endpoints, error) { return known, nil }},
		page: func(mux *http.ServeMux, render pages.Renderer) {
			mux.Handle(issuerPath+"/", http.StripPrefix(issuerPath, issuer.HandlerWith(signin.ChooseUser(render))))
		},
	}
}

// OIDC signs people in with the provider of an issuer, found by discovery when the first of them wants to.
func OIDC(issuer, clientID string, access *auth.Verifier, client *http.Client, now func() time.Time) *Provider {
	p := &Provider{provider: &signin.Provider{ClientID: clientID, Access: access, HTTP: client, Ask: signin.Discover(issuer, clientID, client, now)}}
	if u, err := url.Parse(issuer); err == nil && u.Host != "" {
		p.formTo = u.Scheme + "://" + u.Host
	}
	return p
}

// InProcess reaches services whose handler is in this process.
func InProcess(handler http.Handler) http.RoundTripper { return api.InProcess(handler) }

// Remote reaches services by their addresses: those of the first parts of paths ("/v1/assets", "/asset").
func Remote(services map[string]*url.URL, transport http.RoundTripper) http.RoundTripper {
	return api.Remote(services, transport)
}

// page is a handler that answers with a page of the house.
func page(render pages.Renderer, status int, p screen.Page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { render.Write(w, r, status, nil, p) }
}
