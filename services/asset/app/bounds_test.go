package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestNoUnitGrowsBeyondItsEvents: however areas are added, nested or flat, with names of any characters: a unit is refused what would
// make it too large to be told, everything accepted is told, and a full unit can still be changed and closed.
func TestNoUnitGrowsBeyondItsEvents(t *testing.T) {
	for _, c := range []struct {
		name, character string
		nested          bool
		has, tries      int
		full            bool
	}{
		{"75 nested areas", "a", true, 0, 75, true},
		{"355 flat areas whose names have four bytes a character", "\U0001d11e", false, 200, 155, true},
		{"355 flat areas whose names HTML would escape", "<", false, 345, 10, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, s := start(t)
			register(t, s)
			const path = "/v1/units/BSIST000014"
			name := func(n int) string { return fmt.Sprintf("%s%05d", strings.Repeat(c.character, 115), n) }
			if c.has > 0 {
				s.Rewrite("units", "BSIST000014", func(body map[string]json.RawMessage) { body["areas"] = areas(t, c.has, name) })
			}
			parent, refused := "", 0
			for n := c.has; n < c.has+c.tries && refused < 3; n++ {
				name := name(n)
				a := s.Call(engineer, "POST", path+"/add-area", map[string]any{"name": name, "parent_id": parent})
				switch {
				case a.Status == 200 && c.nested:
					areas := s.Want(200, admin, "GET", path, nil)["areas"].([]any)
					parent = areas[len(areas)-1].(map[string]any)["id"].(string)
				case a.Status == 422 && strings.Contains(string(a.Body), "document-too-large"):
					refused++
				case a.Status != 200:
					t.Fatalf("area %d: %d %s", n, a.Status, a.Body)
				}
			}
			if (refused > 0) != c.full {
				t.Errorf("%d areas were refused", refused)
			}
			etag := s.Call(admin, "GET", path, nil).Header.Get("ETag")
			closed := s.Want(200, admin, "PATCH", path, map[string]any{"name": strings.Repeat(`"`, 200), "operation_state": "closed"}, "If-Match", etag)
			if closed["operation_state"] != "closed" {
				t.Errorf("a full unit is closed: %v", closed["operation_state"])
			}
			s.Published()
		})
	}
}

// areas are n flat areas as they are stored.
func areas(t *testing.T, n int, name func(int) string) json.RawMessage {
	t.Helper()
	var list []map[string]string
	for i := range n {
		list = append(list, map[string]string{"id": fmt.Sprintf("0198a000-0000-7000-8000-%012d", i), "name": name(i), "path": name(i)})
	}
	out := &bytes.Buffer{}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(list); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
