package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/swaggest/swgui/v5emb"
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

// docsPolicy keeps the reference page to this host, whatever its scripts would like to fetch.
const docsPolicy = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

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
			_, _ = w.Write(pick(d)) // a client that is gone has no use for it
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
