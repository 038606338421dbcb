package testenv

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Environment variables of the OpenID Connect provider. EnvKeycloakURL is the address of a Keycloak with the administrator admin/admin.
// EnvTools is a folder whose keycloak/keycloak-up.sh starts one, in the folder KEYCLOAK_HOME on KEYCLOAK_PORT, and prints
// `export KEYCLOAK_URL=…`; when empty it is ../shared/tools beside the checkout.
const (
	EnvKeycloakURL = "KEYCLOAK_URL"
	EnvTools       = "BITACORA_TOOLS"
)

var keycloakLine = regexp.MustCompile(`(?m)^export KEYCLOAK_URL=(\S+)$`)

// StartKeycloak starts a Keycloak process without realms for tests and waits until it answers. The caller stops it. It fails without EnvTools'
// script.
func StartKeycloak(ctx context.Context) (address string, stop func(context.Context) error, err error) {
	root, err := Checkout()
	if err != nil {
		return "", nil, err
	}
	tools := os.Getenv(EnvTools)
	if !filepath.IsAbs(tools) {
		tools = filepath.Join(root, cmp.Or(tools, filepath.Join("..", "shared", "tools")))
	}
	script := filepath.Join(tools, "keycloak", "keycloak-up.sh")
	if _, err := os.Stat(script); err != nil {
		return "", nil, fmt.Errorf("no script that starts a Keycloak (%s): %w", EnvTools, err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	home, err := os.MkdirTemp("", "keycloak")
	if err := errors.Join(err, listener.Close()); err != nil {
		return "", nil, err
	}
	stop = func(ctx context.Context) error {
		return errors.Join(killed(ctx, filepath.Join(home, "keycloak.pid")), os.RemoveAll(home))
	}
	var out []byte
	for range 2 { // a busy machine takes longer than the script waits; the server goes on starting meanwhile
		command := exec.CommandContext(ctx, script)
		command.Env = append(os.Environ(), "KEYCLOAK_HOME="+home, "KEYCLOAK_PORT="+port)
		command.Stderr, command.WaitDelay = os.Stderr, time.Second
		if out, err = command.Output(); err == nil {
			break
		}
	}
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("start Keycloak: %w", err), stop(context.WithoutCancel(ctx)))
	}
	found := keycloakLine.FindSubmatch(out)
	if found == nil {
		return "", nil, errors.Join(fmt.Errorf("%s printed no address: %s", script, out), stop(context.WithoutCancel(ctx)))
	}
	return string(found[1]), stop, nil
}

// killed kills the process of a pid file and waits until it has ended.
func killed(ctx context.Context, pidFile string) error {
	text, err := os.ReadFile(pidFile)
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return err
	}
	return until(ctx, func(context.Context) error {
		if err := syscall.Kill(pid, syscall.SIGKILL); !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("process %d has not ended: %w", pid, err)
		}
		return nil
	})
}

// Checkout returns the folder with go.work: the working directory or the nearest one above.
func Checkout() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.work above this folder")
		}
		dir = filepath.Dir(dir)
	}
}

// Realm is a realm of a real Keycloak, made for one test from deploy/keycloak/realm.json, with its clients, users and grants, but a name of its
// own and new user ids.
type Realm struct {
	// Issuer is the issuer in its tokens, and the address for discovery.
	Issuer string

	server, name string
	client       *http.Client
}

// NewRealm makes a realm and removes it when the test ends. Without a Keycloak the test is skipped; under CI it fails.
func NewRealm(t testing.TB) *Realm {
	t.Helper()
	server := keycloakServer.get(t, "Keycloak", EnvKeycloakURL)
	r := &Realm{server: server, name: Name(t), client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	r.Issuer = server + "/realms/" + r.name
	root, err := Checkout()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "deploy", "keycloak", "realm.json"))
	var definition map[string]any
	if err := errors.Join(err, json.Unmarshal(text, &definition)); err != nil {
		t.Fatal(err)
	}
	definition["realm"] = r.name
	for _, user := range definition["users"].([]any) { // ids of users are the whole server's
		delete(user.(map[string]any), "id")
	}
	r.admin(t, http.MethodPost, "/admin/realms", definition, nil)
	t.Cleanup(func() { r.Admin(t, http.MethodDelete, "", nil, nil) })
	return r
}

// Admin sends a request to the realm's administration API. path is relative to the realm ("/components"); the answer is decoded into out unless
// that is nil. The test fails if the API refuses.
func (r *Realm) Admin(t testing.TB, method, path string, body, out any) {
	t.Helper()
	r.admin(t, method, "/admin/realms/"+r.name+path, body, out)
}

func (r *Realm) admin(t testing.TB, method, path string, body, out any) {
	t.Helper()
	status, answer := r.post(t, r.server+"/realms/master/protocol/openid-connect/token",
		url.Values{"grant_type": {"password"}, "client_id": {"admin-cli"}, "username": {"admin"}, "password": {"admin"}})
	if status != http.StatusOK {
		t.Fatalf("administrator: %d %v", status, answer)
	}
	var content io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	req := request(t, method, r.server+path, content)
	req.Header.Set("Authorization", "Bearer "+answer["access_token"].(string))
	req.Header.Set("Content-Type", "application/json")
	got := r.do(t, req)
	if got.status >= http.StatusMultipleChoices {
		t.Fatalf("%s %s: %d %s", method, path, got.status, got.body)
	}
	if out != nil {
		if err := json.Unmarshal(got.body, out); err != nil {
			t.Fatal(err)
		}
	}
}

// Token sends form to the realm's token endpoint and returns the decoded answer.
func (r *Realm) Token(t testing.TB, form url.Values) (status int, answer map[string]any) {
	t.Helper()
	return r.post(t, r.Issuer+"/protocol/openid-connect/token", form)
}

// Machine returns an access token of a client, by client credentials.
func (r *Realm) Machine(t testing.TB, id, secret string) string {
	t.Helper()
	status, answer := r.Token(t, url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}})
	if status != http.StatusOK {
		t.Fatalf("client %s: %d %v", id, status, answer)
	}
	return answer["access_token"].(string)
}

func (r *Realm) post(t testing.TB, address string, form url.Values) (status int, answer map[string]any) {
	t.Helper()
	req := request(t, http.MethodPost, address, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got := r.do(t, req)
	if err := json.Unmarshal(got.body, &answer); err != nil {
		t.Fatalf("%s: %d %v: %s", address, got.status, err, got.body)
	}
	return got.status, answer
}

// request is one that outlives the test's context, so that it can be made in a Cleanup; the client bounds it.
func request(t testing.TB, method, address string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// reply is a response that was read to its end.
type reply struct {
	status  int
	header  http.Header
	cookies []*http.Cookie
	body    []byte
}

func (r *Realm) do(t testing.TB, req *http.Request) reply {
	t.Helper()
	resp, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, resp.Cookies(), body}
}
