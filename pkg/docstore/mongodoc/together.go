package mongodoc

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// maxTogether bounds the callers whose inserts share a transaction.
const maxTogether = 256

// together gathers what inserts while other documents keep their versions (docstore's InsertWhile). Two transactions that look at one
// document are a conflict, so that sixty callers of which each has its own would hinder each other; and each costs a round trip for every
// statement and one for its commit. So what comes while a transaction is under way goes together in the next one.
type together struct {
	mu      sync.Mutex
	waiting []*inserting
	running bool
}

// inserting is one caller's writes.
type inserting struct {
	sentences []sentence
	outcome   chan error
}

// joins says whether writes can share a transaction: they look at documents and insert.
func joins(sentences []sentence) bool {
	return sentences[0].kind == docstore.Verify &&
		!slices.ContainsFunc(sentences, func(s sentence) bool { return s.kind != docstore.Verify && s.kind != docstore.Insert })
}

// join waits for the transaction that carries a caller's writes. A caller that gives up does not know what became of them.
func (d *Driver) join(ctx context.Context, sentences []sentence) error {
	in := &inserting{sentences, make(chan error, 1)}
	d.together.mu.Lock()
	d.together.waiting = append(d.together.waiting, in)
	if !d.together.running {
		d.together.running = true
		go d.runTogether(context.WithoutCancel(ctx))
	}
	d.together.mu.Unlock()
	select {
	case err := <-in.outcome:
		return err
	case <-ctx.Done():
		return errors.Join(docstore.ErrUnavailable, ctx.Err())
	}
}

// runTogether carries out what waits, until nothing does.
func (d *Driver) runTogether(ctx context.Context) {
	t := &d.together
	for {
		t.mu.Lock()
		n := min(len(t.waiting), maxTogether)
		batch := slices.Clone(t.waiting[:n])
		t.waiting = slices.Delete(t.waiting, 0, n)
		t.running = n > 0
		t.mu.Unlock()
		if n == 0 {
			return
		}
		d.insertTogether(ctx, batch)
	}
}

// insertTogether carries out a batch. Who is refused leaves it, and the others begin again.
func (d *Driver) insertTogether(ctx context.Context, batch []*inserting) {
	for len(batch) > 0 {
		sentences, of := merged(batch)
		calling, cancel := context.WithTimeout(ctx, d.timeout)
		stop := d.watch(calling)
		err := d.transact(calling, sentences)
		stop()
		cancel()
		done := batch
		if one, ok := errors.AsType[refused](err); ok {
			done = of[one.at]
		}
		for _, in := range done {
			in.outcome <- err
		}
		batch = slices.DeleteFunc(batch, func(in *inserting) bool { return slices.Contains(done, in) })
	}
}

// merged are the writes of a batch: what is looked at, each once, then what is inserted. of says whose each of them is.
func merged(batch []*inserting) (sentences []sentence, of [][]*inserting) {
	type look struct{ collection, filter string }
	looks := map[look]int{}
	for _, kind := range []docstore.WriteKind{docstore.Verify, docstore.Insert} {
		for _, in := range batch {
			for _, s := range in.sentences {
				if s.kind != kind {
					continue
				}
				at, known := len(sentences), false
				if kind == docstore.Verify {
					what := look{s.collection.Name(), string(s.filter)}
					if at, known = looks[what]; !known {
						at = len(sentences)
						looks[what] = at
					}
				}
				if !known {
					sentences, of = append(sentences, s), append(of, nil)
				}
				of[at] = append(of[at], in)
			}
		}
	}
	return sentences, of
}
