package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// counted is what the world's console has counted of a metric: the sum of the series that have all of these labels ("outcome=done").
func (w *world) counted(metric string, labels ...string) (sum float64) {
	w.t.Helper()
	families, err := w.registry.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != metric {
			continue
		}
		for _, m := range f.GetMetric() {
			has := map[string]bool{}
			for _, l := range m.GetLabel() {
				has[l.GetName()+"="+l.GetValue()] = true
			}
			all := true
			for _, l := range labels {
				all = all && has[l]
			}
			if all {
				sum += m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return sum
}

func (w *world) wants(metric string, want float64, labels ...string) {
	w.t.Helper()
	if got := w.counted(metric, labels...); got != want {
		w.t.Errorf("%s%v: %v, want %v", metric, labels, got, want)
	}
}

const requests = "bitacora_http_requests_total"

func TestPagesAreCountedByPatternOutcomeAndStatusNeverByAddress(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	b.enter(director, "/nota")
	b.get("/nota?q=secreto")
	b.get("/panico")
	b.get("/de/nadie/secreto")
	w.services.does(func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(http.StatusServiceUnavailable) })
	b.get("/nota")
	w.wants(requests, 2, "service=console", "operation=GET /nota", "outcome=done", "status=200")
	w.wants(requests, 1, "service=console", "operation=GET /nota", "outcome=failed", "status=503")
	w.wants(requests, 1, "operation=GET /panico", "outcome=failed", "status=500")
	w.wants(requests, 1, "operation=/", "outcome=refused", "status=404")
	w.wants("bitacora_http_request_duration_seconds", 4, "service=console", "operation=GET /nota") // the one that met no session, too
	families, err := w.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if strings.Contains(f.String(), "secreto") || strings.Contains(f.String(), director) {
			t.Errorf("%s holds what somebody typed", f.GetName())
		}
	}
}

func TestTheStoreOfSessionsIsMeasuredAsEveryService(t *testing.T) {
	w := newWorld(t)
	newBrowser(t, w.console()).enter(director, "/nota")
	if n := w.counted("bitacora_store_call_duration_seconds", "service=console", "collection=boxes"); n == 0 {
		t.Error("no call to the store was measured")
	}
}

const signIns = "bitacora_console_sign_ins_total"

func TestSignInsAreCountedByHowTheyEnd(t *testing.T) {
	w := newWorld(t, elsewhere)
	base := w.console()
	b := newBrowser(t, base)
	b.send("GET", "/entrar/vuelta?state=forged&code=x", nil)
	w.wants(signIns, 1, "outcome=lost")
	for code, outcome := range map[string]string{"access_denied": "denied", "unauthorized_client": "refused"} {
		other := newBrowser(t, base)
		to := other.send("GET", "/entrar", nil).header.Get("Location")
		_, rest, _ := strings.Cut(to, "&state=")
		state, _, _ := strings.Cut(rest, "&")
		other.send("GET", "/entrar/vuelta?state="+state+"&error="+code, nil)
		w.wants(signIns, 1, "outcome="+outcome)
	}
	b.enterPlain(director, "/nota").wants(t, 200, "Nota")
	w.wants(signIns, 1, "outcome=done")
	w.wants(signIns, 0, "outcome=unavailable")
}

func TestASignInThatMeetsNoProviderIsCounted(t *testing.T) {
	w := newWorld(t, elsewhere)
	w.away.Store(true)
	newBrowser(t, w.console()).send("GET", "/entrar", nil).wants(t, 503, "No se puede entrar en este momento")
	w.wants(signIns, 1, "outcome=unavailable")
}

func TestRenewalsAreCountedByHowTheyEnd(t *testing.T) {
	const renewals = "bitacora_console_renewals_total"
	w := newWorld(t, elsewhere)
	b := newBrowser(t, w.console())
	b.enterPlain(director, "/nota").wants(t, 200, "Nota")
	w.clock.advance(tokenTTL - 30*time.Second)
	b.get("/nota").wants(t, 200, "Nota")
	w.wants(renewals, 1, "outcome=done")
	w.away.Store(true)
	w.clock.advance(tokenTTL)
	b.get("/nota").wants(t, 503, "No pudimos traer esta página")
	w.wants(renewals, 1, "outcome=unavailable")
	w.wants(renewals, 0, "outcome=ended")
}

func TestRequestsToTheServicesAreCountedByServiceAndOutcomeAndCarryTheTrace(t *testing.T) {
	const asks = "bitacora_console_service_requests_total"
	w := newWorld(t)
	b := newBrowser(t, w.console())
	b.enter(director, "/quien-soy")
	var parents []string
	for _, answer := range []http.HandlerFunc{
		func(_ http.ResponseWriter, r *http.Request) { parents = append(parents, r.Header.Get("traceparent")) },
		func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(http.StatusBadGateway) },
		func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		w.services.does(answer)
		b.get("/nota")
	}
	for _, outcome := range []string{"answered", "failed", "unreachable"} {
		w.wants(asks, 1, "to=none", "outcome="+outcome) // of no service's path: a test's own
	}
	if len(parents) != 1 || len(parents[0]) != len("00-0123456789abcdef0123456789abcdef-0123456789abcdef-01") {
		t.Errorf("the service was told of the traces %q", parents)
	}
	w.services.does(nil)
	before := w.counted(asks, "to=delivery", "outcome=answered")
	b.send("GET", "/entregas", nil)
	if w.counted(asks, "to=delivery", "outcome=answered") <= before {
		t.Error("what the page asked of delivery was not counted as delivery's")
	}
}
