package relay

import (
	"sync"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// woken is a bounded queue of documents, each at most once.
type woken struct {
	bell chan struct{}
	max  int
	mu   sync.Mutex
	// in holds what is in queue.
	in    map[docstore.Ref]bool
	queue []docstore.Ref
}

func newWoken(limit int) *woken {
	return &woken{bell: make(chan struct{}, 1), max: limit, in: map[docstore.Ref]bool{}}
}

func (w *woken) add(refs []docstore.Ref) {
	if len(refs) == 0 {
		return
	}
	w.mu.Lock()
	for _, ref := range refs {
		if len(w.queue) < w.max && !w.in[ref] {
			w.in[ref] = true
			w.queue = append(w.queue, ref)
		}
	}
	w.mu.Unlock()
	select {
	case w.bell <- struct{}{}:
	default:
	}
}

func (w *woken) take(n int) []docstore.Ref {
	w.mu.Lock()
	defer w.mu.Unlock()
	n = min(n, len(w.queue))
	taken := append([]docstore.Ref(nil), w.queue[:n]...)
	w.queue = append(w.queue[:0], w.queue[n:]...)
	for _, ref := range taken {
		delete(w.in, ref)
	}
	return taken
}
