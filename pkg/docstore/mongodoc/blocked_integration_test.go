//go:build integration

package mongodoc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

// insideEnv holds, in a child of the test, after which statement of its transaction it stops, and where its store is.
const insideEnv = "MONGODOC_TEST_INSIDE"

// longestLock is how long a document may stay locked by a process that was killed. The server alone would take 60 to 90 s.
const longestLock = 8 * time.Second

// TestKilledInsideATransaction: a process that is killed between two statements of a transaction, or before its commit, holds nobody up
// for long, whatever others do with its documents, and leaves nothing of what it had written.
func TestKilledInsideATransaction(t *testing.T) {
	if where := os.Getenv(insideEnv); where != "" {
		stopInside(t, where)
		return
	}
	for statement, window := range map[int]string{0: "after its first statement", 2: "before its commit"} {
		t.Run(window, func(t *testing.T) {
			uri, name := testenv.Database(t)
			d := connected(t, Config{URI: uri, Database: name})
			store, counters := openCounters(d)
			ctx := caller.AsSystem(t.Context(), "test")
			must(t, store.Migrate(ctx))
			for _, id := range []string{"one", "two"} {
				must(t, counters.Insert(ctx, id, &counter{ID: id}))
			}
			killInside(t, fmt.Sprint(statement, " ", name, " ", uri))
			add := func(ctx context.Context, id string) error {
				return counters.Update(ctx, id, func(c *counter) ([]event.Event, error) { c.N++; return nil, nil })
			}
			for _, c := range []struct {
				name string
				do   func() error
			}{
				{"a single write", func() error { return add(ctx, "one") }},
				{"a transaction", func() error {
					return store.Atomic(ctx, func(ctx context.Context) error {
						if err := add(ctx, "one"); err != nil {
							return err
						}
						return add(ctx, "two")
					})
				}},
			} {
				start := time.Now()
				deadline, cancel := context.WithTimeout(ctx, 2*longestLock)
				defer cancel()
				ctx = deadline
				if err := c.do(); err != nil {
					t.Fatalf("%s, %s after the kill: %v", c.name, time.Since(start), err)
				}
				took := time.Since(start)
				t.Logf("%s waited %s", c.name, took.Round(time.Millisecond))
				if took > longestLock {
					t.Errorf("%s waited %s for a process that is gone", c.name, took)
				}
			}
			for id, want := range map[string]int64{"one": 2, "two": 1} {
				c, err := counters.Get(caller.AsSystem(t.Context(), "test"), id)
				must(t, err)
				if c.N != want {
					t.Errorf("%s counted to %d, want %d: the killed transaction was not undone", id, c.N, want)
				}
			}
		})
	}
	t.Run("found by a transaction", func(t *testing.T) {
		uri, name := testenv.Database(t)
		d := connected(t, Config{URI: uri, Database: name})
		store, counters := openCounters(d)
		ctx, cancel := context.WithTimeout(caller.AsSystem(t.Context(), "test"), 2*longestLock)
		defer cancel()
		must(t, store.Migrate(ctx))
		for _, id := range []string{"one", "two"} {
			must(t, counters.Insert(ctx, id, &counter{ID: id}))
		}
		killInside(t, fmt.Sprint("1 ", name, " ", uri))
		start := time.Now()
		must(t, store.Atomic(ctx, func(ctx context.Context) error { return addBoth(ctx, counters, 1) }))
		if took := time.Since(start); took > longestLock {
			t.Errorf("it waited %s for a process that is gone", took)
		} else {
			t.Logf("waited %s", took.Round(time.Millisecond))
		}
	})
}

// TestHeldUpInsideATransaction: a process that stands still inside of a transaction for longer than others wait, and then goes on, finds
// its transaction ended, begins it again and carries it out once.
func TestHeldUpInsideATransaction(t *testing.T) {
	uri, name := testenv.Database(t)
	slow, quick := connected(t, Config{URI: uri, Database: name}), connected(t, Config{URI: uri, Database: name})
	store, counters := openCounters(slow)
	_, others := openCounters(quick)
	ctx, cancel := context.WithTimeout(caller.AsSystem(t.Context(), "test"), time.Minute)
	defer cancel()
	must(t, store.Migrate(ctx))
	for _, id := range []string{"one", "two"} {
		must(t, counters.Insert(ctx, id, &counter{ID: id}))
	}
	inside, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	slow.between = func(int) {
		once.Do(func() {
			close(inside)
			<-goOn
		})
	}
	done := make(chan error, 1)
	go func() {
		done <- store.Atomic(ctx, func(ctx context.Context) error { return addBoth(ctx, counters, 100) })
	}()
	<-inside
	must(t, others.Update(ctx, "one", func(c *counter) ([]event.Event, error) { c.N++; return nil, nil }))
	close(goOn)
	must(t, <-done)
	for id, want := range map[string]int64{"one": 101, "two": 100} {
		c, err := others.Get(ctx, id)
		must(t, err)
		if c.N != want {
			t.Errorf("%s counted to %d, want %d", id, c.N, want)
		}
	}
}

func openCounters(d *Driver) (*docstore.Store, *docstore.Collection[counter]) {
	store := docstore.NewStore(d, docstore.Options{})
	return store, docstore.Open[counter](store, docstore.Spec{Name: "counters"}, nil)
}

func addBoth(ctx context.Context, counters *docstore.Collection[counter], n int64) error {
	for _, id := range []string{"one", "two"} {
		if err := counters.Update(ctx, id, func(c *counter) ([]event.Event, error) { c.N += n; return nil, nil }); err != nil {
			return err
		}
	}
	return nil
}

// stopInside is the child: it stops inside of a transaction, says so, and waits to be killed.
func stopInside(t *testing.T, where string) {
	statement, rest, _ := strings.Cut(where, " ")
	name, uri, _ := strings.Cut(rest, " ")
	stop, err := strconv.Atoi(statement)
	must(t, err)
	d := connected(t, Config{URI: uri, Database: name})
	d.between = func(n int) {
		if n == stop {
			fmt.Println("inside")
			select {} // until it is killed
		}
	}
	store, counters := openCounters(d)
	ctx := caller.AsSystem(t.Context(), "child")
	must(t, store.Atomic(ctx, func(ctx context.Context) error {
		add := func(id string) error {
			return counters.Update(ctx, id, func(c *counter) ([]event.Event, error) { c.N += 100; return nil, nil })
		}
		// Three statements: updates that follow each other are one.
		return errors.Join(add("one"), counters.Insert(ctx, "three", &counter{ID: "three"}), add("two"))
	}))
	t.Fatal("the child was to be killed inside")
}

// killInside runs the child until it is inside of its transaction, and kills it there.
func killInside(t *testing.T, where string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledInsideATransaction$", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), insideEnv+"="+where)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	inside := false
	for lines := bufio.NewScanner(out); !inside && lines.Scan(); {
		inside = lines.Text() == "inside"
	}
	must(t, cmd.Process.Kill())
	_ = cmd.Wait() // it was killed
	if !inside {
		t.Fatal("the child ended before it was inside of its transaction")
	}
}
