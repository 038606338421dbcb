package auth_test

import (
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// An issuer signs tokens of several kinds with the same keys for the same audience: only access tokens open anything.
func TestOnlyAccessTokensAreBelieved(t *testing.T) {
	_, key, v, base := static()
	logout := map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}
	for name, tc := range map[string]struct {
		header jose.ContentType
		claims map[string]any
		good   bool
	}{
		"nothing said":                           {"", nil, true},
		"JWT":                                    {"JWT", nil, true},
		"RFC 9068":                               {"at+jwt", nil, true},
		"RFC 9068 in full":                       {"application/at+JWT", nil, true},
		"Keycloak's access token":                {"JWT", map[string]any{"typ": "Bearer", "azp": "console"}, true},
		"an older Keycloak's, which says nonce":  {"JWT", map[string]any{"typ": "Bearer", "nonce": "n"}, true},
		"Cognito's access token":                 {"", map[string]any{"token_use": "access"}, true},
		"Keycloak's ID token":                    {"JWT", map[string]any{"typ": "ID"}, false},
		"Keycloak's refresh token":               {"JWT", map[string]any{"typ": "Refresh"}, false},
		"Keycloak's offline token":               {"JWT", map[string]any{"typ": "Offline"}, false},
		"Keycloak's logout token":                {"JWT", map[string]any{"typ": "Logout"}, false},
		"bound to a key that is not asked for":   {"JWT", map[string]any{"typ": "DPoP"}, false},
		"Cognito's ID token":                     {"", map[string]any{"token_use": "id"}, false},
		"an ID token by its nonce":               {"JWT", map[string]any{"nonce": "n"}, false},
		"an ID token by at_hash":                 {"JWT", map[string]any{"at_hash": "x", "azp": audience}, false},
		"an ID token by c_hash":                  {"JWT", map[string]any{"c_hash": "x"}, false},
		"a logout token by its header":           {"logout+jwt", nil, false},
		"a logout token by what it tells":        {"JWT", map[string]any{"events": logout}, false},
		"a security event":                       {"secevent+jwt", nil, false},
		"a proof":                                {"dpop+jwt", nil, false},
		"a claim typ that is no text":            {"JWT", map[string]any{"typ": 7}, false},
		"a header that contradicts its claim":    {"at+jwt", map[string]any{"typ": "ID"}, false},
		"a claim that contradicts what it tells": {"JWT", map[string]any{"typ": "Bearer", "events": logout}, false},
	} {
		t.Run(name, func(t *testing.T) {
			token := signTyped(t, tc.header, jose.ES256, key, base, tc.claims)
			if tc.good {
				believed(t, v, token)
			} else {
				refused(t, v, token, auth.RuleTokenInvalid)
			}
		})
	}
}

func TestATokenWithoutAnEndIsToldThatItLacksOne(t *testing.T) {
	_, key, v, claims := static()
	claims.Expiry = nil
	for _, tc := range []struct {
		exp        map[string]any
		rule, says string
	}{
		{nil, auth.RuleTokenInvalid, "the claim exp"},
		{map[string]any{"exp": nil}, auth.RuleTokenInvalid, ""},
		{map[string]any{"exp": "tomorrow"}, auth.RuleTokenInvalid, ""},
		{map[string]any{"exp": 0}, auth.RuleTokenExpired, "has expired"},
	} {
		_, err := v.Verify(t.Context(), sign(t, jose.ES256, key, claims, tc.exp))
		brokenRule(t, err, tc.rule)
		if !strings.Contains(fault.As(err).Detail, tc.says) {
			t.Errorf("%v: %v", tc.exp, err)
		}
	}
}
