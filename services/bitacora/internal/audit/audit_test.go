package audit_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/audit"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/scenario"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// liar is a client's transport that tells something else than the installation.
type liar struct {
	next *http.Transport
	path string
	from string
	to   string
	// status is that of the lie, 0 leaves it.
	status int
}

// RoundTrip implements http.RoundTripper.
func (l *liar) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	if err != nil || l.path == "" || r.URL.Path != l.path {
		return resp, err
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.StatusCode = max(l.status, resp.StatusCode)
	resp.Body = io.NopCloser(bytes.NewReader(bytes.Replace(b, []byte(l.from), []byte(l.to), 1)))
	return resp, nil
}

func TestAudit(t *testing.T) {
	dir := t.TempDir()
	i := localtest.Start(t, dir)
	tokens, err := scenario.Local(dir)
	if err != nil {
		t.Fatal(err)
	}
	lies := &liar{next: http.DefaultTransport.(*http.Transport).Clone()}
	t.Cleanup(lies.next.CloseIdleConnections)
	c := client.New(client.Config{Base: func(string) string { return "http://" + i.Addr() }, Tokens: tokens, HTTP: &http.Client{Transport: lies}})
	if err := scenario.Run(t.Context(), scenario.Config{Client: c, Out: io.Discard, Contractor: "01941f29-7c00-7000-8000-00000000c00a"}); err != nil {
		t.Fatal(err)
	}
	run := func(within time.Duration, acknowledged ...rest.Mark) (string, error) {
		var out strings.Builder
		err := audit.Run(t.Context(), audit.Config{Client: c, Bus: i.Bus, Out: &out, Within: within, Acknowledged: acknowledged})
		return out.String(), err
	}
	a, err := c.Do(t.Context(), client.Request{User: "auditor", Method: http.MethodGet, Path: "/v1/assets?limit=1"})
	if err != nil {
		t.Fatal(err)
	}
	var page struct{ Items []struct{ ID string } }
	if err := a.Decode(&page); err != nil {
		t.Fatal(err)
	}
	asset := rest.Mark{Aggregate: "asset", ID: page.Items[0].ID, Version: 1}
	said, err := run(30*time.Second, asset)
	t.Log("\n" + said)
	if err != nil || !strings.Contains(said, "14 in the service") || !strings.Contains(said, "1 acknowledged versions are there") || !strings.Contains(said, "all agree") {
		t.Fatalf("%v\n%s", err, said)
	}

	// After a rollback: documents that the release does not know are no difference.
	lies.path, lies.from, lies.to, lies.status = "/v1/appointments", `{"items":`, `{"type":"urn:bitacora:problem:no-such-path","items":`, http.StatusNotFound
	if said, err := run(30 * time.Second); err != nil || !strings.Contains(said, "unknown to this release,      1 on the topic") {
		t.Errorf("%v\n%s", err, said)
	}
	lies.path, lies.status = "", 0

	refused := func(why string, acknowledged ...rest.Mark) {
		t.Helper()
		if _, err := run(time.Millisecond, acknowledged...); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("expected %q, got %v", why, err)
		}
	}
	refused("was acknowledged and is not in its service", rest.Mark{Aggregate: "asset", ID: "another", Version: 1})
	refused("was acknowledged; the topic has version", rest.Mark{Aggregate: "asset", ID: asset.ID, Version: 99})
	lies.path, lies.from, lies.to = "/v1/status/nation", `"total":14`, `"total":15`
	refused("figures of nation: assets.total is 15, the documents come to 14")
	lies.path, lies.from, lies.to = "/v1/deliveries", `"delivery_note":"`, `"delivery_note":"X`
	refused("delivery/")
	lies.path = ""
	forged := event.Envelope{Entry: event.Entry{ID: "forged", Type: "mx.bitacora.asset.registered.v1", Version: 1, At: event.At(time.Now())}, Source: "/test",
		Subject: "nobody", StateVersion: 1, State: json.RawMessage(`{"id":"nobody"}`), Topic: "bitacora.assets"}
	r, err := forged.Record()
	if err != nil {
		t.Fatal(err)
	}
	if errs := i.Bus.Publish(t.Context(), []event.Record{r}); errs != nil {
		t.Fatal(errs)
	}
	refused("asset/nobody is on the topic and not in its service")
}
