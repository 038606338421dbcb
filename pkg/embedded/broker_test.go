package embedded_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/embedded"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/bustest"
	"github.com/bitacora-salud/bitacora/pkg/event/kafkabus"
)

const topic = "test.topic"

func TestMain(m *testing.M) {
	if dir := os.Getenv("TEST_BROKER_DIR"); dir != "" {
		publishForEver(dir)
	}
	goleak.VerifyTestMain(m)
}

// session is a broker on dir with a client.
type session struct {
	*embedded.Broker
	bus *kafkabus.Bus
}

func start(t testing.TB, dir string) session {
	t.Helper()
	b, err := embedded.Start(t.Context(), embedded.Config{Dir: dir, Logger: bustest.Logger(t), MinSession: time.Second})
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	bus, err := kafkabus.New(kafkabus.Config{Brokers: b.Brokers(), Dial: b.Dial, Session: 2 * time.Second}, bustest.Logger(t), nil)
	if err != nil {
		t.Fatalf("bus: %v", err)
	}
	if err := bus.CreateTopics(t.Context(), []string{topic}); err != nil {
		t.Fatalf("create topics: %v", err)
	}
	return session{b, bus}
}

func (s session) stop(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := errors.Join(s.bus.Close(ctx), s.Stop(ctx)); err != nil {
		t.Fatalf("stop: %v", err)
	}
}

func (s session) publish(t testing.TB, first, n int) {
	t.Helper()
	if errs := s.bus.Publish(t.Context(), records(first, n)); errs != nil {
		t.Fatalf("publish: %v", errors.Join(errs...))
	}
}

func records(first, n int) []event.Record {
	out := make([]event.Record, n)
	for i := range out {
		out[i] = event.Record{Topic: topic, Key: fmt.Sprint("key", (first+i)%50), Value: []byte(strconv.Itoa(first + i))}
	}
	return out
}

// read fetches with a group until n different records have come, and commits them if so wished.
func (s session) read(t testing.TB, group string, n int, commit bool) map[string]bool {
	t.Helper()
	return s.readUntil(t, group, commit, func(seen map[string]bool) bool { return len(seen) >= n })
}

func (s session) readUntil(t testing.TB, group string, commit bool, done func(seen map[string]bool) bool) map[string]bool {
	t.Helper()
	sub, err := s.bus.Subscribe(group, []string{topic})
	if err != nil {
		t.Fatalf("subscribe: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	seen := map[string]bool{}
	for !done(seen) && ctx.Err() == nil {
		got, err := sub.Fetch(ctx, 500)
		if err != nil {
			t.Fatalf("fetch: %v", err)
		}
		for _, r := range got {
			seen[string(r.Value)] = true
		}
		if commit {
			if err := sub.Commit(ctx, got); err != nil {
				t.Fatalf("commit: %v", err)
			}
		}
	}
	if err := sub.Close(ctx); err != nil {
		t.Fatalf("close: %v", err)
	}
	return seen
}

func TestHoldsOverRestarts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "broker")
	s := start(t, dir)
	if !s.Fresh() {
		t.Error("a new broker is not fresh")
	}
	s.publish(t, 0, 200)
	s.stop(t)

	s = start(t, dir)
	if !s.Fresh() {
		t.Error("fresh was forgotten before everything was republished")
	}
	if err := s.Whole(0, 0); err != nil {
		t.Fatal(err)
	}
	s.read(t, "g", 200, true)
	s.stop(t)

	s = start(t, dir)
	defer s.stop(t)
	if s.Fresh() {
		t.Error("fresh after a restart in good order")
	}
	s.publish(t, 200, 10)
	if seen := s.read(t, "g", 10, true); len(seen) != 10 || seen["0"] {
		t.Errorf("after the restart the group got %d records, want the 10 new ones", len(seen))
	}
	if seen := s.read(t, "another", 210, false); len(seen) != 210 {
		t.Errorf("a new group got %d records, want all 210", len(seen))
	}
}

func TestRefusesAFolderInUse(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "broker")
	s := start(t, dir)
	_, err := embedded.Start(t.Context(), embedded.Config{Dir: dir, Logger: bustest.Logger(t)})
	if !errors.Is(err, embedded.ErrInUse) {
		t.Errorf("a second broker on the folder: %v, want ErrInUse", err)
	}
	s.publish(t, 0, 1)
	s.stop(t)
	start(t, dir).stop(t)
}

// TestDamage does something to the folder between two runs. Whatever it is, the second run starts, says that it is fresh, and works.
func TestDamage(t *testing.T) {
	segments := func(dir string) []string {
		found, _ := filepath.Glob(filepath.Join(dir, "partitions", "*", "*.dat"))
		return found
	}
	each := func(names []string, do func(name string) error) error {
		var errs []error
		for _, name := range names {
			errs = append(errs, do(name))
		}
		return errors.Join(errs...)
	}
	rubbish := func(n int64) []byte {
		r := rand.NewChaCha8([32]byte{1})
		b := make([]byte, n)
		_, _ = r.Read(b)
		return b
	}
	for name, damage := range map[string]func(dir string) error{
		"deleted": os.RemoveAll,
		"emptied": func(dir string) error { return errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)) },
		"a file instead": func(dir string) error {
			return errors.Join(os.RemoveAll(dir), os.WriteFile(dir, []byte("x"), 0o600))
		},
		"one segment cut short": func(dir string) error { return cut(segments(dir)[0], 10) },
		"one segment emptied":   func(dir string) error { return os.Truncate(segments(dir)[0], 0) },
		"one segment deleted":   func(dir string) error { return os.Remove(segments(dir)[0]) },
		"one partition deleted": func(dir string) error { return os.RemoveAll(filepath.Dir(segments(dir)[0])) },
		"all segments deleted":  func(dir string) error { return each(segments(dir), os.Remove) },
		"a byte changed": func(dir string) error {
			b, err := os.ReadFile(segments(dir)[0])
			b[len(b)/2] ^= 1
			return errors.Join(err, os.WriteFile(segments(dir)[0], b, 0o600))
		},
		"every file filled with rubbish": func(dir string) error {
			return filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				info, err := d.Info()
				return errors.Join(err, os.WriteFile(path, rubbish(info.Size()), 0o600))
			})
		},
		"every file cut in half": func(dir string) error {
			return filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				info, err := d.Info()
				return errors.Join(err, os.Truncate(path, info.Size()/2))
			})
		},
		"topics forgotten": func(dir string) error { return os.Remove(filepath.Join(dir, "topics.json")) },
		"meta forgotten":   func(dir string) error { return os.Remove(filepath.Join(dir, "meta.json")) },
		"ledger forgotten": func(dir string) error { return os.Remove(filepath.Join(dir, "bitacora.json")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "broker")
			s := start(t, dir)
			s.publish(t, 0, 200)
			s.publish(t, 200, 200)
			if err := s.Whole(0, 0); err != nil {
				t.Fatal(err)
			}
			s.read(t, "g", 400, true)
			s.stop(t)
			if err := damage(dir); err != nil {
				t.Fatalf("damage: %v", err)
			}
			s = start(t, dir)
			defer s.stop(t)
			if !s.Fresh() {
				t.Fatal("the damage was not noticed")
			}
			s.publish(t, 0, 400) // the owner's part
			if seen := s.read(t, "g", 400, true); len(seen) != 400 {
				t.Errorf("after everything was republished the group got %d records, want 400", len(seen))
			}
		})
	}
}

func cut(name string, bytes int64) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	return os.Truncate(name, info.Size()-bytes)
}

// publishForEver is the child of TestKilled: it prints the number of every record once it is acknowledged.
func publishForEver(dir string) {
	ctx := context.Background()
	fail := func(err error) {
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	b, err := embedded.Start(ctx, embedded.Config{Dir: dir, Logger: logger, MinSession: time.Second})
	fail(err)
	if b.Fresh() {
		fmt.Println("fresh")
		fail(b.Whole(0, 0))
	}
	bus, err := kafkabus.New(kafkabus.Config{Brokers: b.Brokers(), Dial: b.Dial, Session: 2 * time.Second}, logger, nil)
	fail(err)
	fail(bus.CreateTopics(ctx, []string{topic}))
	sub, err := bus.Subscribe("g", []string{topic})
	fail(err)
	go func() {
		for {
			if got, err := sub.Fetch(ctx, 100); err == nil {
				_ = sub.Commit(ctx, got)
			}
		}
	}()
	first, _ := strconv.Atoi(os.Getenv("TEST_BROKER_FIRST"))
	for n := first; ; n += 20 {
		fail(errors.Join(bus.Publish(ctx, records(n, 20))...))
		fmt.Println(n)
	}
}

// TestKilled kills the process that holds the broker while it writes, many times; every acknowledged record is there in the end.
func TestKilled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "broker")
	var acknowledged []int
	next, torn := 0, 0
	// A kill may cut a write short where it crosses a page: such a tail is no different from a damaged one, and everything is published again.
	// That is rare; as a rule a kill costs nothing.
	fresh := func() {
		acknowledged = nil
		if torn++; torn > 2 {
			t.Fatal("kills are taken for damage")
		}
	}
	for round := range 15 {
		child := exec.Command(os.Args[0], "-test.run=^$")
		child.Env = append(os.Environ(), "TEST_BROKER_DIR="+dir, "TEST_BROKER_FIRST="+strconv.Itoa(next))
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		child.Stderr = os.Stderr
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		kill := 5 + rand.IntN(60)
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); {
			line := lines.Text()
			first, err := strconv.Atoi(line)
			if err != nil {
				if line != "fresh" {
					t.Fatalf("round %d: %s", round, line)
				}
				if round > 0 {
					fresh()
				}
				continue
			}
			acknowledged = append(acknowledged, first)
			if n++; n == kill {
				_ = child.Process.Kill()
			}
		}
		_ = child.Wait()
		next = acknowledged[len(acknowledged)-1] + 1000
	}
	s := start(t, dir)
	defer s.stop(t)
	if s.Fresh() {
		fresh()
	}
	gone := func(seen map[string]bool) (gone []int) { // what a kill left unacknowledged may be there too
		for _, first := range acknowledged {
			for n := first; n < first+20; n++ {
				if !seen[strconv.Itoa(n)] {
					gone = append(gone, n)
				}
			}
		}
		return gone
	}
	seen := s.readUntil(t, "all", false, func(seen map[string]bool) bool { return len(gone(seen)) == 0 })
	if lost := gone(seen); len(lost) > 0 {
		t.Errorf("%d records were acknowledged and are gone: %v…", len(lost), lost[:min(len(lost), 10)])
	}
}
