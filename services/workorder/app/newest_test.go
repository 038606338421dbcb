package app_test

import (
	"net/url"
	"slices"
	"testing"
	"time"
)

// The latest orders come first where that is asked for, page after page, under every filter; left out, the order is what it always was.
func TestTheLatestOrdersComeFirst(t *testing.T) {
	w := newWorld(t, 1)
	var asked []string
	for range 7 {
		asked = append(asked, w.call(requester, "POST", "/v1/work-orders", corrective()).Text("id"))
		w.later(time.Minute)
	}
	read := func(q url.Values) (ids []string) {
		for cursor := "first"; cursor != ""; {
			a := w.ok(engineer, "GET", "/v1/work-orders?"+q.Encode(), nil)
			for _, item := range a.List("items") {
				ids = append(ids, item.(map[string]any)["id"].(string))
			}
			cursor = a.Text("next_cursor")
			q.Set("cursor", cursor)
		}
		return ids
	}
	want := slices.Clone(asked)
	slices.Reverse(want)
	for _, filter := range []url.Values{{}, {"state": {"requested"}}, {"state": {"requested", "approved", "assigned"}}, {"unit_id": {"BSIST000014"}}, {"office": {"baja-california-sur"}}, {"type": {"corrective"}},
		{"unit_id": {"BSIST000014"}, "state": {"requested"}, "office": {"baja-california-sur"}}} {
		filter.Set("sort", "newest")
		filter.Set("limit", "2")
		if got := read(filter); !slices.Equal(got, want) {
			t.Errorf("%v: %v, not %v", filter, got, want)
		}
	}
	slices.Sort(asked)
	if got := read(url.Values{"limit": {"3"}}); !slices.Equal(got, asked) {
		t.Errorf("by id: %v", got)
	}
	first := w.ok(engineer, "GET", "/v1/work-orders?sort=newest&limit=2", nil).Text("next_cursor")
	for _, refused := range []string{"cursor=" + first, "sort=oldest", "sort=newest&sort=newest", "sort=newest&limit=2&state=requested&cursor=" + first} {
		if a := w.call(engineer, "GET", "/v1/work-orders?"+refused, nil); a.Status != 422 && a.Status != 400 {
			t.Errorf("%s: %d", refused, a.Status)
		}
	}
}
