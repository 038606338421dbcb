package audit_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httputil"
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

func TestAudit(t *testing.T) {
	i := localtest.Start(t, t.TempDir())
	var lies struct {
		path, from, to string // where the path is not ""
		status         int    // that of the lie, 0 leaves it
	}
	front := i.Front(t, func(proxy *httputil.ReverseProxy) http.Handler {
		proxy.ModifyResponse = func(r *http.Response) error {
			if r.Request.URL.Path != lies.path {
				return nil
			}
			r.StatusCode = max(lies.status, r.StatusCode)
			return localtest.Edit(r, lies.from, lies.to)
		}
		return proxy
	})
	c := client.New(client.Config{Base: func(string) string { return front }, Tokens: i.Tokens})
	t.Cleanup(c.Close)
	if err := scenario.Run(t.Context(), scenario.Config{Client: c, Out: io.Discard, Contractor: "01941f29-7c00-7000-8000-00000000c00a"}); err != nil {
		t.Fatal(err)
	}
	run := func(within time.Duration, acknowledged ...rest.Mark) (string, error) {
		var out strings.Builder
		err := audit.Run(t.Context(), audit.Config{Client: c, Bus: i.Bus, Out: &out, Within: within, Acknowledged: acknowledged})
		return out.String(), err
	}
	var page struct{ Items []struct{ ID string } }
	if err := c.Get(t.Context(), "auditor", "/v1/assets?limit=1", &page); err != nil {
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
