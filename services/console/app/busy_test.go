package app_test

import (
	"net/http"
	"sync"
	"testing"
)

// Once half of the places are taken, who holds more than a tenth of them is told to wait, in words, and keeps what was typed; others go on.
func TestOnePersonCannotTakeAllPlaces(t *testing.T) {
	w := newWorld(t, func(w *world) { w.places = 10 })
	b, other := newBrowser(t, w.console()), newBrowser(t, w.replicas[0].URL)
	form := b.enter(director, "/nota")
	other.enter("planner", "/nota")
	held, release, once := make(chan struct{}, 100), make(chan struct{}), sync.Once{}
	free := func() { once.Do(func() { close(release) }) }
	defer free()
	w.services.does(func(out http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/notes" && r.Method == http.MethodGet {
			held <- struct{}{}
			<-release
		}
		_, _ = out.Write([]byte(`{}`))
	})
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() { b.send("GET", "/nota", nil) })
	}
	for range 6 {
		<-held
	}
	if p := b.send("GET", "/nota", nil); p.status != http.StatusTooManyRequests || p.heading() != "Hay demasiadas peticiones a la vez" || p.header.Get("Retry-After") == "" {
		t.Errorf("a seventh page of one person: %d %s", p.status, p.heading())
	}
	refused := b.submit(form, map[string]string{"text": "no se pierde"}).wants(t, http.StatusTooManyRequests, "Hay demasiadas peticiones a la vez")
	for range 4 {
		all.Go(func() {
			if p := other.send("GET", "/nota", nil); p.status != http.StatusOK && p.status != http.StatusTooManyRequests && p.status != http.StatusServiceUnavailable {
				t.Errorf("somebody else: %d", p.status)
			}
		})
	}
	<-held // one of somebody else's is made
	free()
	all.Wait()
	w.services.does(nil)
	b.submit(refused, nil).wants(t, 200, "Nota")
	if n := w.services.written(); len(n) != 1 {
		t.Errorf("%q", n)
	}
}
