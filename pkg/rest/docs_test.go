package rest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/rest"
)

func TestReferencePageNeedsNoOtherHost(t *testing.T) {
	y := newToy(t)
	a := y.do(t, "", "GET", "/docs", "")
	if a.StatusCode != http.StatusOK || !strings.Contains(string(a.body), `/openapi.json`) {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	csp := a.Header.Get("Content-Security-Policy")
	for _, directive := range strings.Split(csp, ";") {
		for _, source := range strings.Fields(directive)[1:] {
			if !slices.Contains([]string{"'self'", "'none'", "'unsafe-inline'", "data:"}, source) {
				t.Errorf("the page may fetch from %s", source)
			}
		}
	}
	if !strings.Contains(csp, "default-src 'self'") || !strings.Contains(csp, "connect-src 'self'") {
		t.Errorf("policy %q", csp)
	}
	assets := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllSubmatch(a.body, -1)
	if len(assets) < 3 {
		t.Fatalf("assets %q", assets)
	}
	load := regexp.MustCompile(`(?:@import|url\(|importScripts\(|import\()\s*["']?(?:https?:)?//`)
	for _, m := range assets {
		u, err := url.Parse(string(m[1]))
		if err != nil || u.Host != "" {
			t.Fatalf("%s is on another host", m[1])
		}
		asset := y.do(t, "", "GET", u.Path, "")
		if asset.StatusCode != http.StatusOK || len(asset.body) == 0 {
			t.Errorf("%s: %d", u.Path, asset.StatusCode)
		}
		if found := load.Find(asset.body); found != nil && !strings.HasSuffix(u.Path, ".png") {
			t.Errorf("%s loads %s…", u.Path, found)
		}
	}
	if !bytes.Contains(a.body, []byte("validatorUrl: null")) {
		t.Error("the page would ask a validator elsewhere")
	}
}

func TestDescription(t *testing.T) {
	first, err := newToy(t).server.OpenAPIYAML()
	if err != nil {
		t.Fatal(err)
	}
	y := newToy(t)
	again, err := y.server.OpenAPIYAML()
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("two descriptions of the same operations differ (%v)", err)
	}
	if served := y.do(t, "", "GET", "/openapi.yaml", ""); !bytes.Equal(served.body, first) {
		t.Error("served another description")
	}
	for _, want := range []string{"openapi: 3.1.0", "operationId: pump.register", "Idempotency-Key", "If-Match", "Bitacora-Written", "application/problem+json",
		"es: Dado de baja", "scheme: bearer", "#/components/schemas/Problem", "format: date-time"} {
		if !strings.Contains(string(first), want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(string(first), "octet-stream") || strings.Contains(string(first), "ErrorModel") {
		t.Errorf("tells of what is not there: %s", first)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			RequestBody *struct{ Required bool }
		}
	}
	if err := json.Unmarshal(y.do(t, "", "GET", "/openapi.json", "").body, &doc); err != nil {
		t.Fatal(err)
	}
	for path, required := range map[string]bool{"/v1/pumps": true, "/v1/pumps/{id}/activate": false} {
		if got := doc.Paths[path]["post"].RequestBody; got == nil || got.Required != required {
			t.Errorf("%s: body required %v, want %v", path, got, required)
		}
	}
	want := []string{"pump.register", "pump.read", "pump.list", "pump.change", "pump.rename", "pump.activate", "pump.move", "pump.refuse", "pump.wait"}
	var got []string
	for _, op := range y.server.Operations() {
		got = append(got, op.ID)
		if op.Writes == (op.Method == http.MethodGet) || doc.Paths[op.Path][strings.ToLower(op.Method)].RequestBody == nil == op.Writes {
			t.Errorf("%+v", op)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("operations %v", got)
	}
}

func TestServicesBesideEachOther(t *testing.T) {
	y := newToy(t, func(c *rest.Config) { c.DocsPath, c.OpenAPIPath = "/docs/toy", "/openapi/toy" })
	for path, want := range map[string]int{"/docs/toy": 200, "/docs/toy/swagger-ui.css": 200, "/openapi/toy.json": 200, "/docs": 404} {
		if a := y.do(t, "", "GET", path, ""); a.StatusCode != want {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
}
