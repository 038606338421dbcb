package signin_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/event/bustest"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/signin"
	console "github.com/bitacora-salud/bitacora/services/console/app"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.M(m)) }

// public is the console's address as its browsers know it. Nothing listens there.
const public = "http://127.0.0.1"

// installation is a provider with accounts and passwords, and a console on it.
type installation struct {
	provider, console *httptest.Server
	// ask answers the provider's pages instead, where a test wants it.
	ask http.HandlerFunc
	cfg signin.Config
	out strings.Builder
}

func install(t *testing.T, urlOfConsole string) *installation {
	t.Helper()
	i := &installation{}
	var issuer *devissuer.Issuer
	i.provider = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case i.ask != nil && r.URL.Path == "/authorize":
			i.ask(w, r)
		case r.URL.Path == "/authorize" && r.Method == http.MethodPost && r.PostFormValue("password") != "demo-"+r.PostFormValue("user"):
			login(w, r.PostForm)
		default:
			issuer.HandlerWith(func(w http.ResponseWriter, _ *http.Request, ask devissuer.Ask) {
				if ask.Refused {
					w.WriteHeader(http.StatusBadRequest)
					return
				}
				login(w, ask.Fields)
			}).ServeHTTP(w, r)
		}
	}))
	t.Cleanup(i.provider.Close)
	var err error
	if issuer, err = devissuer.Open(devissuer.Config{Dir: filepath.Join(t.TempDir(), "issuer"), URL: i.provider.URL, Audience: "bitacora", Client: console.DemoClient()}); err != nil {
		t.Fatal(err)
	}
	i.open(t, urlOfConsole, i.provider.URL, auth.NewStaticVerifier(issuer, auth.Config{Issuer: i.provider.URL, Audience: "bitacora"}))
	return i
}

// open opens a console of a provider.
func (i *installation) open(t *testing.T, urlOfConsole, issuer string, access *auth.Verifier) {
	t.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	services := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) })
	c, err := console.New(console.Config{URL: urlOfConsole}, console.Deps{Services: console.InProcess(services), Driver: servicetest.SQLite(t), Key: make([]byte, console.KeySize),
		Provider: console.OIDC(issuer, console.ClientID, access, &http.Client{Transport: transport}, time.Now), Logger: bustest.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	i.console = httptest.NewServer(c.Handler())
	t.Cleanup(i.console.Close)
	i.cfg = signin.Config{URL: urlOfConsole, At: i.console.URL, Issuer: issuer, ClientID: console.ClientID, HTTP: transport, Out: &i.out}
}

// login is a provider's page that asks for a name and a password.
func login(w http.ResponseWriter, fields url.Values) {
	_, _ = fmt.Fprint(w, `<!doctype html><form method="get" action="/language"><input name="q"></form><form method="POST" action="/authorize">`)
	for name := range fields {
		if name != "user" && name != "password" {
			_, _ = fmt.Fprintf(w, `<input type="hidden" name="%s" value="%s">`, name, html.EscapeString(fields.Get(name)))
		}
	}
	_, _ = fmt.Fprint(w, `<input id="username" name="user" type="text"><input name="password" type="password"><button>Entrar</button></form>`)
}

func (i *installation) person(username, password string) *installation {
	i.cfg.Username, i.cfg.Password = username, password
	return i
}

// refused runs the visit and wants it to end for this reason.
func (i *installation) refused(t *testing.T, want string) {
	t.Helper()
	if err := signin.Run(t.Context(), i.cfg); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q; it said\n%s", err, want, i.out.String())
	}
}

func TestSomebodySignsInAndOutThroughTheProvidersPage(t *testing.T) {
	i := install(t, public).person("planner", "demo-planner")
	if err := signin.Run(t.Context(), i.cfg); err != nil {
		t.Fatalf("%v\n%s", err, i.out.String())
	}
	if said := i.out.String(); strings.Count(said, "ok  ") != 6 || !strings.Contains(said, "somebody signed in and out: 6 steps") || strings.Contains(said, "demo-planner") {
		t.Errorf("it said\n%s", said)
	}
}

func TestWithoutAnybodyTheVisitEndsAtTheProvidersPage(t *testing.T) {
	i := install(t, public)
	if err := signin.Run(t.Context(), i.cfg); err != nil {
		t.Fatalf("%v\n%s", err, i.out.String())
	}
	if said := i.out.String(); strings.Count(said, "ok  ") != 3 || !strings.Contains(said, "nobody signed in") {
		t.Errorf("it said\n%s", said)
	}
}

func TestAVisitSaysWhatIsWrong(t *testing.T) {
	t.Run("a wrong password", func(t *testing.T) {
		install(t, public).person("planner", "wrong").refused(t, "does not sign planner in")
	})
	t.Run("a person without a password", func(t *testing.T) { install(t, public).person("planner", "").refused(t, "needs a password") })
	t.Run("another redirect address", func(t *testing.T) {
		i := install(t, public)
		i.cfg.URL = "http://localhost"
		i.refused(t, `redirect_uri="http://127.0.0.1/entrar/vuelta", not "http://localhost/entrar/vuelta"`)
	})
	t.Run("another client", func(t *testing.T) {
		i := install(t, public)
		i.cfg.ClientID = "pages"
		i.refused(t, `client_id="bitacora-console", not "pages"`)
	})
	t.Run("a redirect address that the provider does not know", func(t *testing.T) {
		install(t, "http://console.example").refused(t, "does it know the client bitacora-console and the redirect address http://console.example/entrar/vuelta?")
	})
	t.Run("a provider that signs nobody in", func(t *testing.T) {
		i := install(t, public)
		i.ask = func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.FormValue("redirect_uri")+"?error=unauthorized_client", http.StatusFound)
		}
		i.refused(t, `signs nobody in: it answers "unauthorized_client"`)
	})
	t.Run("a provider's page that asks for something else", func(t *testing.T) {
		i := install(t, public).person("planner", "demo-planner")
		i.ask = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<p>Scan this code")) }
		i.refused(t, "not filled in with a username and a password")
	})
	t.Run("another provider than the console's", func(t *testing.T) {
		i, other := install(t, public), install(t, public)
		i.cfg.Issuer = other.provider.URL
		i.refused(t, "not to the provider's "+other.provider.URL+"/authorize")
	})
	t.Run("nobody there", func(t *testing.T) {
		i := install(t, public)
		i.console.Close()
		i.refused(t, "127.0.0.1/salir does not answer")
	})
	t.Run("something else there", func(t *testing.T) {
		i := install(t, public)
		i.cfg.At = i.provider.URL
		i.refused(t, "/salir is no page of the console")
	})
	t.Run("an address with a path", func(t *testing.T) {
		i := install(t, public)
		i.cfg.URL = public + "/consola"
		i.refused(t, "is no address of a console")
	})
}

func TestAVisitThatIsInterruptedEnds(t *testing.T) {
	i := install(t, public)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	i.cfg.Out = &i.out
	if err := signin.Run(ctx, i.cfg); err == nil {
		t.Error("it went on")
	}
}
