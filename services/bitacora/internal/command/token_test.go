package command

import (
	"strings"
	"testing"
)

// TestTokenIsPrintedOnlyWhereItIsBelieved: where a provider is named, a token of a demo user would be refused by everyone.
func TestTokenIsPrintedOnlyWhereItIsBelieved(t *testing.T) {
	t.Setenv("BITACORA_DATA_DIR", t.TempDir())
	t.Setenv("BITACORA_OIDC_ISSUER", "")
	if token, err := carryOut(t, "token planner"); err != nil || strings.Count(token, ".") != 2 {
		t.Errorf("%q, %v", token, err)
	}
	if token, err := carryOut(t, "token nobody"); err == nil || token != "" || !strings.Contains(err.Error(), "director-santa-rosalia") {
		t.Errorf("of nobody: %q, %v; want the names there are", token, err)
	}
	t.Setenv("BITACORA_OIDC_ISSUER", "https://id.example/realms/house")
	token, err := carryOut(t, "token planner")
	if err == nil || token != "" || !strings.Contains(err.Error(), "https://id.example/realms/house/.well-known/openid-configuration") {
		t.Errorf("beside a provider: %q, %v; want where to ask", token, err)
	}
}
