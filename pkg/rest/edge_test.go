package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/rest"
)

func TestABodyThatCannotBeReadInOneWayIsRefusedNamingThePlace(t *testing.T) {
	y := newToy(t, func(c *rest.Config) { c.MaxBody = 10_000 })
	fill := func(n int) string {
		body := `{"unit_id":"A","inventory_tag":"T"`
		return body + strings.Repeat(" ", n-len(body)-1) + "}"
	}
	tests := []struct {
		name, body string
		status     int
		rule       string
		location   string
		message    string
	}{
		{"malformed JSON", `{"unit_id":"A"`, 400, "body-malformed", "body", "byte 14"},
		{"two documents", `{"unit_id":"A"}{}`, 400, "body-malformed", "body", "follows"},
		{"no body", ``, 400, "body-required", "", ""},
		{"not an object", `["A"]`, 422, "validation-failed", "body", "expected object"},
		{"null", `null`, 422, "validation-failed", "body", "expected object"},
		{"a number for text", `{"unit_id":7}`, 422, "validation-failed", "body.unit_id", "expected string"},
		{"text for a number", `{"unit_id":"A","price_cents":"7"}`, 422, "validation-failed", "body.price_cents", "expected integer"},
		{"a fraction for a whole number", `{"unit_id":"A","price_cents":7.5}`, 422, "validation-failed", "body.price_cents", "expected integer"},
		{"a number beyond 64 bits", `{"unit_id":"A","price_cents":1e30}`, 422, "validation-failed", "body.price_cents", "out of range"},
		{"a number beyond every number", `{"unit_id":"A","parts":[{"name":"a","count":1e400}]}`, 422, "validation-failed", "body.parts[0].count", "out of range"},
		{"one more than 64 bits hold", `{"unit_id":"A","price_cents":9223372036854775808}`, 422, "validation-failed", "body.price_cents", "out of range"},
		{"a whole number that a point makes unsure", `{"unit_id":"A","price_cents":9007199254740993.0}`, 422, "validation-failed", "body.price_cents", "too large to be written with a point"},
		{"a number too near to zero for a whole one", `{"unit_id":"A","price_cents":1e-400}`, 422, "validation-failed", "body.price_cents", "too near to zero"},
		{"the same below zero", `{"unit_id":"A","price_cents":-1e-99999999999999999999}`, 422, "validation-failed", "body.price_cents", "too near to zero"},
		{"the smallest number for a whole one", `{"unit_id":"A","price_cents":5e-324}`, 422, "validation-failed", "body.price_cents", "expected integer"},
		{"digits that a whole number would lose", `{"unit_id":"A","price_cents":7.00000000000000000001}`, 422, "validation-failed", "body.price_cents", "too many digits"},
		{"a large number and a half", `{"unit_id":"A","price_cents":10000000000000000.5}`, 422, "validation-failed", "body.price_cents", "too large to be written with a point"},
		{"a number too near to zero where a fraction may be", `{"unit_id":"A","weight":1e-400}`, 422, "validation-failed", "body.weight", "too near to zero"},
		{"one that would become the smallest number", `{"unit_id":"A","weight":4e-324}`, 422, "validation-failed", "body.weight", "too near to zero"},
		{"digits that a fraction would lose", `{"unit_id":"A","weight":1.250000000000000000001}`, 422, "validation-failed", "body.weight", "too many digits"},
		{"no number", `{"unit_id":"A","price_cents":NaN}`, 400, "body-malformed", "body", "byte"},
		{"a name given twice", `{"unit_id":"A","inventory_tag":"x","inventory_tag":"x"}`, 422, "validation-failed", "body.inventory_tag", "given twice"},
		{"a name given twice, once by an escape", `{"unit_id":"A","unit\u005fid":"B"}`, 422, "validation-failed", "body.unit_id", "given twice"},
		{"a name given twice inside a list", `{"unit_id":"A","parts":[{"name":"a","count":1,"name":"b"}]}`, 422, "validation-failed", "body.parts[0].name", "given twice"},
		{"a name given twice, once as null", `{"unit_id":"A","inventory_tag":null,"inventory_tag":"x"}`, 422, "validation-failed", "body.inventory_tag", "given twice"},
		{"null for what is required", `{"unit_id":null}`, 422, "validation-failed", "body", "unit_id"},
		{"null in a list", `{"unit_id":"A","parts":[null]}`, 422, "validation-failed", "body.parts[0]", "expected object"},
		{"another case inside a list", `{"unit_id":"A","parts":[{"name":"a","Count":1,"count":2}]}`, 422, "validation-failed", "body.parts[0].Count", "unexpected property"},
		{"several unknown names", `{"zzz":1,"unit_id":7,"aaa":1}`, 422, "validation-failed", "body.zzz", "unexpected property"},
		{"the second half of a pair alone", `{"unit_id":"A","inventory_tag":"\ufffd \udc00"}`, 400, "body-malformed", "body", "surrogate"},
		{"half of a pair before another escape", `{"unit_id":"A","inventory_tag":"\ud83d\n"}`, 400, "body-malformed", "body", "surrogate"},
		{"half of a pair as a name", `{"unit_id":"A","\ud83d":1}`, 400, "body-malformed", "body", "surrogate"},
		{"something behind the body", `{"unit_id":"A"} x`, 400, "body-malformed", "body", "byte"},
		{"blanks only", `  `, 400, "body-malformed", "body", "byte"},
		{"nested a level too deep", `{"unit_id":"A","notes":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`, 400, "body-malformed", "body", "32 levels"},
		{"a negative amount", `{"unit_id":"A","price_cents":-1}`, 422, "validation-failed", "body.price_cents", ">= 0"},
		{"a field missing", `{}`, 422, "validation-failed", "body", "unit_id"},
		{"an unknown field", `{"unit_id":"A","unknown":1}`, 422, "validation-failed", "body.unknown", "unexpected property"},
		{"another case", `{"unit_id":"A","Inventory_tag":"x"}`, 422, "validation-failed", "body.Inventory_tag", "unexpected property"},
		{"inside a list", `{"unit_id":"A","parts":[{"name":"a","count":1},{"name":"","count":1}]}`, 422, "validation-failed", "body.parts[1].name", ">= 1"},
		{"too long a list", `{"unit_id":"A","parts":[` + strings.Repeat(`{"name":"a","count":1},`, 20) + `{"name":"a","count":1}]}`, 422, "validation-failed", "body.parts", "<= 20"},
		{"an instant that is none", `{"unit_id":"A","at":"yesterday"}`, 422, "validation-failed", "body.at", "RFC 3339"},
		{"broken UTF-8", "{\"unit_id\":\"A\",\"inventory_tag\":\"\xff\"}", 400, "body-malformed", "body", "UTF-8"},
		{"half a surrogate pair", `{"unit_id":"A","inventory_tag":"\ud800"}`, 400, "body-malformed", "body", "surrogate"},
		{"a NUL", `{"unit_id":"A","parts":[{"name":"a\u0000","count":1}]}`, 400, "body-malformed", "body", "NUL"},
		{"an escaped backslash before u0000", `{"unit_id":"A","inventory_tag":"\\u0000"}`, 201, "", "", ""},
		{"a whole surrogate pair", `{"unit_id":"A","inventory_tag":"\ud83d\ude00"}`, 201, "", "", ""},
		{"a replacement character that was meant", `{"unit_id":"A","inventory_tag":"\uFFFD \ud83d\ude00"}`, 201, "", "", ""},
		{"an id that is no UUID", `{"unit_id":"A","id":"7"}`, 422, "id-not-uuidv7", "body.id", "version 7"},
		{"a UUID of another version", `{"unit_id":"A","id":"7d444840-9dc0-11d1-b245-5ffdce74fad2"}`, 422, "id-not-uuidv7", "body.id", ""},
		{"a UUID in upper case", `{"unit_id":"A","id":"01981A2B-0000-7000-8000-000000000000"}`, 422, "id-not-uuidv7", "body.id", ""},
		{"as large as may be", fill(10_000), 201, "", "", ""},
		{"a byte too large", fill(10_001), 413, "body-too-large", "", ""},
		{"10 MB", fill(10 << 20), 413, "body-too-large", "", ""},
		{"nested 20,000 deep", strings.Repeat("[", 5_000), 400, "body-malformed", "body", ""},
		{"panic", `{"unit_id":"PANIC"}`, 500, "internal-error", "", ""},
		{"internal", `{"unit_id":"INTERNAL"}`, 500, "internal-error", "", ""},
	}
	for _, tt := range tests {
		a := y.do(t, director, "POST", "/v1/pumps", tt.body)
		if tt.rule == "" {
			if a.StatusCode != tt.status {
				t.Errorf("%s: %d %s", tt.name, a.StatusCode, a.body)
			}
			continue
		}
		p := a.problem(t)
		var o rest.Offence
		if len(p.Errors) > 0 {
			o = p.Errors[0]
		}
		if p.Status != tt.status || p.Type != tt.rule || o.Location != tt.location || !strings.Contains(o.Message, tt.message) ||
			p.Instance != "urn:bitacora:request:"+a.Header.Get("X-Request-Id") {
			t.Errorf("%s: %+v", tt.name, p)
		}
		if strings.Contains(string(a.body), "secret") || strings.Contains(string(a.body), "goroutine") || strings.Contains(string(a.body), "Go ") {
			t.Errorf("%s: tells %s", tt.name, a.body)
		}
	}
}

func TestBadInputWithoutALength(t *testing.T) {
	y := newToy(t, func(c *rest.Config) { c.MaxBody = 10_000 })
	r, err := http.NewRequest(http.MethodPost, y.http.URL+"/v1/pumps", io.MultiReader(strings.NewReader(`{"unit_id":"A"`), strings.NewReader(strings.Repeat(" ", 10<<20))))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+director)
	res, err := y.http.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("%d", res.StatusCode)
	}
}

func TestBadHeadersAndAddresses(t *testing.T) {
	y := newToy(t)
	p, _ := register(t, y, `{"unit_id":"A"}`)
	tests := []struct {
		name, method, path string
		header             []string
		status             int
		rule               string
	}{
		{"another media type", "POST", "/v1/pumps", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "media-type-unsupported"},
		{"a key too long", "POST", "/v1/pumps", []string{"Idempotency-Key", strings.Repeat("k", 201)}, 422, "validation-failed"},
		{"a key of other characters", "POST", "/v1/pumps", []string{"Idempotency-Key", "llave número uno"}, 422, "validation-failed"},
		{"no such path", "GET", "/v1/nothing", nil, 404, "no-such-path"},
		{"a doubled slash", "GET", "/v1//pumps", nil, 404, "no-such-path"},
		{"an id that is no UUID", "GET", "/v1/pumps/7", nil, 404, "not-found"},
		{"an id that is no text", "GET", "/v1/pumps/%ff", nil, 400, "address-malformed"},
		{"an id with a NUL", "GET", "/v1/pumps/a%00b", nil, 400, "address-malformed"},
		{"a query that is no text", "GET", "/v1/pumps?unit_id=%ff", nil, 400, "address-malformed"},
		{"a query badly encoded", "GET", "/v1/pumps?unit_id=%zz", nil, 400, "address-malformed"},
		{"another method", "DELETE", "/v1/pumps/" + p.ID, nil, 405, "method-not-allowed"},
		{"any media type accepted", "GET", "/v1/pumps/" + p.ID, []string{"Accept", "text/html"}, 200, ""},
	}
	for _, tt := range tests {
		body := ""
		if tt.method == "POST" {
			body = `{"unit_id":"A"}`
		}
		a := y.do(t, director, tt.method, tt.path, body, tt.header...)
		if a.StatusCode != tt.status || (tt.rule != "" && a.problem(t).Type != tt.rule) {
			t.Errorf("%s: %d %s", tt.name, a.StatusCode, a.body)
		}
	}
	if a := y.do(t, "", "PUT", "/v1/pumps/"+p.ID, ""); a.Header.Get("Allow") != "GET, HEAD, PATCH, OPTIONS" {
		t.Errorf("405 allows %q", a.Header.Get("Allow"))
	}
	if a := y.do(t, "", "OPTIONS", "/v1/pumps", ""); a.StatusCode != http.StatusNoContent || a.Header.Get("Allow") != "GET, HEAD, POST, OPTIONS" || a.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("options: %d %v", a.StatusCode, a.Header)
	}
	if a := y.do(t, "", "GET", "/", "", "X-Request-Id", "abc-1"); a.Header.Get("X-Request-Id") != "abc-1" {
		t.Errorf("a sane request id was not kept: %v", a.Header)
	}
	if a := y.do(t, "", "GET", "/", "", "X-Request-Id", "a b{}"); strings.Contains(a.Header.Get("X-Request-Id"), " ") {
		t.Errorf("request id %q", a.Header.Get("X-Request-Id"))
	}
}

func TestInFlightIsBounded(t *testing.T) {
	y := newToy(t, func(c *rest.Config) { c.MaxInFlight = 4 })
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			if a := y.do(t, fmt.Sprintf("person%d director unit:A", i), "GET", "/v1/wait", ""); a.StatusCode != http.StatusOK {
				t.Errorf("%d %s", a.StatusCode, a.body)
			}
		})
		<-y.driver.waiting
	}
	a := y.do(t, director, "GET", "/v1/pumps", "")
	if p := a.problem(t); p.Status != 503 || p.Type != "too-many-requests-in-flight" || a.Header.Get("Retry-After") != "1" {
		t.Errorf("%+v", p)
	}
	close(y.driver.release)
	wg.Wait()
	if a := y.do(t, director, "GET", "/v1/pumps", ""); a.StatusCode != http.StatusOK {
		t.Errorf("afterwards: %d", a.StatusCode)
	}
}

func TestTimeLimit(t *testing.T) {
	y := newToy(t, func(c *rest.Config) { c.Timeout = 200 * time.Millisecond })
	a := y.do(t, director, "GET", "/v1/wait", "")
	if p := a.problem(t); p.Status != 503 || p.Type != "unavailable" || a.Header.Get("Retry-After") != "1" {
		t.Errorf("%+v", p)
	}
}

func TestClientThatHangsUp(t *testing.T) {
	registry := prometheus.NewRegistry()
	y := newToy(t, func(c *rest.Config) { c.Registry = registry })
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, y.http.URL+"/v1/wait", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+director)
	go func() {
		<-y.driver.waiting
		cancel()
	}()
	if res, err := y.http.Client().Do(r); !errors.Is(err, context.Canceled) {
		res.Body.Close()
		t.Fatal(err)
	}
	y.http.Close() // returns once the handler has
	const want = `
# HELP bitacora_http_requests_total Requests answered, by operation, status and outcome.
# TYPE bitacora_http_requests_total counter
bitacora_http_requests_total{operation="pump.wait",outcome="refused",service="toy",status="499"} 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "bitacora_http_requests_total"); err != nil {
		t.Error(err)
	}
}

func TestSlowClient(t *testing.T) {
	y := newToy(t, func(c *rest.Config) { c.Timeout = 100 * time.Millisecond })
	conn, err := net.Dial("tcp", y.http.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /v1/pumps HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+director+"\r\nContent-Length: 100\r\n\r\n{\"unit"); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") || !strings.Contains(string(answer), "body-timeout") {
		t.Errorf("%s %v", answer, err)
	}
}

func TestWhatTheLogAndTheTraceSay(t *testing.T) {
	var log bytes.Buffer
	spans := tracetest.NewInMemoryExporter()
	provider := trace.NewTracerProvider(trace.WithSyncer(spans))
	y := newToy(t, func(c *rest.Config) {
		c.Logger = slog.New(slog.NewJSONHandler(&log, nil))
		c.Tracer = provider
	})
	y.do(t, director, "POST", "/v1/pumps", `{"unit_id":"INTERNAL"}`, "X-Request-Id", "r1")
	y.http.Close()
	var lines []map[string]any
	for line := range strings.Lines(log.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, m)
	}
	if len(lines) != 2 || lines[0]["error"] != "secret cause" || lines[0]["request_id"] != "r1" {
		t.Errorf("the cause is not logged: %v", lines)
	}
	last := lines[len(lines)-1]
	for name, want := range map[string]any{"operation": "pump.register", "status": 500.0, "subject": "ana", "request_id": "r1", "method": "POST"} {
		if last[name] != want {
			t.Errorf("access log: %s is %v, want %v", name, last[name], want)
		}
	}
	if got := spans.GetSpans(); len(got) != 1 || got[0].Name != "pump.register" {
		t.Errorf("spans %v", got)
	}
}

func TestEveryFaultHasItsStatus(t *testing.T) {
	for kind, want := range map[fault.Kind]int{fault.Invalid: 422, fault.Conflict: 409, fault.NotFound: 404, fault.Forbidden: 403,
		fault.UnknownReference: 422, fault.Unauthenticated: 401, "to come": 500} {
		p := rest.ProblemOf(&fault.Error{Kind: kind, Rule: "some-rule", Detail: "x"})
		if p.Status != want || (want != 500 && (p.Title != "Some rule" || p.Type != rest.ProblemType+"some-rule")) {
			t.Errorf("%s: %+v", kind, p)
		}
		if got := p.GetHeaders().Get("Retry-After") != ""; got != (kind == fault.UnknownReference) {
			t.Errorf("%s: retry %v", kind, got)
		}
	}
}
