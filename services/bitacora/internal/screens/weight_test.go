package screens_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

// What a page may weigh, in bytes as they are sent: the first with all that it loads, and each later one beside what is cached. A signal of 150 kbit/s
// carries a later page in a second.
const (
	firstWeight = 60_000
	laterWeight = 20_000
)

var (
	linked = regexp.MustCompile(`<a [^>]*href="(/[^"]*)"`)
	loaded = regexp.MustCompile(`(?:<link [^>]*href|<script [^>]*src|<img [^>]*src)="(/[^"]*)"`)
	ids    = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)
	keys   = regexp.MustCompile(`^/(unidad|oficina|entidad|cifra)/[^/]+`)
)

// shape is an address without what tells one document, or one page of a list, from another.
func shape(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	names := []string{}
	for name := range u.Query() {
		names = append(names, name)
	}
	slices.Sort(names)
	return keys.ReplaceAllString(ids.ReplaceAllString(u.Path, "{id}"), "/$1/{key}") + "?" + strings.Join(names, "&")
}

// weigh gets a page as browsers do and returns its text, and how many bytes were sent for it.
func weigh(t *testing.T, w *world, b *localtest.Browser, address string) (text string, weight int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip") // so that what comes is not unpacked on the way
	a, err := b.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	sent, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", address, a.StatusCode, err)
	}
	plain := io.Reader(bytes.NewReader(sent))
	if a.Header.Get("Content-Encoding") == "gzip" {
		if plain, err = gzip.NewReader(plain); err != nil {
			t.Fatal(err)
		}
	}
	page, err := io.ReadAll(plain)
	if err != nil {
		t.Fatal(err)
	}
	return string(page), len(sent)
}

// TestPagesAreLight walks from each role's home through all links, three addresses of each shape, over lists that are full.
func TestPagesAreLight(t *testing.T) {
	w := newWorld(t)
	for n := range 55 {
		o := w.order(w.asset("electrocardiograph", fmt.Sprint("I-450200-", n)), fmt.Sprintf("No imprime y suena la alarma número %d desde que se movió al consultorio de junto", n))
		if n%2 == 0 {
			w.Want(t, engineer, "POST", "/v1/work-orders/"+o+"/approve", map[string]any{})
			w.Want(t, engineer, "POST", "/v1/work-orders/"+o+"/assign", map[string]any{"contractor_id": devissuer.DemoContractorA})
		}
	}
	w.delivery()
	w.contract(50_000_00)
	seen := map[string]bool{}
	for _, user := range []string{requester, director, engineer, office, "contracts", contractor, "technician", planner, "auditor", "admin"} {
		b := w.SignIn(t, user)
		home, first := weigh(t, w, b, "/")
		parts := map[string]bool{}
		for _, m := range loaded.FindAllStringSubmatch(home, -1) {
			if part := html.UnescapeString(m[1]); !parts[part] {
				parts[part] = true
				_, weight := weigh(t, w, b, part)
				first += weight
			}
		}
		if first > firstWeight || len(parts) < 2 {
			t.Errorf("the first page of %s weighs %d bytes with the %d files that it loads", user, first, len(parts))
		}
		queue, visits, most, at := []string{"/"}, map[string]int{}, 0, ""
		for asked := map[string]bool{"/": true}; len(queue) > 0; queue = queue[1:] {
			text, weight := weigh(t, w, b, queue[0])
			of := shape(queue[0])
			seen[strings.SplitN(of, "?", 2)[0]] = true
			if weight > most {
				most, at = weight, queue[0]
			}
			if weight > laterWeight {
				t.Errorf("%s of %s weighs %d bytes", queue[0], user, weight)
			}
			for _, m := range linked.FindAllStringSubmatch(text, -1) {
				next, _, _ := strings.Cut(html.UnescapeString(m[1]), "#")
				if of := shape(next); !asked[next] && visits[of] < 3 && !strings.HasPrefix(next, "/docs") {
					asked[next] = true
					visits[of]++
					queue = append(queue, next)
				}
			}
		}
		t.Logf("%s: first page %d bytes, the heaviest later one %d: %s", user, first, most, at)
	}
	if len(seen) < 25 {
		t.Errorf("only %d screens were found: %v", len(seen), seen)
	}
}
