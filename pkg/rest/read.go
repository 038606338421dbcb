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
	ETag   string `header:"ETag" doc:"The document's version and a hash of the answer, in quotes: what If-Match and If-None-Match take."`
	Cache  string `header:"Cache-Control"`
	Type   string `header:"Content-Type" hidden:"true"`
	Body   []byte
}

// revalidated is the Cache-Control of what depends on who asks: kept by nobody but him, and not used without asking again.
const revalidated = "private, no-cache"

// Read registers a GET on a document's path ("…/{id}"). The answer is the document.
func Read[T any](s *Server, op Op, c *docstore.Collection[T]) {
	found := answersOf(s, c)
	register(s, op, http.MethodGet, http.StatusOK, reflect.TypeFor[T](), func(ctx context.Context, in *readInput) (*read, error) {
		return found.read(ctx, op, in.ID, in.Conditions)
	})
}

// read is the answer to a read of one of them.
func (a *answers) read(ctx context.Context, op Op, id string, asked Conditions) (*read, error) {
	doc, err := a.docs.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &read{Cache: revalidated, Type: jsonType}
	if out.Body, out.ETag, err = a.view(ctx, op, doc); err != nil {
		return nil, err
	}
	if out.Status, err = asked.Read(out.ETag); err != nil {
		return nil, err
	}
	if out.Status == http.StatusNotModified {
		out.Type, out.Body = "", nil
	}
	return out, nil
}
