package auth_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

func grant(t testing.TB, text string) auth.Grant {
	t.Helper()
	g, err := auth.ParseGrant(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return g
}

// held is a grant at a place that need not exist.
func held(text string) auth.Grant {
	role, place, _ := strings.Cut(text, "@")
	return auth.Grant{Role: auth.Role(role), Place: place}
}

func TestParseGrant(t *testing.T) {
	for _, text := range []string{"unit_director@unit:BSIST000014", "planner@nation", "auditor@state:03", "admin@region:1", "planner@office:sonora",
		"contractor@contractor:7c1f3c2e-0000-5000-8000-000000000000", "technician@technician:s-1", "requester@unit:ALM-03"} {
		if got := grant(t, text).String(); got != text {
			t.Errorf("%s became %s", text, got)
		}
	}
	for _, text := range []string{"", "@", "planner", "planner@", "@nation", "emperor@nation", "planner@nation:", "planner@nation:1", "planner@office",
		"planner@office:", "planner@office:a:b", "planner@office:a b", "planner@everyone", "planner@staff", "planner@everyone:x",
		// A role at a place where it cannot be held would open more than the role is for.
		"contractor@nation", "contractor@unit:X", "technician@office:sonora", "unit_director@office:sonora", "unit_director@nation",
		"requester@nation", "planner@contractor:x", "Planner@nation", "planner@unit:a@nation",
		// No such place.
		"planner@state:99", "planner@state:0", "planner@state:3", "planner@region:*", "planner@region:0", "planner@region:9", "planner@office:atlantis",
		"planner@unit:../../x", "planner@unit:*", "planner@unit:bsist000014", "planner@unit:A", "planner@unit:BSIST000014/x"} {
		if g, err := auth.ParseGrant(text); err == nil {
			t.Errorf("%q was taken as %v", text, g)
		}
	}
}

// operations are a few that services have, and who may run them.
var operations = map[string]auth.Roles{
	"asset.list": auth.Everybody, "asset.change": {auth.UnitDirector, auth.BiomedicalEngineer, auth.OfficeAdministrator, auth.Admin},
	"contract.list": auth.Roles{auth.Contractor}.And(auth.Overseers...), "contract.budget": auth.Roles{auth.Contractor}.And(auth.Overseers...),
	"delivery.confirm": {auth.UnitDirector}, "delivery.dispatch": {auth.Contractor, auth.OfficeAdministrator, auth.ContractAdministrator, auth.Admin},
	"status.nation": auth.Overseers, "status.unit": auth.Overseers, "work_order.accept": {auth.UnitDirector}, "work_order.read": auth.Everybody,
	"work_order.request": {auth.Requester, auth.UnitDirector, auth.BiomedicalEngineer, auth.OfficeAdministrator},
	"work_order.verify":  {auth.BiomedicalEngineer},
}

func TestAccess(t *testing.T) {
	for name, tc := range map[string]struct {
		grants    []string
		operation string
		want      []string // nil: forbidden
		staff     bool
	}{
		"director confirms":              {[]string{"unit_director@unit:A"}, "delivery.confirm", []string{"unit:A"}, true},
		"planner does not":               {[]string{"planner@nation"}, "delivery.confirm", nil, false},
		"admin does not":                 {[]string{"admin@nation"}, "delivery.confirm", nil, false},
		"supplier dispatches its own":    {[]string{"contractor@contractor:c"}, "delivery.dispatch", []string{"contractor:c"}, false},
		"supplier does not confirm":      {[]string{"contractor@contractor:c"}, "delivery.confirm", nil, false},
		"only the places of that role":   {[]string{"unit_director@unit:A", "planner@nation", "unit_director@unit:B"}, "delivery.confirm", []string{"unit:A", "unit:B"}, true},
		"each place once":                {[]string{"unit_director@unit:A", "requester@unit:A"}, "work_order.request", []string{"unit:A"}, true},
		"reads see what is everyone's":   {[]string{"planner@office:sonora"}, "asset.list", []string{"office:sonora"}, true},
		"a contractor is not staff":      {[]string{"contractor@contractor:c"}, "asset.list", []string{"contractor:c"}, false},
		"nor is a technician":            {[]string{"technician@technician:t"}, "work_order.read", []string{"technician:t"}, false},
		"staff who is contractor too":    {[]string{"contractor@contractor:c", "requester@unit:A"}, "asset.list", []string{"contractor:c", "unit:A"}, true},
		"a grant that may not read":      {[]string{"contractor@contractor:c", "requester@unit:A"}, "contract.list", []string{"contractor:c"}, false},
		"contractors do not read status": {[]string{"contractor@contractor:c"}, "status.nation", nil, false},
		"requesters do not read status":  {[]string{"requester@unit:A"}, "status.unit", nil, false},
		"auditors read":                  {[]string{"auditor@nation"}, "contract.budget", []string{"nation"}, true},
		"auditors do not write":          {[]string{"auditor@nation"}, "asset.change", nil, false},
		"unit accepts":                   {[]string{"unit_director@unit:A"}, "work_order.accept", []string{"unit:A"}, true},
		"engineer does not accept":       {[]string{"biomedical_engineer@office:o"}, "work_order.accept", nil, false},
		"engineer verifies":              {[]string{"biomedical_engineer@office:o"}, "work_order.verify", []string{"office:o"}, true},
		"doer does not verify":           {[]string{"contractor@contractor:c"}, "work_order.verify", nil, false},
		"what names no role":             {[]string{"admin@nation"}, "asset.explode", nil, false},
		"no grant":                       {nil, "asset.list", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			var grants []auth.Grant
			for _, g := range tc.grants {
				grants = append(grants, held(g))
			}
			access, err := auth.NewPrincipal("s-1", grants...).Access(tc.operation, operations[tc.operation])
			if tc.want == nil {
				if !fault.Is(err, fault.Forbidden) || len(access.Scopes) > 0 {
					t.Fatalf("got %v, %v, want forbidden", access, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			reads := []string{caller.Everyone, caller.Staff}
			if !tc.staff {
				reads = reads[:1]
			}
			for _, g := range access.Grants {
				if !slices.Contains(tc.grants, g.Role+"@"+g.Place) || !slices.Contains(tc.want, g.Place) {
					t.Errorf("%v is no grant that admits it", g)
				}
			}
			access.Grants = nil
			if diff := cmp.Diff(caller.Access{Subject: "s-1", Scopes: tc.want, Reads: reads}, access); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheRolesOfAnOperationKeepThePromisesOfRoles(t *testing.T) {
	director := auth.Roles{auth.UnitDirector}
	for name, tc := range map[string]struct {
		roles  auth.Roles
		writes bool
		says   string // "": allowed
	}{
		"a role writes":                {director, true, ""},
		"everybody reads":              {auth.Everybody, false, ""},
		"the institution reads":        {auth.Institution, false, ""},
		"overseers read":               {auth.Overseers, false, ""},
		"nobody":                       {nil, true, "no role may run it"},
		"nobody reads":                 {auth.Roles{}, false, "no role may run it"},
		"a role that there is not":     {director.And("emperor"), true, `no role "emperor"`},
		"a role twice":                 {director.And(auth.Admin, auth.UnitDirector), true, "unit_director is named twice"},
		"a planner writes":             {director.And(auth.Planner), true, "no planner may"},
		"an auditor writes":            {director.And(auth.Auditor), true, "no auditor may"},
		"everybody writes":             {auth.Everybody, true, "no planner may"},
		"what the auditor cannot read": {director.And(auth.Planner), false, "the auditor may not run it"},
	} {
		err := tc.roles.Check(tc.writes)
		if said := fmt.Sprint(err); (err == nil) != (tc.says == "") || !strings.Contains(said, tc.says) && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(auth.Everybody) != 10 || len(auth.Institution) != 8 || slices.Contains(auth.Institution, auth.Contractor) || slices.Contains(auth.Institution, auth.Technician) ||
		slices.Contains(auth.Overseers, auth.Requester) {
		t.Errorf("groups: %v, %v, %v", auth.Everybody, auth.Institution, auth.Overseers)
	}
}

// Whatever the grants, an access opens only places of grants whose role may run the operation; what everyone or staff may look at is
// never among what it may change.
func TestAccessOpensOnlyQualifyingPlaces(t *testing.T) {
	roles := []string{"requester@unit:", "unit_director@unit:", "biomedical_engineer@office:", "technician@technician:", "contractor@contractor:",
		"office_administrator@region:", "contract_administrator@state:", "planner@office:", "auditor@unit:", "admin@office:"}
	rapid.Check(t, func(rt *rapid.T) {
		var grants []auth.Grant
		for _, text := range rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) string {
			return rapid.SampledFrom(roles).Draw(rt, "role") + rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "key")
		}), 0, 12).Draw(rt, "grants") {
			grants = append(grants, held(text))
		}
		may := auth.Roles(rapid.SliceOfDistinct(rapid.SampledFrom(auth.Everybody), rapid.ID).Draw(rt, "roles"))
		access, err := auth.NewPrincipal("s", grants...).Access("x.y", may)
		qualifying := map[string]bool{}
		for _, g := range grants {
			if slices.Contains(may, g.Role) {
				qualifying[g.Place] = true
			}
		}
		if (err != nil) != (len(qualifying) == 0) {
			rt.Fatalf("%d qualifying grants, error %v", len(qualifying), err)
		}
		for _, s := range access.Scopes {
			if !qualifying[s] {
				rt.Fatalf("opens %s", s)
			}
			delete(qualifying, s)
		}
		for _, s := range access.Reads {
			if s != caller.Everyone && s != caller.Staff {
				rt.Fatalf("shows %s", s)
			}
		}
		if len(qualifying) > 0 && err == nil {
			rt.Fatalf("left out: %v", qualifying)
		}
	})
}

func TestGrantsAreBounded(t *testing.T) {
	c := newClock()
	s := serveIssuer(t, c)
	v := auth.NewStaticVerifier(s.Issuer, s.config(c))
	many := slices.Repeat([]string{"planner@nation"}, auth.MaxGrants+5)
	token, err := s.Sign("s-1", many, 3600e9)
	if err != nil {
		t.Fatal(err)
	}
	p, err := v.Verify(t.Context(), token)
	if err != nil || len(p.Grants()) != auth.MaxGrants {
		t.Errorf("%d grants, %v", len(p.Grants()), err)
	}
}
