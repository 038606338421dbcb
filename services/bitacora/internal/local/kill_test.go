package local_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
)

// childDir names, in a child's environment, the folder it serves.
const childDir = "BITACORA_TEST_CHILD_DIR"

// child serves a folder until it is killed; it says its address on standard output.
func child(dir string) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	i, err := local.Start(context.Background(), settings(dir), "child", log)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println("http://" + i.Addr())
	select {} // until it is killed
}

// victim is a child process.
type victim struct {
	cmd  *exec.Cmd
	said *bufio.Reader
	url  string
}

func spawn(t *testing.T, dir string) *victim {
	t.Helper()
	v := launch(t, dir)
	line, err := v.said.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "http") {
		t.Fatalf("the child did not start: %q %v", line, err)
	}
	v.url = strings.TrimSpace(line)
	return v
}

// launch begins a child and does not wait for it.
func launch(t *testing.T, dir string) *victim {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &victim{cmd: cmd, said: bufio.NewReader(out)}
}

func (v *victim) kill(t *testing.T) {
	t.Helper()
	if err := v.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = v.cmd.Wait() // it says that it was killed
}

// attempt is a registration that was sent, and sent again with the same key until it was answered.
type attempt struct{ key, id string }

// post sends one registration; ok is false when the process died before it answered.
func (v *victim) post(token, path, key string, body any) (status int, answer object, ok bool) {
	return v.send(http.MethodPost, token, path, key, body)
}

func (v *victim) send(method, token, path, key string, body any) (status int, answer object, ok bool) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return 0, nil, false
	}
	r, err := http.NewRequest(method, v.url+path, bytes.NewReader(encoded)) // the process dies under it; the client has a time limit
	if err != nil {
		return 0, nil, false
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	client := http.Client{Timeout: 20 * time.Second}
	defer client.CloseIdleConnections()
	res, err := client.Do(r)
	if err != nil {
		return 0, nil, false
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil, false
	}
	return res.StatusCode, answer, json.Unmarshal(content, &answer) == nil
}

// TestKilledUnderLoad kills the whole installation again and again while clients register assets. Whatever was acknowledged is there
// afterwards, once; what was not and is repeated with its key is there once as well; and status counts what a person would.
func TestKilledUnderLoad(t *testing.T) {
	const kills, writers = 6, 4
	dir := t.TempDir()
	issuer, err := local.Issuer(dir)
	if err != nil {
		t.Fatal(err)
	}
	admin, err := issuer.Mint("admin", tokenTTL)
	if err != nil {
		t.Fatal(err)
	}
	chance := rand.New(rand.NewPCG(4, 2)) //nolint:gosec // chosen moments, not secrets
	var acknowledged []attempt
	var unsure []string
	bed := ""
	for k := range kills {
		v := spawn(t, dir)
		if k == 0 {
			if status, _, _ := v.post(admin, "/v1/units", "u", object{"clues": "BSIST000014", "name": "Santa Rosalía"}); status != 201 {
				t.Fatalf("unit: %d", status)
			}
			_, typ, _ := v.post(admin, "/v1/equipment-types", "t", object{"key": "hospital_bed", "name_es": "Cama", "category": "furniture", "tracking": "tagged"})
			bed, _ = typ["id"].(string)
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		enough := make(chan struct{})
		var once sync.Once
		target := len(acknowledged) + 20 + chance.IntN(60)
		for w := range writers {
			wg.Go(func() {
				for n := 0; ; n++ {
					key := fmt.Sprintf("a-%d-%d-%d", k, w, n)
					status, answer, ok := v.post(admin, "/v1/assets", key, object{"unit_id": "BSIST000014", "type_id": bed, "inventory_tag": key})
					mu.Lock()
					if !ok || status != 201 {
						unsure = append(unsure, key)
						mu.Unlock()
						return
					}
					acknowledged = append(acknowledged, attempt{key, answer["id"].(string)})
					if len(acknowledged) >= target {
						once.Do(func() { close(enough) })
					}
					mu.Unlock()
				}
			})
		}
		<-enough
		v.kill(t)
		wg.Wait()
	}
	i := started(t, dir)
	for _, a := range acknowledged {
		if got := want(t, i, "admin", "GET", "/v1/assets/"+a.id, nil); got["inventory_tag"] != a.key {
			t.Fatalf("%s was acknowledged as %s, there is %v", a.key, a.id, got)
		}
	}
	v := &victim{url: "http://" + i.Addr()}
	for _, key := range unsure {
		if status, _, _ := v.post(admin, "/v1/assets", key, object{"unit_id": "BSIST000014", "type_id": bed, "inventory_tag": key}); status != 201 {
			t.Fatalf("repeat of %s: %d", key, status)
		}
	}
	total := float64(len(acknowledged) + len(unsure))
	servicetest.Eventually(t, fmt.Sprintf("status counts %v assets", total), func() bool {
		return figure(want(t, i, "planner", "GET", "/v1/status/nation", nil), "assets", "total") == total
	})
	t.Logf("%d kills, %d acknowledged, %d repeated", kills, len(acknowledged), len(unsure))
}

// figure digs a number out of an answer of status.
func figure(body object, path ...string) float64 {
	f, _ := body["figures"].(object)
	for _, p := range path[:len(path)-1] {
		f, _ = f[p].(object)
	}
	n, _ := f[path[len(path)-1]].(float64)
	return n
}

// TestBrokersFolderIsDisposable deletes, cuts short and spoils the broker's folder between two runs: the answers are the same.
func TestBrokersFolderIsDisposable(t *testing.T) {
	dir := t.TempDir()
	i := start(t, dir)
	santaRosalia(t, i)
	answers := func(i installation) string {
		var all []string
		for _, path := range []string{"/v1/status/units/BSIST000014", "/v1/status/offices/baja-california-sur", "/v1/status/states/03", "/v1/status/nation", "/v1/assets", "/v1/stock", "/v1/work-orders", "/v1/deliveries"} {
			body := want(t, i, "auditor", "GET", path, nil)
			delete(body, "as_of")
			encoded, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(encoded))
		}
		return strings.Join(all, "\n")
	}
	servicetest.Eventually(t, "all figures are in", func() bool {
		nation := want(t, i, "planner", "GET", "/v1/status/nation", nil)
		return figure(nation, "assets", "total") == 2 && figure(nation, "stock", "quantity") == 3 && figure(nation, "deliveries", "items_accepted") == 4
	})
	before := answers(i)
	stop(t, i)
	broker := filepath.Join(dir, "broker")
	for name, spoil := range map[string]func() error{
		"deleted": func() error { return os.RemoveAll(broker) },
		"cut short": func() error {
			return eachFile(broker, func(path string, size int64) error { return os.Truncate(path, size/2) })
		},
		"filled with rubbish": func() error {
			return eachFile(broker, func(path string, size int64) error {
				return os.WriteFile(path, bytes.Repeat([]byte("rubbish "), int(size/8+1)), 0o600)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := spoil(); err != nil {
				t.Fatal(err)
			}
			i := start(t, dir)
			defer stop(t, i)
			servicetest.Eventually(t, "the answers are the same", func() bool { return answers(i) == before })
		})
	}
}

func eachFile(root string, do func(path string, size int64) error) error {
	return filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return do(path, info.Size())
	})
}
