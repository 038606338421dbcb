package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/swaggest/swgui/v5emb"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// description is the OpenAPI document in both forms.
type description struct{ json, yaml []byte }

func (s *Server) description() (d description, err error) {
	if d.json, err = json.Marshal(s.api.OpenAPI()); err != nil {
		return d, fmt.Errorf("describe %s: %w", s.cfg.Service, err)
	}
	d.yaml, err = s.OpenAPIYAML()
	return d, err
}

// docsPolicy lets the reference page load from this host only.
const docsPolicy = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// Word is a value of a vocabulary and how it is called.
type Word struct {
	Value   string `json:"value"`
	Spanish string `json:"es"`
	English string `json:"en"`
}

// Uses adds vocabularies to Labels that no field's tag names, such as those of a field with values of several vocabularies. It panics if there is
// no vocabulary of that name.
func (s *Server) Uses(vocabularies ...string) {
	for _, name := range vocabularies {
		if mx.Values(name) == nil {
			panic(fmt.Errorf("rest: there is no vocabulary %q", name))
		}
	}
	s.uses = append(s.uses, vocabularies...)
}

// Labels returns, by vocabulary, the words of the vocabularies that fields of the service name, of Uses, and of the roles, which refusals name.
func (s *Server) Labels() map[string][]Word {
	out := map[string][]Word{}
	for _, name := range mx.Vocabularies() {
		if s.api.OpenAPI().Components.Schemas.Map()[valuesOf(name)] == nil && name != "role" && !slices.Contains(s.uses, name) {
			continue
		}
		for _, value := range mx.Values(name) {
			es, en := mx.Label(name, value)
			out[name] = append(out[name], Word{value, es, en})
		}
	}
	return out
}

// serveLabels adds the table of labels, open to everyone. It changes only with the program, so that clients revalidate it with If-None-Match.
func (s *Server) serveLabels() {
	table := sync.OnceValues(func() ([]byte, error) { return json.Marshal(s.Labels()) })
	s.router.Path(s.cfg.LabelsPath).Methods(http.MethodGet).HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := table()
		if err != nil {
			s.fail(exchangeOf(r.Context()), s.refuse(r.Context(), err))
			return
		}
		w.Header().Set("Content-Type", jsonType)
		w.Header().Set("Cache-Control", "public, no-cache")
		w.Header().Set("ETag", fmt.Sprintf("%q", strconv.FormatUint(crc64.Checksum(b, hashes), 16)))
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
	})
}

// serveDocs adds the description and the reference page, both open to everyone.
func (s *Server) serveDocs() {
	describe := func(mediaType string, pick func(description) []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			d, err := s.describe()
			if err != nil {
				s.fail(exchangeOf(r.Context()), s.refuse(r.Context(), err))
				return
			}
			w.Header().Set("Content-Type", mediaType)
			_, _ = w.Write(pick(d)) // fails only when the client has left
		}
	}
	s.router.Path(s.cfg.OpenAPIPath + ".json").Methods(http.MethodGet).
		Handler(describe("application/vnd.oai.openapi+json", func(d description) []byte { return d.json }))
	s.router.Path(s.cfg.OpenAPIPath + ".yaml").Methods(http.MethodGet).
		Handler(describe("application/vnd.oai.openapi", func(d description) []byte { return d.yaml }))
	base := strings.TrimSuffix(s.cfg.DocsPath, "/") + "/"
	page := v5emb.New(s.cfg.Title, s.cfg.OpenAPIPath+".json", base)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", docsPolicy)
		page.ServeHTTP(w, r)
	})
	s.router.Path(strings.TrimSuffix(base, "/")).Methods(http.MethodGet).Handler(handler)
	s.router.PathPrefix(base).Methods(http.MethodGet).Handler(handler)
}
