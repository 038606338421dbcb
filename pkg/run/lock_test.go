package run_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/run"
)

func TestLockFolder(t *testing.T) {
	dir := t.TempDir() + "/data"
	now := time.Date(2025, 8, 8, 16, 0, 0, 0, time.UTC)
	lock, err := run.LockFolder(dir, "serve on 127.0.0.1:8080", now)
	if err != nil {
		t.Fatal(err)
	}
	_, err = run.LockFolder(dir, "another", now)
	if !errors.Is(err, run.ErrLocked) || !strings.Contains(err.Error(), "serve on 127.0.0.1:8080, since 2025-08-08T16:00:00Z") {
		t.Errorf("got %v", err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	if lock, err = run.LockFolder(dir, "another", now); err != nil {
		t.Fatal(err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
}

// A killed process does not keep its folder.
func TestLockOfAKilledProcess(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), holdVariable+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 5)
	if _, err := io.ReadFull(out, line); err != nil {
		t.Fatal(err)
	}
	if _, err := run.LockFolder(dir, "the parent", time.Now()); !errors.Is(err, run.ErrLocked) {
		t.Errorf("got %v", err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	lock, err := run.LockFolder(dir, "the parent", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := lock.Release(); err != nil {
		t.Error(err)
	}
}
