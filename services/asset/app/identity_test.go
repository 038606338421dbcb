package app_test

import (
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/asset/app"
)

// ecg adds a serialised type.
func ecg(s *servicetest.Service) string {
	return s.Want(201, admin, "POST", "/v1/equipment-types", map[string]any{"key": "electrocardiograph", "name_es": "Electrocardiógrafo", "category": "medical_equipment", "tracking": "serialised"})["id"].(string)
}

func TestWordsForNoneAreNoTagAndNoSerialNumberAndTheAssetStaysADraft(t *testing.T) {
	_, s := start(t)
	bed, device := register(t, s), ecg(s)
	for _, none := range []string{"S/N", "sin  serie", "000"} { // pkg/mx knows the rest
		for _, body := range []map[string]any{{"type_id": bed, "inventory_tag": none}, {"type_id": device, "inventory_tag": none}, {"type_id": device, "brand": "BTL", "model": "BTL-08", "serial_number": none}} {
			body["unit_id"] = "BSIST000014"
			a := s.Want(201, engineer, "POST", "/v1/assets", body)
			if a.At("lifecycle.value") != "draft" || a["inventory_tag"] != nil || a["serial_number"] != nil || a["discrepancies"] != nil {
				t.Errorf("%v became %v", body, a)
			}
		}
	}
	a := s.Want(201, engineer, "POST", "/v1/assets", map[string]any{"unit_id": "BSIST000014", "type_id": device, "brand": "S/N", "model": "SIN MODELO"})
	if a["brand"] != nil || a["model"] != nil {
		t.Errorf("words for none are no brand and no model, got %v %v", a["brand"], a["model"])
	}
	if ids := s.IDs(planner, "/v1/assets?serial_number=S%2FN"); len(ids) != 0 {
		t.Errorf("assets without a serial number are found by S/N: %v", ids)
	}
}

func TestAnEqualTagIsRefusedInTheInstitutionHoweverItIsSpelt(t *testing.T) {
	_, s := start(t)
	bed := register(t, s)
	a := s.Want(201, engineer, "POST", "/v1/assets", map[string]any{"unit_id": "BSIST000014", "type_id": bed, "inventory_tag": " I060400224-77 "})
	if a["inventory_tag"] != "I060400224-77" {
		t.Errorf("a tag is shown as typed, got %q", a["inventory_tag"])
	}
	other := s.Want(201, engineer, "POST", "/v1/assets", map[string]any{"unit_id": "BSIST000026", "type_id": bed, "inventory_tag": "78"})
	for _, tag := range []string{"I060400224-77", "i060400224 77"} { // pkg/mx shows in how many ways it can be spelt
		s.Refused(409, "tag-taken", engineer, "POST", "/v1/assets", map[string]any{"unit_id": "BSIST000026", "type_id": bed, "inventory_tag": tag})
		s.Refused(409, "tag-taken", engineer, "PATCH", "/v1/assets/"+other["id"].(string), map[string]any{"inventory_tag": tag}, "If-Match", `"1"`)
		if ids := s.IDs(planner, "/v1/assets?inventory_tag="+url.QueryEscape(tag)); !slices.Equal(ids, []string{a["id"].(string)}) {
			t.Errorf("found by %q: %v", tag, ids)
		}
	}
	s.Want(200, engineer, "PATCH", "/v1/assets/"+a["id"].(string), map[string]any{"inventory_tag": "i060400224 77", "brand": "Hill"}, "If-Match", `"1"`)
	if ids := s.IDs(stranger, "/v1/assets?inventory_tag=I06040022477"); len(ids) != 0 {
		t.Errorf("found out of scope: %v", ids)
	}
}

func TestAnEqualSerialNumberBrandAndModelIsRefusedUnlessItIsSaidWhyItIsAnother(t *testing.T) {
	_, s := start(t)
	register(t, s)
	device := ecg(s)
	asset := func(brand, model, serial string) map[string]any {
		return map[string]any{"unit_id": "BSIST000014", "type_id": device, "brand": brand, "model": model, "serial_number": serial}
	}
	first := s.Want(201, engineer, "POST", "/v1/assets", asset("MINDRAY", "iMEC12", "EV-04058211"))["id"].(string)
	same := asset("Mindray ", "IMEC-12", "ev 04058211")
	for _, no := range []any{nil, " "} {
		same["distinct_reason"] = no
		s.Refused(409, "serial-taken", engineer, "POST", "/v1/assets", same)
	}
	same["distinct_reason"] = "El fabricante repitió el número; placa distinta"
	distinct := s.Want(201, engineer, "POST", "/v1/assets", same)
	if distinct["distinct_reason"] != same["distinct_reason"] || !slices.Equal(distinct.Texts("possible_duplicates"), []string{first}) {
		t.Errorf("a distinct one: %v", distinct)
	}
}

func TestAnEqualSerialNumberWithTheRestDifferentOrUnknownIsAPossibleDuplicateAndNamesThoseInScope(t *testing.T) {
	_, s := start(t)
	register(t, s)
	device := ecg(s)
	asset := func(unit, brand, model string) map[string]any {
		return map[string]any{"unit_id": unit, "type_id": device, "brand": brand, "model": model, "serial_number": "ARWK-0017"}
	}
	first := s.Want(201, engineer, "POST", "/v1/assets", asset("BSIST000026", "MINDRAY", "iMEC12"))
	if first["possible_duplicates"] != nil || first["discrepancies"] != nil {
		t.Errorf("the first has no duplicates: %v", first)
	}
	ids := []string{first["id"].(string)}
	for _, x := range []map[string]any{asset("BSIST000014", "", ""), asset("BSIST000014", "", ""), asset("BSIST000014", "MINDRAY", ""), asset("BSIST000014", "", "iMEC12"), asset("BSIST000014", "S/N", "iMEC12")} {
		x["serial_number"] = "arwk 0017"
		a := s.Want(201, engineer, "POST", "/v1/assets", x)
		slices.Sort(ids)
		if a.At("lifecycle.value") != "active" || !slices.Equal(a.Texts("possible_duplicates"), ids) || !slices.Equal(a.Texts("discrepancies"), []string{"possible_duplicate"}) {
			t.Errorf("%v became %v, want the duplicates %v", x, a, ids)
		}
		read := s.Want(200, director, "GET", "/v1/assets/"+a["id"].(string), nil)
		inScope := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == first["id"] })
		if !slices.Equal(read.Texts("possible_duplicates"), inScope) {
			t.Errorf("the director of the unit reads %v, want %v", read["possible_duplicates"], inScope)
		}
		ids = append(ids, a["id"].(string))
	}
	slices.Sort(ids)
	if got := s.IDs(engineer, "/v1/assets?serial_number=ARWK%200017"); !slices.Equal(got, ids) {
		t.Errorf("found by serial number %v, want %v", got, ids)
	}
	marked := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == first["id"] })
	if got := s.IDs(planner, "/v1/assets?discrepancy=possible_duplicate"); !slices.Equal(got, marked) {
		t.Errorf("listed %v, want %v", got, marked)
	}
	s.Want(422, planner, "GET", "/v1/assets?discrepancy=nothing", nil)
}

func TestOfTwoRegistrationsWithEqualKeysAtOnceOneIsRefused(t *testing.T) {
	_, s := start(t)
	bed := register(t, s)
	const many = 12
	answers := make([]servicetest.Answer, many)
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			tag := []string{"inv-1", "INV 1", "INV1"}[i%3]
			answers[i] = s.Call(engineer, "POST", "/v1/assets", map[string]any{"unit_id": "BSIST000014", "type_id": bed, "inventory_tag": tag})
		})
	}
	wg.Wait()
	created := 0
	for _, a := range answers {
		switch {
		case a.Status == http.StatusCreated:
			created++
		case a.Status != http.StatusConflict || a.Rule() != "tag-taken":
			t.Errorf("%d %s", a.Status, a.Body)
		}
	}
	if created != 1 {
		t.Errorf("%d of %d registrations of one tag were taken", created, many)
	}
}

// older is the register as the release before wrote it: exact tags, no keys.
type older struct {
	*docstore.Collection[map[string]any]
}

func (o older) asset(t *testing.T, id, registered string, fields map[string]any) {
	t.Helper()
	a := map[string]any{"id": id, "unit_id": "BSIST000014", "office": "baja-california-sur", "region": "1", "state_code": "03", "type_id": "01941f29-7c00-7000-8000-000100000003",
		"type_key": "hospital_bed", "tracking": "tagged", "registered_at": registered, "in_service": true, "funding_source": map[string]any{"kind": "unknown"}}
	for name, value := range map[string]string{"lifecycle": "active", "functioning": "working", "use": "in_use", "custody": "at_unit", "quarantine": "not_quarantined"} {
		a[name] = map[string]any{"value": value, "since": registered, "by": "s-engineer"}
	}
	for name, value := range fields {
		a[name] = value
	}
	if err := o.Insert(caller.AsSystem(t.Context(), "before"), id, &a); err != nil {
		t.Fatal(err)
	}
}

func TestAMigrationFoldsWhatIsStoredTheOlderKeepsTheKeyTheYoungerIsListedAndLosesNothing(t *testing.T) {
	w := servicetest.Open(t)
	driver := servicetest.SQLite(t)
	store := docstore.NewStore(driver, docstore.Options{})
	o := older{docstore.Open(store, docstore.Spec{Name: "assets", Events: event.NewSet(event.Assets, "asset"), Unique: []docstore.Unique{{Name: "inventory_tag", Fields: []string{"inventory_tag"}}}},
		func(*map[string]any) []string {
			return []string{"nation", "office:baja-california-sur", "unit:BSIST000014"}
		})}
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	const young, old, sn, fine = "11111111-1111-7111-8111-111111111111", "99999999-9999-7999-8999-999999999999", "22222222-2222-7222-8222-222222222222", "33333333-3333-7333-8333-333333333333"
	o.asset(t, young, "2025-03-01T00:00:00.000Z", map[string]any{"inventory_tag": "I060 77"})
	o.asset(t, old, "2025-01-01T00:00:00.000Z", map[string]any{"inventory_tag": "I060-77"})
	o.asset(t, sn, "2025-02-01T00:00:00.000Z", map[string]any{"inventory_tag": "S/N"})
	o.asset(t, fine, "2025-02-01T00:00:00.000Z", map[string]any{"inventory_tag": "I060-78"})
	s := w.Start(t, app.New, driver)
	if _, err := s.Store.RefreshKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string][]string{"tag_taken": {young}, "not_identified": {sn}, "possible_duplicate": nil} {
		if got := s.IDs(planner, "/v1/assets?discrepancy="+value); !slices.Equal(got, want) {
			t.Errorf("listed as %s: %v, want %v", value, got, want)
		}
	}
	if got := s.IDs(planner, "/v1/assets?inventory_tag=i06077"); !slices.Equal(got, []string{young, old}) {
		t.Errorf("found by the tag %v", got)
	}
	for _, id := range []string{young, old, sn, fine} {
		a := s.Want(200, director, "GET", "/v1/assets/"+id, nil)
		if a.At("lifecycle.value") != "active" || a["in_service"] != true {
			t.Errorf("%s was active and in service, is %v", id, a)
		}
		s.Want(200, director, "POST", "/v1/assets/"+id+"/report-functioning", map[string]any{"value": "limited"})
		s.Want(200, engineer, "PATCH", "/v1/assets/"+id, map[string]any{"brand": "Hill"}, "If-Match", `"2"`)
	}
	a := s.Want(200, director, "GET", "/v1/assets/"+young, nil)
	if a["inventory_tag"] != "I060 77" || !slices.Equal(a.Texts("discrepancies"), []string{"tag_taken"}) || !slices.Equal(a.Texts("possible_duplicates"), []string{old}) {
		t.Errorf("the younger is %v", a)
	}
	if a := s.Want(200, director, "GET", "/v1/assets/"+sn, nil); a["inventory_tag"] != "S/N" {
		t.Errorf("the tag S/N of an active asset is gone: %v", a)
	}
	s.Want(409, engineer, "PATCH", "/v1/assets/"+fine, map[string]any{"inventory_tag": nil}, "If-Match", `"3"`)
	s.Want(200, engineer, "PATCH", "/v1/assets/"+old, map[string]any{"inventory_tag": "I060-79"}, "If-Match", `"3"`)
	s.Refused(409, "tag-taken", engineer, "POST", "/v1/assets", map[string]any{"unit_id": "BSIST000014", "type_id": register(t, s), "inventory_tag": "i06077"})
	if got := s.IDs(planner, "/v1/assets?discrepancy=tag_taken"); len(got) != 0 {
		t.Errorf("listed though the tag is its own now: %v", got)
	}
	s.Want(200, engineer, "PATCH", "/v1/assets/"+sn, map[string]any{"inventory_tag": "I060-80"}, "If-Match", `"3"`)
	if got := s.IDs(planner, "/v1/assets?discrepancy=not_identified"); len(got) != 0 {
		t.Errorf("listed though it has a tag now: %v", got)
	}
}

// The release before left assets not_working after the order that said so was declined, and in service after they had gone away. Which is
// which its documents do not say: they are listed, stay as they are, and leave the list with the next word about them.
func TestWhatTheReleaseBeforeLeftBehindIsListedUntilSomebodySaysHowItIs(t *testing.T) {
	w := servicetest.Open(t)
	driver := servicetest.SQLite(t)
	store := docstore.NewStore(driver, docstore.Options{})
	o := older{docstore.Open(store, docstore.Spec{Name: "assets", Events: event.NewSet(event.Assets, "asset")}, func(*map[string]any) []string {
		return []string{"nation", "office:baja-california-sur", "unit:BSIST000014"}
	})}
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	fact := func(value, order string) map[string]any {
		return map[string]any{"value": value, "since": "2025-02-01T00:00:00.000Z", "by": "ing", "order_id": order, "reported": true}
	}
	const retired = "55555555-5555-7555-8555-555555555555"
	const left, open, away, byHand = "11111111-1111-7111-8111-111111111111", "22222222-2222-7222-8222-222222222222", "33333333-3333-7333-8333-333333333333", "44444444-4444-7444-8444-444444444444"
	registered := "2025-01-01T00:00:00.000Z"
	o.asset(t, left, registered, map[string]any{"inventory_tag": "T-1", "functioning": fact("not_working", "o-1"), "in_service": false})
	o.asset(t, open, registered, map[string]any{"inventory_tag": "T-2", "functioning": fact("not_working", "o-2"), "in_service": false,
		"open_orders": []map[string]any{{"id": "o-2", "stops": true}}})
	o.asset(t, away, registered, map[string]any{"inventory_tag": "T-3", "custody": fact("on_loan", "")})
	o.asset(t, byHand, registered, map[string]any{"inventory_tag": "T-4", "functioning": fact("not_working", ""), "in_service": false})
	o.asset(t, retired, registered, map[string]any{"inventory_tag": "T-5", "lifecycle": fact("retired", ""), "in_service": false, "open_orders": []map[string]any{{"id": "o-5", "stops": false}}})
	s := w.Start(t, app.New, driver)
	for range 2 { // a settling that is repeated, or goes on where another was cut off, finds the same
		if _, err := s.Store.RefreshKeys(t.Context()); err != nil {
			t.Fatal(err)
		}
		for value, want := range map[string][]string{"functioning_left_behind": {left}, "in_service_outdated": {away}, "not_identified": nil, "retired_with_open_orders": {retired}} {
			if got := s.IDs(planner, "/v1/assets?discrepancy="+value); !slices.Equal(got, want) {
				t.Errorf("listed as %s: %v, want %v", value, got, want)
			}
		}
	}
	if a := s.Want(200, director, "GET", "/v1/assets/"+left, nil); a.At("functioning.value") != "not_working" || !slices.Equal(a.Texts("discrepancies"), []string{"functioning_left_behind"}) {
		t.Errorf("%v", a)
	}
	s.Want(200, director, "POST", "/v1/assets/"+left+"/report-functioning", map[string]any{"value": "working"})
	if a := s.Want(200, director, "POST", "/v1/assets/"+away+"/report-functioning", map[string]any{"value": "limited"}); a["in_service"] != false {
		t.Errorf("away and in service: %v", a)
	}
	for _, value := range []string{"functioning_left_behind", "in_service_outdated"} {
		if got := s.IDs(planner, "/v1/assets?discrepancy="+value); len(got) != 0 {
			t.Errorf("%s is listed still: %v", value, got)
		}
	}
}

func TestKeysOfUnitsAreComparedHoweverTheyAreSpelt(t *testing.T) {
	_, s := start(t)
	unit := func(id, key string) map[string]any {
		return map[string]any{"id": id, "name": "Unidad", "kind": "warehouse", "state_code": "03", "institute_unit_key": key}
	}
	s.Want(201, admin, "POST", "/v1/units", unit("096-201-00", "096 201 00"))
	for _, x := range []struct {
		body map[string]any
		rule string
	}{{unit("09620100", "1"), "unit-key-taken"}, {unit("096-201-01", "096-201-00"), "already-exists"}, {unit("096-201-00", "2"), "id-taken"}} {
		s.Refused(409, x.rule, admin, "POST", "/v1/units", x.body)
	}
	for i, none := range []string{"PENDIENTE", "pendiente", "S/N"} {
		u := s.Want(201, admin, "POST", "/v1/units", unit([]string{"ALM-1", "ALM-2", "ALM-3"}[i], none))
		if u["institute_unit_key"] != nil {
			t.Errorf("%q is no key, got %v", none, u["institute_unit_key"])
		}
	}
	if got := s.IDs(planner, "/v1/units?institute_unit_key=09620100"); !slices.Equal(got, []string{"096-201-00"}) {
		t.Errorf("found by its key: %v", got)
	}
}
