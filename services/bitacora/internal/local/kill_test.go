package local_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
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

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

// childDir names, in a child's environment, the folder it serves.
const childDir = "BITACORA_TEST_CHILD_DIR"

// child serves a folder until it is killed; it says its address on standard output.
func child(dir string) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	i, err := local.Start(context.Background(), localtest.Settings(dir), "child", log)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println("http://" + i.Addr())
	select {} // until it is killed
}

// victim is a child process, and who asks it as its demo users; each request is sent once.
type victim struct {
	cmd  *exec.Cmd
	said *bufio.Reader
	url  string
	*client.Client
}

func spawn(t *testing.T, dir string) *victim {
	t.Helper()
	v := launch(t, dir)
	line, err := v.said.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "http") {
		t.Fatalf("the child did not start: %q %v", line, err)
	}
	issuer, err := local.Issuer(dir)
	if err != nil {
		t.Fatal(err)
	}
	v.url = strings.TrimSpace(line)
	v.Client = once(v.url, issuer)
	t.Cleanup(v.Close)
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

// once is a client that takes the first answer, or that there is none.
func once(url string, issuer *devissuer.Issuer) *client.Client {
	return client.New(client.Config{Base: func(string) string { return url }, Tokens: issuer.Tokens(time.Hour), RetryFor: time.Nanosecond})
}

// register registers something as an administrator, under a key, and answers its id; it fails when the process died before it answered.
func register(c *client.Client, path, key string, body object) (id string, err error) {
	var made struct{ ID string }
	_, err = c.Done(context.Background(), client.Request{User: "admin", Method: http.MethodPost, Path: path, Key: key, Body: body}, &made) // the process dies under it
	return made.ID, err
}

// TestKilledUnderLoad kills the whole installation again and again while clients register assets. Whatever was acknowledged is there
// afterwards, once; what was not and is repeated with its key is there once as well; and status counts what a person would.
func TestKilledUnderLoad(t *testing.T) {
	const kills, writers = 6, 4
	dir := t.TempDir()
	chance := rand.New(rand.NewPCG(4, 2)) //nolint:gosec // chosen moments, not secrets
	acknowledged := map[string]string{}   // ids by key, which is the tag
	var unsure []string
	bed := ""
	asset := func(key string) object { return object{"unit_id": "BSIST000014", "type_id": bed, "inventory_tag": key} }
	for k := range kills {
		v := spawn(t, dir)
		if k == 0 {
			_, err := register(v.Client, "/v1/units", "u", object{"clues": "BSIST000014", "name": "Santa Rosalía"})
			if err == nil {
				bed, err = register(v.Client, "/v1/equipment-types", "t", object{"key": "hospital_bed", "name_es": "Cama", "category": "furniture", "tracking": "tagged"})
			}
			if err != nil {
				t.Fatal(err)
			}
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
					id, err := register(v.Client, "/v1/assets", key, asset(key))
					mu.Lock()
					if err != nil {
						unsure = append(unsure, key)
						mu.Unlock()
						return
					}
					acknowledged[key] = id
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
	i := localtest.Start(t, dir)
	for key, id := range acknowledged {
		if got := i.Want(t, "admin", "GET", "/v1/assets/"+id, nil); got["inventory_tag"] != key {
			t.Fatalf("%s was acknowledged as %s, there is %v", key, id, got)
		}
	}
	for _, key := range unsure {
		if _, err := register(i.Client, "/v1/assets", key, asset(key)); err != nil {
			t.Fatalf("repeat of %s: %v", key, err)
		}
	}
	total := float64(len(acknowledged) + len(unsure))
	servicetest.Eventually(t, fmt.Sprintf("status counts %v assets", total), func() bool {
		return beds(t, i) == total
	})
	t.Logf("%d kills, %d acknowledged, %d repeated", kills, len(acknowledged), len(unsure))
}

// figure digs a number out of an answer of status.
func figure(body object, path string) float64 {
	n, _ := servicetest.Document(body).At("figures." + path).(float64)
	return n
}

// TestBrokersFolderIsDisposable deletes, cuts short and spoils the broker's folder between two runs: the answers are the same.
func TestBrokersFolderIsDisposable(t *testing.T) {
	dir := t.TempDir()
	i := start(t, dir)
	santaRosalia(t, i)
	before := answers(t, i)
	i.Close(t)
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
			defer i.Close(t)
			servicetest.Eventually(t, "the answers are the same", func() bool { return answers(t, i) == before })
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
