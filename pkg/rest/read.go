package rest

import (
	"context"
	"net/http"
	"reflect"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

type readInput struct {
	ID string `path:"id"`
	Conditions
}

type read struct {
	Status int
	ETag   string `header:"ETag" doc:"The document's version, in quotes: what If-Match takes."`
	Cache  string `header:"Cache-Control"`
	Vary   string `header:"Vary" hidden:"true"`
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
		out := &read{ETag: etag(doc.Version), Cache: "private, no-cache", Type: jsonType}
		if op.Seen != nil {
			out.Vary = "Authorization" // a browser's cache must not show one user what another saw of the same version
		}
		if out.Status, err = in.Read(out.ETag); err != nil {
			return nil, err
		}
		if out.Status == http.StatusNotModified {
			out.Type = ""
			return out, nil
		}
		body, err := op.see(ctx, doc.State)
		if err != nil {
			return nil, err
		}
		out.Body, err = alike(ctx, in.ID, body)
		return out, err
	})
}
