package local_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

// strangers are the demo users who have no business with Santa Rosalía, its office or contractor A.
var strangers = []string{"director-vizcaino", "director-guerrero-negro", "engineer-sonora", "office-sonora", "planner-sonora", "contractor-b", "technician"}

// TestStrangersSeeNothing tries every operation on what belongs to Santa Rosalía and to contractor A as each demo user of another unit,
// office and contractor: the answer must be, to the letter, the one for what does not exist; and no listing may hold a trace of it.
func TestStrangersSeeNothing(t *testing.T) {
	i := started(t, t.TempDir())
	everybodys, all := santaRosalia(t, i)
	for _, name := range strangers {
		secrets, targets := everybodys, maps.Clone(all)
		if name == "contractor-b" || name == "technician" {
			// What is open to the institution's own people is closed to another contractor.
			secrets = append(slices.Clone(secrets), "SECRETO-1", devissuer.DemoContractorA, targets["contracts"])
		} else {
			delete(targets, "contracts")
			delete(targets, "contractors")
		}
		token, err := i.Issuer.Mint(name, tokenTTL)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range i.Services {
			for _, op := range s.Rest.Operations() {
				t.Run(name+"/"+op.ID, func(t *testing.T) { tryAsStranger(t, i.Handler, token, name, op, targets, secrets) })
			}
		}
	}
}

func tryAsStranger(t *testing.T, h http.Handler, token, name string, op rest.Operation, targets map[string]string, secrets []string) {
	collection, _, ok := strings.Cut(strings.TrimPrefix(op.Path, "/v1/"), "/{")
	if !ok {
		status, body := send(t, h, token, op.Method, op.Path, "")
		for _, secret := range secrets {
			if strings.Contains(body, secret) {
				t.Errorf("%s %s as %s: %d shows %s: %s", op.Method, op.Path, name, status, secret, body)
			}
		}
		return
	}
	target := targets[collection]
	if target == "" {
		t.Skipf("nothing of %s is a secret", collection)
	}
	status, body := send(t, h, token, op.Method, fill(op.Path, target), "{}")
	ghost := uuid.Must(uuid.NewV7()).String()
	if collection == "units" || collection == "status/units" {
		ghost = "BSIST009999"
	}
	ghostStatus, ghostBody := send(t, h, token, op.Method, fill(op.Path, ghost), "{}")
	if status < 400 {
		t.Fatalf("%s as %s: %d %s", op.ID, name, status, body)
	}
	if status != ghostStatus || scrub(body) != scrub(ghostBody) {
		t.Errorf("%s as %s: what exists is told from what does not:\n%d %s\n%d %s", op.ID, name, status, body, ghostStatus, ghostBody)
	}
}

var holder = regexp.MustCompile(`\{[a-z]+\}`)

func fill(path, id string) string { return holder.ReplaceAllString(path, id) }

var requestID = regexp.MustCompile(`urn:bitacora:request:[^"]+`)

func scrub(body string) string { return requestID.ReplaceAllString(body, "") }

func send(t *testing.T, h http.Handler, token, method, path, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		r.Header.Set("If-Match", `"1"`)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	b, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Result().StatusCode, string(b)
}

// want sends as a demo user and decodes what must be a success.
func want(t *testing.T, i installation, user, method, path string, body any) map[string]any {
	t.Helper()
	token, err := i.Issuer.Mint(user, tokenTTL)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	servicetest.Eventually(t, fmt.Sprintf("%s %s is taken", method, path), func() bool {
		status, answer := send(t, i.Handler, token, method, path, string(encoded))
		if status == http.StatusUnprocessableEntity && strings.Contains(answer, "reference-unknown") {
			return false // it has not been heard of yet
		}
		if status == http.StatusServiceUnavailable && strings.Contains(answer, "being made again") {
			return false // as readiness says
		}
		if status >= 300 {
			t.Fatalf("%s %s as %s: %d %s", method, path, user, status, answer)
		}
		if err := json.NewDecoder(bytes.NewReader([]byte(answer))).Decode(&out); err != nil {
			t.Fatal(err)
		}
		return true
	})
	return out
}
