//go:build integration

package auth_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

// present is a clock that the test moves, beginning now: Keycloak's own does not stand still.
func present() *clock {
	c := newClock()
	c.at.Store(time.Now().UnixNano())
	return c
}

func believing(t *testing.T, r *testenv.Realm, change func(*auth.Config)) *auth.Verifier {
	t.Helper()
	cfg := auth.Config{Issuer: r.Issuer, Audience: audience, HTTPClient: &http.Client{Transport: &keySets{}, Timeout: 10 * time.Second}}
	change(&cfg)
	v := verifier(t, cfg)
	ready(t, v)
	return v
}

func grantsOf(p *auth.Principal) (texts []string) {
	for _, g := range p.Grants() {
		texts = append(texts, g.String())
	}
	return texts
}

// TestKeycloak: tokens of a real provider, of people and of machines, carry what deploy/keycloak/realm.json says of them.
func TestKeycloak(t *testing.T) {
	r := testenv.NewRealm(t)
	v := believing(t, r, func(*auth.Config) {})
	for _, name := range []string{"director-santa-rosalia", "technician", "planner"} {
		user, _ := devissuer.UserByName(name)
		person, err := v.Verify(t.Context(), r.Person(t, name, "demo-"+name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		machine, err := v.Verify(t.Context(), r.Machine(t, "demo-"+name, "demo-"+name))
		if err != nil {
			t.Fatalf("the client of %s: %v", name, err)
		}
		if person.Subject() == machine.Subject() {
			t.Errorf("%s and its client are both %s", name, person.Subject())
		}
		said := auth.Profile{Name: user.Given + " " + user.Family, Post: user.Title, Email: name + "@example.org"}
		if diff := cmp.Diff([]auth.Profile{said, {}}, []auth.Profile{person.Profile(), machine.Profile()}); diff != "" {
			t.Errorf("what the tokens of %s and of its client say of a person (-want +got): %s", name, diff)
		}
		for _, p := range []*auth.Principal{person, machine} {
			if diff := cmp.Diff(user.Grants, grantsOf(p)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
	t.Run("sign in", func(t *testing.T) { refusedAtTheDoor(t, r) })
	t.Run("refused", func(t *testing.T) { refusedTokens(t, r) })
}

// refusedAtTheDoor: the realm gives no token to whoever lacks the password, the verifier of PKCE or a challenge.
func refusedAtTheDoor(t *testing.T, r *testenv.Realm) {
	verifier, challenge := testenv.Challenge()
	if code := r.SignIn(t, "planner", "wrong", challenge); code != "" {
		t.Error("a code for a wrong password")
	}
	if code := r.SignIn(t, "planner", "demo-planner", ""); code != "" {
		t.Error("a code without a challenge")
	}
	other, _ := testenv.Challenge()
	if status, answer := r.Redeem(t, r.SignIn(t, "planner", "demo-planner", challenge), other); status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
		t.Errorf("another's verifier: %d %v", status, answer)
	}
	code := r.SignIn(t, "planner", "demo-planner", challenge)
	if status, answer := r.Redeem(t, code, verifier); status != http.StatusOK {
		t.Errorf("its own verifier: %d %v", status, answer)
	}
	if status, answer := r.Redeem(t, code, verifier); status != http.StatusBadRequest {
		t.Errorf("the same code again: %d %v", status, answer)
	}
	if status, _ := r.Token(t, url.Values{"grant_type": {"client_credentials"}, "client_id": {"demo-planner"}, "client_secret": {"wrong"}}); status != http.StatusUnauthorized {
		t.Errorf("a wrong secret of a client: %d", status)
	}
}

// refusedTokens: what a provider signed in earnest, and is still not for this service.
func refusedTokens(t *testing.T, r *testenv.Realm) {
	token := r.Machine(t, "demo-planner", "demo-planner")
	refused(t, believing(t, r, func(c *auth.Config) { c.Audience = "another" }), token, auth.RuleTokenInvalid)

	r.Admin(t, http.MethodPost, "/clients", map[string]any{"clientId": "stranger", "secret": "stranger", "serviceAccountsEnabled": true,
		"standardFlowEnabled": false, "defaultClientScopes": []string{}}, nil)
	v := believing(t, r, func(*auth.Config) {})
	refused(t, v, r.Machine(t, "stranger", "stranger"), auth.RuleTokenInvalid)

	elsewhere := testenv.NewRealm(t)
	refused(t, v, elsewhere.Machine(t, "demo-admin", "demo-admin"), auth.RuleTokenInvalid)

	c := present()
	clocked := believing(t, r, func(cfg *auth.Config) { cfg.Clock = c.now })
	believed(t, clocked, token)
	const lifespan = 300 * time.Second // accessTokenLifespan
	c.advance(lifespan + auth.Leeway + time.Second)
	refused(t, clocked, token, auth.RuleTokenExpired)

	r.Admin(t, http.MethodPut, "", map[string]any{"accessTokenLifespan": 60}, nil)
	c.at.Store(time.Now().UnixNano())
	token = r.Machine(t, "demo-planner", "demo-planner")
	believed(t, clocked, token)
	c.advance(time.Minute + auth.Leeway + time.Second)
	refused(t, clocked, token, auth.RuleTokenExpired)
}

// TestKeycloakRotation: tokens of a new key are believed at once, those of a key that was withdrawn are not once the key set was read
// again and the minute is over for which a believed token is not looked at again.
func TestKeycloakRotation(t *testing.T) {
	r := testenv.NewRealm(t)
	c := present()
	v := believing(t, r, func(cfg *auth.Config) { cfg.Clock = c.now })
	sets := &keySets{}
	soon := believing(t, r, func(cfg *auth.Config) {
		cfg.Clock, cfg.Refresh, cfg.HTTPClient = c.now, 100*time.Millisecond, &http.Client{Transport: sets, Timeout: 10 * time.Second}
	})
	old := r.Machine(t, "demo-planner", "demo-planner")
	for _, v := range []*auth.Verifier{v, soon} {
		believed(t, v, old)
	}
	was := signingKeys(t, r)
	if len(was) != 1 {
		t.Fatalf("%d keys that sign with ES256", len(was))
	}
	r.Admin(t, http.MethodPost, "/components", component{Name: "next", Provider: "ecdsa-generated", Type: keyProvider, Parent: was[0].Parent,
		Config: map[string][]string{"priority": {"500"}, "enabled": {"true"}, "active": {"true"}, "ecdsaEllipticCurveKey": {"P-256"}}}, nil)
	fresh := r.Machine(t, "demo-planner", "demo-planner")
	if keyID(t, fresh) == keyID(t, old) {
		t.Fatal("the provider did not rotate")
	}
	c.advance(2 * time.Second) // the issuer is asked for unknown keys this often, and was: Keycloak makes its first key with its first token
	for _, token := range []string{fresh, old} {
		if _, err := v.Verify(t.Context(), token); err != nil {
			t.Fatalf("beside each other: %v", err)
		}
	}
	was[0].Config["enabled"], was[0].Config["active"] = []string{"false"}, []string{"false"}
	r.Admin(t, http.MethodPut, "/components/"+was[0].ID, was[0], nil)
	before := sets.read.Load()
	eventually(t, "the key set was read again", func() bool { return sets.read.Load() > before+1 })
	c.advance(time.Minute)
	refused(t, soon, old, auth.RuleTokenInvalid)
	believed(t, soon, fresh)
}

// keySets counts how often key sets were asked for.
type keySets struct{ read atomic.Int64 }

func (k *keySets) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "/certs") {
		k.read.Add(1)
	}
	req = req.Clone(req.Context())
	req.Close = true // nothing of it stays behind
	return http.DefaultTransport.RoundTrip(req)
}

const keyProvider = "org.keycloak.keys.KeyProvider"

// component is what Keycloak keeps of a key.
type component struct {
	ID       string              `json:"id,omitempty"`
	Name     string              `json:"name"`
	Provider string              `json:"providerId"`
	Type     string              `json:"providerType"`
	Parent   string              `json:"parentId"`
	Config   map[string][]string `json:"config"`
}

func signingKeys(t *testing.T, r *testenv.Realm) []component {
	t.Helper()
	var all []component
	r.Admin(t, http.MethodGet, "/components?type="+keyProvider, nil, &all)
	return slices.DeleteFunc(all, func(c component) bool { return c.Provider != "ecdsa-generated" })
}

func keyID(t *testing.T, token string) string {
	t.Helper()
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	return jws.Signatures[0].Header.KeyID
}
