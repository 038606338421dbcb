package app_test

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/console/app"
)

// aToken is how every token begins that is signed here: {"alg":"
const aToken = "eyJhbGciOi"

const director = "director-santa-rosalia"

func TestADemoUserIsAskedWhoTheyAreAndComesBackToWhereTheyWanted(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	who := b.get("/quien-soy?x=1").wants(t, 200, "¿Con quién quiere entrar?")
	for _, u := range devissuer.Users() {
		if !strings.Contains(who.body, `value="`+u.Name+`"`) || !strings.Contains(who.body, u.Title) {
			t.Errorf("the page does not offer %s", u.Name)
		}
	}
	in := b.submit(who, map[string]string{"user": director}).wants(t, 200, "Quién soy y qué puedo hacer")
	if in.path != "/quien-soy?x=1" || !strings.Contains(in.body, "Titular de la unidad") || !strings.Contains(in.body, "BSIST000014") || !strings.Contains(in.body, devissuer.Subject(director)) {
		t.Errorf("%s: %s", in.path, in.body)
	}
	if len(b.cookies) != 1 {
		t.Errorf("cookies %v: only the session's is left", b.cookies)
	}
}

func TestTheUserChosenMustBeOneOfTheDemoUsers(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	b.enter("somebody", "/quien-soy").wants(t, 400, "No entró")
	b.get("/quien-soy").wants(t, 200, "¿Con quién quiere entrar?")
}

func TestASignInThatThisBrowserDidNotBeginIsNotTaken(t *testing.T) {
	w := newWorld(t)
	base := w.console()
	attacker, victim := newBrowser(t, base), newBrowser(t, base)
	back := attacker.backFrom(attacker.get("/quien-soy"), "planner")
	for name, address := range map[string]string{
		"no attempt was begun":       back,
		"the state is another's":     strings.Replace(back, "state=", "state=x", 1),
		"there is no state":          "/entrar/vuelta?code=x",
		"there is nothing":           "/entrar/vuelta",
		"a cookie of one's own make": back,
	} {
		if name == "a cookie of one's own make" {
			state := queryOf(t, back).Get("state")
			victim.cookies["__Host-entrar-"+state[:12]] = &http.Cookie{Name: "__Host-entrar-" + state[:12], Value: strings.Repeat("A", 200)}
		}
		if p := victim.get(address); p.status != 400 || p.heading() != "No se completó la entrada" {
			t.Errorf("%s: %d %s", name, p.status, p.heading())
		}
	}
	victim.get("/quien-soy").wants(t, 200, "¿Con quién quiere entrar?")
}

// backFrom chooses a user and is the address to which the provider sends the browser, not yet gone to.
func (b *browser) backFrom(choose page, user string) string {
	b.t.Helper()
	action, form := formOf(b.t, choose)
	form.Set("user", user)
	to, err := url.Parse(b.send("POST", action, form).header.Get("Location"))
	if err != nil || to.Query().Get("code") == "" {
		b.t.Fatalf("no code: %v %v", to, err)
	}
	return to.RequestURI()
}

func queryOf(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

func TestACodeIsGoodOnce(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	back := b.backFrom(b.get("/quien-soy"), director)
	thief := b.copied()
	b.get(back).wants(t, 200, "Quién soy y qué puedo hacer")
	b.get(back).wants(t, 400, "No se completó la entrada")
	thief.get(back).wants(t, 400, "No se completó la entrada")
	// The code came twice: whose sign-in it was cannot be known, so that what the first one got is not renewed.
	w.clock.advance(tokenTTL)
	b.get("/nota").wants(t, 200, "¿Con quién quiere entrar?")
}

func TestACodeOfAnotherAttemptIsRefused(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	one, other := b.backFrom(b.get("/quien-soy"), director), b.backFrom(b.get("/quien-soy"), "planner")
	mixed := queryOf(t, one)
	mixed.Set("code", queryOf(t, other).Get("code"))
	b.get("/entrar/vuelta?"+mixed.Encode()).wants(t, 400, "No se completó la entrada")
}

func TestEachOfTenTabsCanSignInByItself(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	var backs []string
	for range 10 {
		backs = append(backs, b.backFrom(b.get("/quien-soy"), director))
	}
	for _, back := range backs {
		b.get(back).wants(t, 200, "Quién soy y qué puedo hacer")
	}
}

func TestAnAttemptTakesNoLongerThanAQuarterOfAnHour(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	choose := b.get("/quien-soy")
	w.clock.advance(15 * time.Minute)
	b.submit(choose, map[string]string{"user": director}).wants(t, 400, "No se completó la entrada")
}

func TestNobodyIsLedElsewhereAfterSigningIn(t *testing.T) {
	w := newWorld(t)
	base := w.console()
	for _, to := range []string{"//evil.example/", "https://evil.example/", `/\evil.example`, "/\tevil", "evil"} {
		b := newBrowser(t, base)
		choose := b.get("/entrar?" + url.Values{"a": {to}}.Encode())
		p := b.send("GET", b.backFrom(choose, director), nil)
		if p.header.Get("Location") != "/" {
			t.Errorf("%q leads to %q", to, p.header.Get("Location"))
		}
	}
}

func TestASessionIsANewOneAtEachSignIn(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	b.enter(director, "/quien-soy")
	before := b.copied()
	b.submit(b.get("/entrar"), map[string]string{"user": "planner"})
	if p := b.get("/quien-soy"); !strings.Contains(p.body, "Planeación") {
		t.Errorf("not the second one: %s", p.body)
	}
	before.get("/quien-soy").wants(t, 200, "¿Con quién quiere entrar?")
}

func TestASessionEndsAfterTwelveHoursWithoutARequestAndSevenDaysInAll(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	b.enter(director, "/quien-soy")
	w.clock.advance(11 * time.Hour)
	b.get("/quien-soy").wants(t, 200, "Quién soy y qué puedo hacer")
	w.clock.advance(12 * time.Hour)
	b.get("/quien-soy").wants(t, 200, "¿Con quién quiere entrar?")

	b.enter(director, "/quien-soy")
	for spent := time.Duration(0); spent < 7*24*time.Hour-11*time.Hour; spent += 11 * time.Hour {
		b.get("/quien-soy").wants(t, 200, "Quién soy y qué puedo hacer")
		w.clock.advance(11 * time.Hour)
	}
	w.clock.advance(11 * time.Hour)
	b.get("/quien-soy").wants(t, 200, "¿Con quién quiere entrar?")
}

func TestAForgedCookieOrAnotherInstallationsIsNoSession(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	b, stranger := newBrowser(t, w.console()), newBrowser(t, other.console())
	stranger.enter(director, "/quien-soy")
	for name, value := range map[string]string{"another installation's": stranger.cookies["__Host-bitacora"].Value, "random": strings.Repeat("x", 43), "long": strings.Repeat("y", 4000), "empty": ""} {
		b.cookies["__Host-bitacora"] = &http.Cookie{Name: "__Host-bitacora", Value: value}
		if p := b.get("/quien-soy"); p.heading() != "¿Con quién quiere entrar?" {
			t.Errorf("%s: %d %s", name, p.status, p.heading())
		}
	}
}

func TestAStoreTakenWithoutItsKeySignsNobodyIn(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	b.enter(director, "/nota")
	w.key = make([]byte, app.KeySize)
	again := b.copied()
	again.base = w.console()
	again.get("/quien-soy").wants(t, 200, "¿Con quién quiere entrar?")
	for _, name := range []string{w.path, w.path + "-wal"} {
		stored, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for what, secret := range map[string]string{"a token": aToken, "a subject": devissuer.Subject(director), "a session's id": b.cookies["__Host-bitacora"].Value} {
			if strings.Contains(string(stored), secret) {
				t.Errorf("%s holds %s", name, what)
			}
		}
	}
}

func TestSigningOutEndsEveryTabAndTheRefreshToken(t *testing.T) {
	w := newWorld(t)
	base, replica := w.console(), w.console()
	b := newBrowser(t, base)
	b.enter(director, "/nota")
	tab := b.copied()
	tab.base = replica
	tab.get("/nota").wants(t, 200, "Nota")
	b.submit(b.get("/salir").wants(t, 200, "¿Cerrar la sesión?"), nil).wants(t, 200, "Cerró la sesión")
	if len(b.cookies) != 0 {
		t.Errorf("cookies are left: %v", b.cookies)
	}
	tab.get("/nota").wants(t, 200, "¿Con quién quiere entrar?")
	b.get("/quien-soy").wants(t, 200, "¿Con quién quiere entrar?")
}

func TestNoTokenEverReachesTheBrowser(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	b.enter(director, "/nota")
	w.clock.advance(tokenTTL)
	b.submit(b.get("/nota").wants(t, 200, "Nota"), map[string]string{"text": "algo"})
	b.get("/quien-soy")
	b.get("/nada")
	w.services.does(func(out http.ResponseWriter, r *http.Request) { // a service that says what it was sent
		out.WriteHeader(http.StatusInternalServerError)
		_ = r.Header.Write(out)
	})
	b.get("/nota").wants(t, 503, "No pudimos traer esta página")
	w.services.does(nil)
	b.submit(b.get("/salir"), nil)
	seen := b.seen.String()
	if len(w.services.tokens) == 0 || !strings.Contains(seen, "Quién soy") {
		t.Fatal("nothing was seen")
	}
	if strings.Contains(seen, aToken) {
		t.Error("a token was sent to the browser")
	}
	for _, token := range w.services.tokens {
		for part := range strings.SplitSeq(token, ".") {
			if strings.Contains(seen, part) {
				t.Error("part of a token was sent to the browser")
			}
		}
	}
}

func TestTwoConsolesShareSessions(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	b.enter(director, "/quien-soy")
	b.base = w.console()
	b.get("/quien-soy").wants(t, 200, "Quién soy y qué puedo hacer")
}
