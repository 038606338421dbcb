package local

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
)

// making knows which services answer too little yet: their stores are made again from the topics. Until they have heard everything they are not
// ready, and answer nothing: figures of 0 would be taken for what is so.
type making struct{ mu sync.Mutex }

// made says why a service may not answer yet. Once it may, it may for good, and the folder remembers it.
func (i *Installation) made(ctx context.Context, s *service.Service) error {
	i.making.mu.Lock()
	defer i.making.mu.Unlock()
	if !slices.Contains(i.marks.Making, s.Name) {
		return nil
	}
	for group, topics := range s.Groups() {
		lag, err := i.Bus.Lag(ctx, group, topics)
		if err != nil {
			return err
		}
		left := int64(0)
		for _, n := range lag {
			left += n
		}
		if left > 0 {
			return fmt.Errorf("%s.db is being made again from the topics: %d records are left", s.Name, left)
		}
	}
	i.marks.Making = slices.DeleteFunc(slices.Clone(i.marks.Making), func(name string) bool { return name == s.Name })
	return i.marks.write(i.cfg.DataDir)
}

// answering has a service answer once it may.
func (i *Installation) answering(s *service.Service) http.Handler {
	h := s.Handler()
	if !slices.Contains(i.marks.Making, s.Name) {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := i.made(r.Context(), s)
		if err == nil || head(r.URL.Path) == "/"+s.Name { // its reference page says nothing that could be too little
			h.ServeHTTP(w, r)
			return
		}
		notYet(w, "the figures are being made again from what the services have; repeat in a moment")
	})
}

// notYet answers that what was asked for is not there yet.
func notYet(w http.ResponseWriter, why string) {
	b, _ := json.Marshal(rest.NotYetVisible(why)) // it is all text
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write(b) // a client that is gone has no use for it
}
