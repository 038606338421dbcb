package rest

import (
	"context"
	"errors"
	"net/http"
	"reflect"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

type ownInput[B any] struct {
	WriteHeaders
	Conditions
	Body B
}

// ReadOwn registers a GET of the caller's own document, whose id is the caller's subject and whose path names none. made is called first: it may
// make the document, or bring it up to date with the caller's token. The answer is the document.
func ReadOwn[T any](s *Server, op Op, c *docstore.Collection[T], made func(ctx context.Context, id string) error) {
	op.Own = true
	found := answersOf(s, c)
	register(s, op, http.MethodGet, http.StatusOK, reflect.TypeFor[T](), func(ctx context.Context, in *struct{ Conditions }) (*read, error) {
		id := subject(ctx)
		if err := made(ctx, id); err != nil {
			return nil, err
		}
		return found.read(ctx, op, id, in.Conditions)
	})
}

// ReplaceOwn registers a PUT on the same path: run carries out the command that replaces what the caller says in it. If-Match is optional. The
// answer is the document.
func ReplaceOwn[B, T any](s *Server, op Op, c *docstore.Collection[T], run func(ctx context.Context, id string, in *B) error) {
	op.Own = true
	docs := answersOf(s, c)
	docs.offers.add(op)
	register(s, op, http.MethodPut, http.StatusOK, reflect.TypeFor[T](), func(ctx context.Context, in *ownInput[B]) (*written, error) {
		id := subject(ctx)
		cmd, ctx, err := command(ctx, op, docs, in.WriteHeaders, in.Conditions, id)
		if err != nil {
			return nil, err
		}
		if in.IfMatch != "" { // what is yet to be made has no tag that it could name
			if _, err := docs.docs.Load(ctx, id); errors.Is(err, docstore.ErrNotFound) {
				return nil, docstore.ErrStale
			}
		}
		return present(ctx, s, op, docs, cmd, id, run(ctx, id, &in.Body))
	})
}

// subject is the caller's.
func subject(ctx context.Context) string {
	access, _ := caller.AccessOf(ctx)
	return access.Subject
}
