package rest

import (
	"context"
	"net/http"
	"reflect"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

type readInput struct {
	ID          string `path:"id"`
	IfNoneMatch string `header:"If-None-Match" doc:"The ETag last seen; answered 304 without a body while it is still the present one."`
}

type read struct {
	Status int
	ETag   string `header:"ETag" doc:"The document's version, in quotes: what If-Match takes."`
	Cache  string `header:"Cache-Control"`
	Type   string `header:"Content-Type" hidden:"true"`
	Body   []byte
}

// Read registers a GET on a document's path ("…/{id}"). The answer is the document.
func Read[T any](s *Server, op Op, c *docstore.Collection[T]) {
	found, alike := states(s, c), likenessOf(c)
	register(s, op, http.MethodGet, http.StatusOK, reflect.TypeFor[T](), func(ctx context.Context, in *readInput) (*read, error) {
		doc, err := found.Load(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		out := &read{Status: http.StatusOK, ETag: etag(doc.Version), Cache: "private, no-cache", Type: jsonType}
		if Unchanged(in.IfNoneMatch, out.ETag) {
			out.Status, out.Type, out.Body = http.StatusNotModified, "", nil
			return out, nil
		}
		out.Body, err = alike(ctx, in.ID, doc.State)
		return out, err
	})
}
