package docstoretest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// childEnv holds, in a child process of the kill test, the location of the store it writes to.
const childEnv = "DOCSTORETEST_CHILD"

const (
	kills        = 12
	childWriters = 8
)

// ack is what a child prints when a write was acknowledged.
type ack struct {
	ID      string
	Version int64
	Event   string
}

// testKill: a process that is killed in the middle of writes keeps every acknowledged write and its outbox entries.
func testKill(t *testing.T, opts Options) {
	if opts.Durable == nil {
		t.Skip("this store does not outlive the process")
	}
	location := opts.Durable(t)
	random := rand.New(rand.NewPCG(20250808, 16))
	acked := map[string]ack{}
	events := 0
	for round := range kills {
		got := killed(t, location, 1+random.IntN(400), time.Duration(random.IntN(40_000))*time.Microsecond)
		for _, a := range got {
			acked[a.ID] = a
		}
		events += len(got)
		t.Run(fmt.Sprintf("after kill %d", round+1), func(t *testing.T) { verify(t, opts.Reopen(t, location), acked, got) })
	}
	t.Logf("%d kills, %d acknowledged writes of %d documents", kills, events, len(acked))
}

// killed runs a child until it has acknowledged enough writes and then a little, kills it, and returns what it acknowledged.
func killed(t *testing.T, location string, enough int, moment time.Duration) []ack {
	t.Helper()
	test, _, _ := strings.Cut(strings.TrimSuffix(t.Name(), "/kill"), "/")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+regexp.QuoteMeta(test)+"$", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), childEnv+"="+location)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	var acks []ack
	var other []string
	timer := time.AfterFunc(time.Hour, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var a ack
		line, found := strings.CutPrefix(lines.Text(), "ack ")
		if !found || json.Unmarshal([]byte(line), &a) != nil || a.Event == "" {
			other = append(other, lines.Text())
			continue
		}
		if acks = append(acks, a); len(acks) == enough {
			timer.Reset(moment)
		}
	}
	_ = cmd.Wait() // it was killed
	if len(acks) < enough {
		t.Fatalf("the child ended by itself after %d writes:\n%s", len(acks), strings.Join(other, "\n"))
	}
	return acks
}

// verify looks up every acknowledged document, and the events of the last child's writes.
func verify(t *testing.T, driver docstore.Driver, all map[string]ack, last []ack) {
	e := newEnv(t, driver, Options{})
	ctx := system(t)
	versions := map[string]int64{}
	must(t, e.driver.Stream(ctx, "things", docstore.Query{}, func(d docstore.Document) error {
		versions[d.ID] = d.Version
		return nil
	}))
	for id, a := range all {
		if versions[id] < a.Version {
			t.Errorf("%s was acknowledged at version %d and is at %d", id, a.Version, versions[id])
		}
	}
	events := map[string][]string{}
	for _, a := range last {
		events[a.ID] = append(events[a.ID], a.Event)
	}
	for id, want := range events {
		pending, err := driver.PendingOf(ctx, []docstore.Ref{{Collection: "things", ID: id}})
		must(t, err)
		var have []string
		for _, p := range pending {
			for i, entry := range p.Outbox {
				have = append(have, entry.ID)
				if entry.Version != int64(i+1) || p.Version != int64(len(p.Outbox)) {
					t.Errorf("%s: version %d with entry %d of version %d", id, p.Version, i, entry.Version)
				}
			}
		}
		for _, event := range want {
			if !slices.Contains(have, event) {
				t.Errorf("%s: event %s of an acknowledged write is gone", id, event)
			}
		}
	}
}

// runChild writes until it is killed: inserts, updates, and transactions over two documents, each with events.
func runChild(t *testing.T, opts Options, location string) {
	e := newEnv(t, opts.Reopen(t, location), Options{})
	ctx, cancel := context.WithTimeout(system(t), time.Minute)
	defer cancel()
	var mu sync.Mutex
	tell := func(a ack) {
		b, _ := json.Marshal(a) // strings and a number always encode
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(os.Stdout, "ack %s\n", b)
	}
	err := together(childWriters, func(int) error {
		for {
			if err := childRound(ctx, e, tell); err != nil {
				return err
			}
		}
	})
	t.Fatalf("the child was to be killed: %v", err)
}

func childRound(ctx context.Context, e *env, tell func(ack)) error {
	first, second := e.store.NewID(), e.store.NewID()
	// The store makes the events' ids; a name of its own in the change says which write an event is of, so the ids are read back
	// from the outbox of the document just written, which nobody else writes.
	known := map[string]int{}
	report := func(ids ...string) error {
		for _, id := range ids {
			pending, err := e.driver.PendingOf(ctx, []docstore.Ref{{Collection: "things", ID: id}})
			if err != nil {
				return err
			}
			for _, entry := range pending[0].Outbox[known[id]:] {
				tell(ack{id, entry.Version, entry.ID})
			}
			known[id] = len(pending[0].Outbox)
		}
		return nil
	}
	if err := e.things.Insert(ctx, first, &thing{ID: first, Labels: []string{"a"}, Places: []string{"unit:A"}}, changed.New(change{1})); err != nil {
		return err
	}
	if err := report(first); err != nil {
		return err
	}
	grow := func(x *thing) ([]event.Event, error) {
		x.Count++
		x.Labels = append(x.Labels, fmt.Sprint(x.Count))
		return []event.Event{changed.New(change{x.Count})}, nil
	}
	if err := e.things.Update(ctx, first, grow); err != nil {
		return err
	}
	if err := report(first); err != nil {
		return err
	}
	err := e.store.Atomic(ctx, func(ctx context.Context) error {
		if err := e.things.Insert(ctx, second, &thing{ID: second}, changed.New(change{1})); err != nil {
			return err
		}
		return e.things.Update(ctx, first, grow)
	})
	if err != nil {
		return err
	}
	return report(first, second)
}
