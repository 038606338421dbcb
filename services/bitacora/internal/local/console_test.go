package local_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
	console "github.com/bitacora-salud/bitacora/services/console/app"
)

// TestEveryDemoUserSignsInAtTheRoot: the binary's first page leads to who one wants to be, and back.
func TestEveryDemoUserSignsInAtTheRoot(t *testing.T) {
	i := localtest.Start(t, t.TempDir())
	for _, u := range devissuer.Users() {
		b := i.SignIn(t, u.Name)
		if p := b.Get("/quien-soy"); !strings.Contains(p.Text, u.Subject) {
			t.Errorf("%s: %s", u.Name, p.Text)
		}
		if p := b.Get("/"); p.StatusCode != http.StatusOK || p.Request.URL.Path != "/" {
			t.Errorf("%s is not at home: %d %s", u.Name, p.StatusCode, p.Request.URL)
		}
	}
}

// TestPagesLieBesideTheOperations: whoever asked for an operation or its reference is answered as before.
func TestPagesLieBesideTheOperations(t *testing.T) {
	i := localtest.Start(t, t.TempDir())
	for path, want := range map[string]string{
		"/docs": "Referencia de las operaciones", "/asset/docs": "openapi", "/asset/openapi.json": `"openapi"`, "/v1/nothing": "urn:bitacora:problem:", "/v1": "urn:bitacora:problem:",
		"/asset/nothing": "urn:bitacora:problem:", "/nothing": "No encontramos esta página", "/healthz": `"ok"`,
	} {
		if a := i.Ask(t, "", http.MethodGet, path, nil); !strings.Contains(a.String()+string(a.Body), want) {
			t.Errorf("%s: %s %.200s", path, a, a.Body)
		}
	}
}

// TestTheConsoleKnowsWhoseEachOperationIs: as a process of its own it asks each service at that one's address.
func TestTheConsoleKnowsWhoseEachOperationIs(t *testing.T) {
	i := localtest.Start(t, t.TempDir())
	for _, s := range i.Services {
		for _, op := range s.Rest.Operations() {
			if got := console.ServiceOf(op.Path); got != s.Name {
				t.Errorf("%s is %s's, and not %q's", op.Path, s.Name, got)
			}
		}
	}
}

// TestASessionOutlivesTheProcessButNotItsStore: the store of sessions and its key are the owner's alone; a damaged one signs people out, no more.
func TestASessionOutlivesTheProcessButNotItsStore(t *testing.T) {
	dir := t.TempDir()
	i := start(t, dir)
	b := i.SignIn(t, "planner")
	i.Close(t)
	for _, name := range []string{"console.key", "console.db"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	again := localtest.Open(t, localtest.Settings(dir))
	b.Move(again)
	if p := b.Get("/quien-soy"); p.Request.URL.Path != "/quien-soy" {
		t.Errorf("signed out by a restart: %s", p.Request.URL)
	}
	again.Close(t)
	if err := os.WriteFile(filepath.Join(dir, "console.db"), []byte("no store"), 0o600); err != nil {
		t.Fatal(err)
	}
	i = start(t, dir)
	defer i.Close(t)
	b.Move(i)
	if p := b.Get("/quien-soy"); p.Request.URL.Path != "/issuer/authorize" {
		t.Errorf("signed in without a store: %s", p.Request.URL)
	}
	i.SignIn(t, "planner")
}

// TestWithAProviderThereArePagesOnceTheirAddressIsSaid: people are sent to the provider, and nobody is a demo user.
func TestAnAddressOfTheConsoleIsASchemeAndAHost(t *testing.T) {
	for _, good := range []string{"", "https://bitacora.example", "http://127.0.0.1:8080"} {
		if err := (local.Console{URL: good}).Validate(); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"https://bitacora.example/", "https://bitacora.example/consola", "bitacora.example", "ftp://bitacora.example", "https://?x", "https://b.example?x=1"} {
		if err := (local.Console{URL: bad}).Validate(); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestWithAProviderThereArePagesOnceTheirAddressIsSaid(t *testing.T) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	provider, err := devissuer.Open(devissuer.Config{Dir: t.TempDir(), URL: server.URL, Audience: "house",
		Client: devissuer.Client{ID: "bitacora-console", Redirect: "/entrar/vuelta", Left: "/salir"}})
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("/", provider.Handler())
	cfg := localtest.Settings(t.TempDir())
	cfg.OIDC = local.OIDC{Issuer: server.URL, Audience: "house", GrantsClaim: "bitacora_grants"}
	i := localtest.Open(t, cfg)
	if a := i.Ask(t, "", http.MethodGet, "/", nil); !strings.Contains(string(a.Body), "Referencia de las operaciones") {
		t.Errorf("without an address: %s", a)
	}
	i.Close(t)
	cfg.Console = local.Console{URL: "https://bitacora.example", ClientID: "bitacora-console"}
	i = localtest.Open(t, cfg)
	defer i.Close(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, i.URL+"/entrar", nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	a, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = a.Body.Close()
	if to := a.Header.Get("Location"); !strings.HasPrefix(to, server.URL+"/authorize?") || !strings.Contains(to, "redirect_uri=https%3A%2F%2Fbitacora.example%2Fentrar%2Fvuelta") {
		t.Errorf("%s leads to %q", a.Status, to)
	}
	for host, want := range map[string]int{"bitacora.example": http.StatusNotFound, "bitacora.example:443": http.StatusNotFound, "10.0.0.7:8080": http.StatusOK} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, i.URL+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		a, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = a.Body.Close()
		if a.StatusCode != want {
			t.Errorf("metrics at %s: %s", host, a.Status)
		}
	}
	if a := i.Ask(t, "", http.MethodGet, "/issuer/authorize", nil); a.Status != http.StatusNotFound {
		t.Errorf("demo users beside a provider's: %s", a)
	}
}
