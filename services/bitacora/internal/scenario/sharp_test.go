package scenario_test

import (
	"io"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/scenario"
)

// TestWrongAnswersAreNoticed puts something that lies in front of an installation: the walk must end at the lie and say what it
// expected and what it found.
func TestWrongAnswersAreNoticed(t *testing.T) {
	w := localtest.Start(t, t.TempDir())
	for _, c := range []struct {
		name, path, old, new, header, value string
		// honest is how many answers are let through first.
		honest int
		says   []string
	}{
		{"one draft too few in the nation", "/v1/status/nation", `"draft":13,`, `"draft":12,`, "", "", 0, []string{"step 15 ", "figures of the nation", "assets.draft: expected 13, found 12"}},
		{"a figure that should not be there", "/v1/status/units/", `"quarantined":0`, `"quarantined":1`, "", "", 1,
			[]string{"step 7 ", "figures of the unit", "assets.quarantined: expected 0, found 1"}},
		{"not a replay", "/v1/deliveries", "", "", "Idempotency-Replayed", "false", 0, []string{"step 7 ", "Idempotency-Replayed"}},
		{"no mark of the version", "/dispatch", "", "", "Bitacora-Written", "", 0, []string{"step 8 ", "Bitacora-Written"}},
		{"another state", "/hold", `"state":"on_hold"`, `"state":"in_progress"`, "", "", 0, []string{"step 23 ", "expected on_hold, found in_progress"}},
		{"a budget that lost a cent", "/budgets", `"accrued":{"amount_cents":7850000`, `"accrued":{"amount_cents":7849999`, "", "", 0, []string{"step 26 ", "7849999"}},
		{"a happening that is missing", "/history", "work_order.restored", "work_order.resumed", "", "", 0, []string{"step 26 ", "restored"}},
		{"a refusal by another rule", "/accept", "role-not-allowed", "not-found", "", "", 0, []string{"step 26 ", "expected 403 role-not-allowed", "not-found"}},
		{"a refusal that names another state", "/complete", `"state":"on_hold"`, `"state":"accepted"`, "", "", 0, []string{"step 23 ", "expected 409 transition-not-allowed on_hold"}},
		// What a confirmation brings about is not waited for: it comes last.
		{"a rejected bed that is accepted", "/confirm", `"rejected":1`, `"rejected":0`, "", "", 0, []string{"step 11 ", "lines.2.rejected: expected 1, found 0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked, last := 0, ""
			lie := func(r *http.Response) error {
				if mark := r.Header.Get("Bitacora-Written"); strings.HasPrefix(mark, "delivery/") || strings.HasPrefix(mark, "work_order/") {
					last = mark
				}
				if !strings.Contains(r.Request.URL.Path, c.path) || c.header != "" && r.Header.Get(c.header) == "" {
					return nil
				}
				if asked++; asked <= c.honest {
					return nil
				}
				if c.header != "" {
					r.Header.Set(c.header, c.value)
					return nil
				}
				return localtest.Edit(r, c.old, c.new)
			}
			front := w.Front(t, func(proxy *httputil.ReverseProxy) http.Handler {
				proxy.ModifyResponse = lie
				return proxy
			})
			behind := client.New(client.Config{Base: func(string) string { return front }, Tokens: w.Tokens})
			defer behind.Close()
			err := scenario.Run(t.Context(), scenario.Config{Client: behind, Out: io.Discard, Contractor: devissuer.DemoContractorA})
			if err == nil {
				t.Fatal("not noticed")
			}
			for _, s := range c.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q does not say %q", err, s)
				}
			}
			// The next walk begins when the figures hold what this one has left behind.
			if err := w.Client.Get(t.Context(), "planner", "/v1/status/nation?min_as_of="+last, nil); err != nil {
				t.Fatal(err)
			}
		})
	}
}
