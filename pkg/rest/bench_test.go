package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/mux"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// What an operation costs beside a bare mux handler that does one call of the driver: over loopback, 16 clients, and on the handler
// alone. Budgets: POST 60 %, GET 80 % of the bare one's requests per second.

const benchBody = `{"unit_id":"A","price_cents":1250000,"parts":[{"name":"rotor","count":1},{"name":"seal","count":4},{"name":"bearing","count":2}],"at":"2025-08-08T16:00:00Z"}`

// bare is the counterpart: no token, no rule, no validation, no outbox, no version.
func bare(d docstore.Driver) http.Handler {
	r := mux.NewRouter()
	r.HandleFunc("/v1/pumps", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var p map[string]any
		if err := json.Unmarshal(body, &p); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		p["_scope"] = []string{"nation"}
		if body, err = json.Marshal(p); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		id := uuid.Must(uuid.NewV7()).String()
		if err := d.Apply(r.Context(), []docstore.Write{{Kind: docstore.Insert, Collection: "pumps", ID: id, Version: 1, Body: body}}); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(body)
	}).Methods(http.MethodPost)
	r.HandleFunc("/v1/pumps/{id}", func(w http.ResponseWriter, r *http.Request) {
		docs, err := d.Load(r.Context(), "pumps", []string{mux.Vars(r)["id"]})
		if err != nil || len(docs) == 0 {
			http.Error(w, "not found", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(docs[0].Body)
	}).Methods(http.MethodGet)
	return r
}

func benchRequest(b *testing.B, base, method, id string) func() *http.Request {
	return func() *http.Request {
		path, body := "/v1/pumps", io.Reader(http.NoBody)
		if method == http.MethodGet {
			path += "/" + id
		} else {
			body = strings.NewReader(benchBody)
		}
		r, err := http.NewRequestWithContext(context.Background(), method, base+path, body)
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+director)
		r.Header.Set("Content-Type", "application/json")
		return r
	}
}

func BenchmarkOverLoopback(b *testing.B) {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		y := newToy(b)
		p, _ := register(b, y, benchBody)
		beside := httptest.NewServer(bare(y.driver))
		defer beside.Close()
		for name, server := range map[string]*httptest.Server{"bare": beside, "rest": y.http} {
			b.Run(fmt.Sprintf("%s/%s", method, name), func(b *testing.B) {
				client := server.Client()
				client.Transport.(*http.Transport).MaxIdleConnsPerHost = 64
				b.SetParallelism(8)
				before := cpu(b)
				b.RunParallel(func(pb *testing.PB) {
					request := benchRequest(b, server.URL, method, p.ID)
					for pb.Next() {
						res, err := client.Do(request())
						if err != nil {
							b.Error(err)
							return
						}
						_, _ = io.Copy(io.Discard, res.Body)
						res.Body.Close()
						if res.StatusCode >= 300 {
							b.Errorf("status %d", res.StatusCode)
						}
					}
				})
				b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

// cpu is the processor time of the whole process so far, clients included: steadier than the clock on a busy machine.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// discard is an answer that nobody reads.
type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

func BenchmarkHandlerAlone(b *testing.B) {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		y := newToy(b)
		p, _ := register(b, y, benchBody)
		docs, err := y.driver.Load(b.Context(), "pumps", []string{p.ID})
		if err != nil {
			b.Fatal(err)
		}
		y.driver.Driver = constant{docs: docs}
		for name, h := range map[string]http.Handler{"bare": bare(y.driver), "rest": y.server.Handler()} {
			b.Run(fmt.Sprintf("%s/%s", method, name), func(b *testing.B) {
				r := benchRequest(b, "", method, p.ID)()
				w := discard{http.Header{}}
				b.ReportAllocs()
				for b.Loop() {
					r.Body = io.NopCloser(bytes.NewReader([]byte(benchBody)))
					clear(w.header)
					h.ServeHTTP(w, r)
				}
			})
		}
	}
}

// constant is a store that costs nothing.
type constant struct {
	docstore.Driver
	docs []docstore.Document
}

func (constant) Apply(context.Context, []docstore.Write) error { return nil }

func (c constant) Load(context.Context, string, []string) ([]docstore.Document, error) {
	return c.docs, nil
}
