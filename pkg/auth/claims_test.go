package auth_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// What cannot be read in the claim is counted, and takes nothing from what can be.
func TestGrantsThatCannotBeRead(t *testing.T) {
	planner := []auth.Grant{{Role: auth.Planner, Place: "nation"}}
	good := []any{"planner@nation"}
	for name, tc := range map[string]struct {
		claim   any
		want    []auth.Grant
		ignored int
	}{
		"a number in the list":      {[]any{"planner@nation", 5}, planner, 1},
		"other things in the list":  {[]any{nil, true, map[string]any{}, []any{"admin@nation"}, "planner@nation"}, planner, 4},
		"a number":                  {42, nil, 1},
		"a truth":                   {true, nil, 1},
		"an object":                 {map[string]any{}, nil, 1},
		"an empty list":             {[]any{}, nil, 0},
		"an empty text":             {"", nil, 1},
		"no such place":             {[]any{"planner@state:99", "planner@region:*", "planner@unit:../../x"}, nil, 3},
		"many unreadable, one good": {append(slices.Repeat([]any{"x"}, 150), good...), planner, 150},
		"many good":                 {slices.Repeat(good, auth.MaxGrants+5), slices.Repeat(planner, auth.MaxGrants), 1},
		"no end of unreadable":      {append(slices.Repeat([]any{1}, 1000), good...), nil, 1001},
	} {
		t.Run(name, func(t *testing.T) {
			registry := prometheus.NewRegistry()
			_, key, v, base := static(func(cfg *auth.Config) { cfg.Registerer = registry })
			p := believed(t, v, sign(t, jose.ES256, key, base, map[string]any{"bitacora_grants": tc.claim}))
			if diff := cmp.Diff(tc.want, p.Grants()); diff != "" {
				t.Error(diff)
			}
			counted := fmt.Sprintf("# HELP bitacora_auth_grants_ignored_total Grants in believed tokens that could not be read.\n"+
				"# TYPE bitacora_auth_grants_ignored_total counter\nbitacora_auth_grants_ignored_total %d\n", tc.ignored)
			if err := testutil.GatherAndCompare(registry, strings.NewReader(counted), "bitacora_auth_grants_ignored_total"); err != nil {
				t.Error(err)
			}
			if tc.want == nil {
				_, err := p.Access("asset.list", auth.Everybody)
				if f := fault.As(err); f == nil || f.Kind != fault.Forbidden || !strings.Contains(f.Detail, "no grant") {
					t.Errorf("got %v, want forbidden for want of grants", err)
				}
			}
		})
	}
}
