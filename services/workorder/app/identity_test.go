package app_test

import (
	"testing"
)

func TestAContractsNumberIsUniqueHoweverItIsSpeltAndAWordForNoneIsNoNumber(t *testing.T) {
	w := newWorld(t, 1)
	contractor, id := w.contract(1000_00)
	terms := func(number string) j {
		return j{"number": number, "name": "Otro", "kind": "maintenance", "contractor_id": contractor, "legal_regime": "lopsrm", "valid_from": "2025-01-01", "valid_to": "2025-12-31",
			"coverage": j{"nation": true}, "lots": []j{{"fiscal_year": 2025, "lot": 1, "max_amount": mxn(1)}}}
	}
	other := w.ok(contracts, "POST", "/v1/contracts", terms("LP-016/2025-A.7")).Text("id")
	for _, number := range []string{"LP-016/2025-A.7", "lp 016/2025 a7", "LP016/2025‑A7", "ＬＰ-016/2025-A7"} {
		w.refused(409, "already-exists", contracts, "POST", "/v1/contracts", terms(number))
		w.refused(409, "already-exists", contracts, "PATCH", "/v1/contracts/"+id, j{"number": number}, "If-Match", `"1"`)
	}
	for _, number := range []string{"S/N", "sin número", "-"} {
		w.refused(422, "number-missing", contracts, "POST", "/v1/contracts", terms(number))
	}
	w.ok(contracts, "POST", "/v1/contracts", terms("LP-0162025-A7"))
	found := w.ok(contracts, "GET", "/v1/contracts?number=lp%20016%2F2025a7", nil)
	if n := len(found.List("items")); n != 1 || found.At("items.0.id") != other {
		t.Errorf("found by its number: %s", found.Body)
	}
}
