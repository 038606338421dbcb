package session_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/services/console/internal/session"
)

// world is a store of boxes and its clock.
type world struct {
	driver docstore.Driver
	now    atomic.Int64
	*session.Boxes
}

func open(t *testing.T, driver docstore.Driver, key byte) *world {
	t.Helper()
	w := &world{driver: driver}
	w.now.Store(time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC).UnixMilli())
	store := docstore.NewStore(driver, docstore.Options{Now: func() time.Time { return w.at() }})
	seal, err := session.NewSealer([]byte(strings.Repeat(string(key), session.KeySize)))
	if err != nil {
		t.Fatal(err)
	}
	w.Boxes = session.Open(store, seal)
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) at() time.Time { return time.UnixMilli(w.now.Load()).UTC() }

func (w *world) later(d time.Duration) { w.now.Add(d.Milliseconds()) }

// read is what is in a box, "" where it is gone.
func (w *world) read(t *testing.T, kind, token string) (text string) {
	t.Helper()
	if _, err := w.Get(t.Context(), kind, token, &text); err != nil && !errors.Is(err, session.ErrGone) {
		t.Fatal(err)
	}
	return text
}

func TestBoxes(t *testing.T) {
	driver := driver(t)
	w := open(t, driver, 'a')
	put := func(t *testing.T, kind, token, text string) {
		t.Helper()
		if err := w.Put(t.Context(), kind, token, text, w.at().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}

	t.Run("one that is written is read, and written again", func(t *testing.T) {
		token := session.Token()
		for _, text := range []string{"one", "two"} {
			put(t, "k", token, text)
			if got := w.read(t, "k", token); got != text {
				t.Errorf("%q", got)
			}
		}
		if got := w.read(t, "other", token); got != "" {
			t.Errorf("a box of another kind: %q", got)
		}
	})

	t.Run("one of another key, or put in the place of another, does not open", func(t *testing.T) {
		token, other := session.Token(), session.Token()
		put(t, "k", token, "mine")
		put(t, "k", other, "another's")
		if got := open(t, driver, 'b').read(t, "k", token); got != "" {
			t.Errorf("under another key: %q", got)
		}
		docs, err := driver.Find(t.Context(), "boxes", docstore.Query{Sort: "expires", Limit: 100})
		if err != nil || len(docs) < 2 {
			t.Fatalf("%d %v", len(docs), err)
		}
		for _, d := range docs {
			if strings.Contains(string(d.Body), "mine") || strings.Contains(d.ID, token) {
				t.Errorf("it is stored as it is: %s %s", d.ID, d.Body)
			}
		}
		swap := docs[0]
		for _, d := range docs[1:] { // each gets the content of the first
			err := driver.Apply(t.Context(), []docstore.Write{{Kind: docstore.Put, Collection: "boxes", ID: d.ID, Version: d.Version + 1, Body: swap.Body}})
			if err != nil {
				t.Fatal(err)
			}
		}
		opened := 0
		for _, tok := range []string{token, other} {
			if w.read(t, "k", tok) != "" {
				opened++
			}
		}
		if opened > 1 {
			t.Error("what was sealed for one box opens in the place of another")
		}
	})

	t.Run("one that is dropped stays so, also for who replaces it", func(t *testing.T) {
		token := session.Token()
		put(t, "k", token, "x")
		if err := errors.Join(w.Drop(t.Context(), "k", token), w.Drop(t.Context(), "k", token)); err != nil {
			t.Fatal(err)
		}
		if err := w.Replace(t.Context(), "k", token, "y", w.at().Add(time.Hour)); !errors.Is(err, session.ErrGone) {
			t.Errorf("%v", err)
		}
		if got := w.read(t, "k", token); got != "" {
			t.Errorf("%q", got)
		}
	})

	t.Run("one of many may change it at a time", func(t *testing.T) {
		token := session.Token()
		put(t, "k", token, "x")
		var wg sync.WaitGroup
		var won atomic.Int64
		claim := func() {
			var text string
			if mine, err := w.Claim(t.Context(), "k", token, w.at().Add(10*time.Second), &text, func() bool { return text == "x" }); err != nil {
				t.Error(err)
			} else if mine {
				won.Add(1)
			}
		}
		for range 16 {
			wg.Go(claim)
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d have it", won.Load())
		}
		w.later(10 * time.Second) // whoever had it died
		claim()
		if won.Load() != 2 {
			t.Error("nobody gets it after that")
		}
		if err := w.Replace(t.Context(), "k", token, "y", w.at().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		claim() // it is no longer wanted
		if won.Load() != 2 {
			t.Error("one that is not wanted was taken")
		}
	})

	t.Run("what is over is gone, and swept", func(t *testing.T) {
		token, kept := session.Token(), session.Token()
		put(t, "k", token, "x")
		w.later(time.Minute)
		put(t, "k", kept, "y")
		w.later(59 * time.Minute)
		if got := w.read(t, "k", token); got != "" {
			t.Errorf("%q", got)
		}
		if n, err := w.Sweep(t.Context()); err != nil || n == 0 {
			t.Errorf("%d %v", n, err)
		}
		if n, err := w.Sweep(t.Context()); err != nil || n != 0 {
			t.Errorf("twice: %d %v", n, err)
		}
		if got := w.read(t, "k", kept); got != "y" {
			t.Errorf("%q", got)
		}
	})

	t.Run("sessions are counted, and no other kind of box", func(t *testing.T) {
		before, err := w.Sessions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		const made = 1_003 // of more than two pages
		for range made {
			put(t, "session", session.Token(), "s")
		}
		put(t, "signin", session.Token(), "other")
		put(t, "form", session.Token(), "other")
		if n, err := w.Sessions(t.Context()); err != nil || n-before != made {
			t.Errorf("%d %v", n-before, err)
		}
	})

	t.Run("sweeping goes on until its context ends", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := w.Run(ctx, func(int) {}, func(err error) { t.Error(err) }); err != nil {
			t.Error(err)
		}
	})
}

func TestWhatIsSealedForOneThingIsNotForAnother(t *testing.T) {
	s, err := session.NewSealer(make([]byte, session.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	sealed := s.Seal("a", []byte("text"))
	if plain, err := s.Open("a", sealed); err != nil || string(plain) != "text" {
		t.Errorf("%q %v", plain, err)
	}
	if sealed == s.Seal("a", []byte("text")) {
		t.Error("two seals look alike")
	}
	for _, bad := range []string{"", "x", sealed[:len(sealed)-1], sealed + "AA", "A" + sealed[1:], strings.Repeat("A", 100), "%%%"} {
		if bad == sealed {
			continue
		}
		if plain, err := s.Open("a", bad); err == nil {
			t.Errorf("%q opens: %q", bad, plain)
		}
	}
	if _, err := s.Open("b", sealed); err == nil {
		t.Error("it opens for another purpose")
	}
	if _, err := session.NewSealer(make([]byte, 16)); err == nil {
		t.Error("a short key")
	}
}
