package rest

import (
	"context"
	"net/http"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

type readInput struct {
	ID          string `path:"id"`
	IfNoneMatch string `header:"If-None-Match" doc:"The ETag last seen; answered 304 without a body while it is still the present one."`
}

type read[T any] struct {
	Status int
	ETag   string `header:"ETag" doc:"The document's version, in quotes: what If-Match takes."`
	Cache  string `header:"Cache-Control"`
	Body   *T
}

// Read registers a GET on a document's path ("…/{id}"). The answer is the document.
func Read[T any](s *Server, op Op, c *docstore.Collection[T]) {
	register(s, op, http.MethodGet, http.StatusOK, func(ctx context.Context, in *readInput) (*read[T], error) {
		doc, err := c.Load(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		out := &read[T]{Status: http.StatusOK, ETag: etag(doc.Version), Cache: "private, no-cache", Body: &doc.State}
		if in.IfNoneMatch == out.ETag {
			out.Status = http.StatusNotModified
		}
		return out, nil
	})
}
