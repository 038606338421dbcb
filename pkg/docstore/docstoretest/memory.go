package docstoretest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

const day = 24 * time.Hour

func (e *env) later(d time.Duration) { e.clock.Add(d.Milliseconds()) }

// send is a command on a thing, which counts on.
func (e *env) send(store *docstore.Collection[thing], id, subject, key, hash string) error {
	ctx := caller.WithCommand(caller.AsSystem(e.ctx, subject), &caller.Command{Subject: subject, Key: key, Hash: hash, Target: ref(id)})
	return store.Update(ctx, id, count)
}

func (e *env) counted(t testing.TB, id string) int64 {
	t.Helper()
	x, err := e.things.Get(system(t), id)
	must(t, err)
	return x.Count
}

// testMemory: a command is recognised for 24 hours, though the document itself remembers only the last twenty.
func testMemory(t *testing.T, e *env) {
	e.insert(t, thing{ID: "a"}, thing{ID: "b"})
	must(t, e.send(e.things, "a", "s", "first", "h"))
	for i := range 45 {
		must(t, e.send(e.things, "a", "s", fmt.Sprint("other-", i), "h"))
		e.later(10 * time.Minute)
	}
	for _, c := range []struct {
		name, id, subject, key, hash string
		want                         error
	}{
		{"the first, after 45 others", "a", "s", "first", "h", docstore.ErrReplayed},
		{"its key for another request", "a", "s", "first", "h2", docstore.ErrKeyReused},
		{"one between", "a", "s", "other-7", "h", docstore.ErrReplayed},
		{"its key on another document", "b", "s", "first", "h", nil},
		{"its key by somebody else", "a", "s2", "first", "h", nil},
	} {
		if err := e.send(e.things, c.id, c.subject, c.key, c.hash); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if n := e.counted(t, "a"); n != 47 {
		t.Errorf("47 commands were carried out, counted %d", n)
	}
	n, err := e.store.ForgetRepeats(system(t))
	must(t, err)
	if n != 0 {
		t.Errorf("%d commands were forgotten before their time", n)
	}
	e.later(day)
	for want := range 2 {
		n, err := e.store.ForgetRepeats(system(t))
		must(t, err)
		if (n == 27) != (want == 0) || (n == 0) != (want == 1) {
			t.Errorf("forgotten %d", n)
		}
	}
	must(t, e.send(e.things, "a", "s", "first", "h2"))
	testInAtomic(t, e)
	testWithoutEffect(t, e)
	testUndated(t, e)
	testTwoProcesses(t, e)
}

// testInAtomic: commands of a transaction are remembered like others.
func testInAtomic(t *testing.T, e *env) {
	e.insert(t, thing{ID: "atomic"}, thing{ID: "beside"})
	do := func(key string) error {
		ctx := caller.WithCommand(system(t), &caller.Command{Subject: "s", Key: key, Hash: "h", Target: ref("atomic")})
		return e.store.Atomic(ctx, func(ctx context.Context) error {
			return errors.Join(e.things.Update(ctx, "atomic", count), e.things.Update(ctx, "beside", count))
		})
	}
	for i := range 25 {
		must(t, do(fmt.Sprint(i)))
	}
	if err := do("2"); !errors.Is(err, docstore.ErrReplayed) {
		t.Errorf("repeated in a transaction: %v", err)
	}
	if a, b := e.counted(t, "atomic"), e.counted(t, "beside"); a != 25 || b != 25 {
		t.Errorf("counted %d and %d", a, b)
	}
}

// testWithoutEffect: a command that changed nothing was carried out, too: its repeat changes nothing, though it would by now.
func testWithoutEffect(t *testing.T, e *env) {
	e.insert(t, thing{ID: "same", Name: "x"})
	name := func(key, name string) error {
		ctx := caller.WithCommand(system(t), &caller.Command{Subject: "s", Key: key, Hash: name, Target: ref("same")})
		return e.things.Update(ctx, "same", func(x *thing) ([]event.Event, error) { x.Name = name; return nil, nil })
	}
	must(t, name("k1", "x"))
	if d, err := e.things.Load(system(t), "same"); err != nil || d.Version != 1 {
		t.Errorf("a command without effect made version %d, %v", d.Version, err)
	}
	must(t, name("k2", "y"))
	if err := name("k1", "x"); !errors.Is(err, docstore.ErrReplayed) {
		t.Errorf("repeated: %v", err)
	}
	if d, err := e.things.Load(system(t), "same"); err != nil || d.State.Name != "y" || d.Version != 2 {
		t.Errorf("%+v, %v", d, err)
	}
}

// testUndated: the memory of the release before has neither dates nor meanings; it is compared by its hashes, and kept a day from now.
func testUndated(t *testing.T, e *env) {
	body := `{"id":"old","group":"","kind":"","rank":0,"name":"","at":"2025-08-08T16:00:00.000Z","done":false,"count":0,"_scope":["nation"],"_recent":[`
	for i := range 20 {
		if i > 0 {
			body += ","
		}
		body += fmt.Sprintf(`{"subject":"s","key":"k%d","hash":"h","version":%d}`, i, i)
	}
	must(t, e.driver.Apply(system(t), []docstore.Write{{Kind: docstore.Insert, Collection: "things", ID: "old", Version: 20, Body: []byte(body + "]}")}}))
	for i := range 5 {
		must(t, e.send(e.things, "old", "s", fmt.Sprint("new", i), "h"))
	}
	for _, key := range []string{"k0", "k4", "k19", "new0"} {
		ctx := caller.WithCommand(system(t), &caller.Command{Subject: "s", Key: key, Hash: "h", Meaning: "m", Target: ref("old")})
		if err := e.things.Update(ctx, "old", count); !errors.Is(err, docstore.ErrReplayed) {
			t.Errorf("%s: %v", key, err)
		}
		if err := e.send(e.things, "old", "s", key, "h2"); !errors.Is(err, docstore.ErrKeyReused) {
			t.Errorf("%s for another request: %v", key, err)
		}
	}
}

// testTwoProcesses: commands sent to two processes at once, again and again among others, are carried out once.
func testTwoProcesses(t *testing.T, e *env) {
	e.insert(t, thing{ID: "two"})
	second, _ := openThings(docstore.NewStore(e.driver, docstore.Options{Now: e.now}))
	const commands = 40
	must(t, together(4, func(w int) error {
		for i := range commands {
			for _, key := range []int{i, i / 2, 0} {
				err := e.send([]*docstore.Collection[thing]{e.things, second}[w%2], "two", "s", fmt.Sprint(key), "h")
				if err != nil && !errors.Is(err, docstore.ErrReplayed) {
					return err
				}
			}
		}
		return nil
	}))
	if n := e.counted(t, "two"); n != commands {
		t.Errorf("%d commands were carried out %d times", commands, n)
	}
}

// testMemoryProperty: in any interleaving of commands, their repeats and others, and of time, each is carried out once within 24 hours.
func testMemoryProperty(t *testing.T, e *env) {
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		id := fmt.Sprintf("memory-%d", n)
		e.insert(t, thing{ID: id})
		type sent struct {
			hash string
			at   time.Time
		}
		known, done := map[string]sent{}, int64(0)
		for range rapid.IntRange(20, 60).Draw(rt, "commands") {
			key := fmt.Sprint(rapid.IntRange(0, 30).Draw(rt, "key"))
			hash := rapid.SampledFrom([]string{"h", "h", "h", "other"}).Draw(rt, "hash")
			if rapid.IntRange(0, 9).Draw(rt, "time") == 0 {
				e.later(time.Duration(rapid.IntRange(1, 30).Draw(rt, "hours")) * time.Hour)
			}
			if rapid.IntRange(0, 19).Draw(rt, "sweep") == 0 {
				if _, err := e.store.ForgetRepeats(caller.AsSystem(e.ctx, "test")); err != nil {
					rt.Fatalf("forget: %v", err)
				}
			}
			err := e.send(e.things, id, "s", key, hash)
			before, repeated := known[key]
			within := repeated && e.store.Now().Sub(before.at) < day
			switch {
			case err == nil && within:
				rt.Fatalf("%s was carried out again after %s", key, e.store.Now().Sub(before.at))
			case err == nil:
				known[key] = sent{hash, e.store.Now().Time}
				done++
			case !repeated, errors.Is(err, docstore.ErrReplayed) != (hash == before.hash), errors.Is(err, docstore.ErrKeyReused) != (hash != before.hash):
				rt.Fatalf("%s (known: %v): %v", key, repeated, err)
			}
		}
		if c := e.counted(t, id); c != done {
			rt.Fatalf("%d commands were carried out, counted %d", done, c)
		}
	})
}
