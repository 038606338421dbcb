package rest

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// Nothing is the body of an action that needs none.
type Nothing struct{}

// WriteHeaders are what every write takes; huma sees only exported fields, hence its name.
type WriteHeaders struct {
	Key string `header:"Idempotency-Key" maxLength:"200" pattern:"^[ -~]+$" patternDescription:"printable ASCII" doc:"Any text of the client's own, fresh for each thing it wants done. The same request with the same key is carried out once within 24 hours, however often it is sent and whatever comes between; it is known by what its JSON says, not by the order of its names or its spacing. The same key with another request on the same document is 422."`
}

type createInput[B any] struct {
	WriteHeaders
	Conditions
	Body B
}

type actionInput[B any] struct {
	WriteHeaders
	Conditions
	ID   string `path:"id"`
	Body B
}

type changeInput[F any] struct {
	WriteHeaders
	Conditions
	ID   string `path:"id"`
	Body Patch[F]
}

type written struct {
	ETag     string `header:"ETag" doc:"The document's version and a hash of the answer, in quotes: what If-Match and If-None-Match take."`
	Cache    string `header:"Cache-Control"`
	Mark     string `header:"Bitacora-Written" doc:"aggregate/id@version of what was written: what min_as_of takes."`
	Replayed string `header:"Idempotency-Replayed" doc:"true when this very request had been carried out before: nothing was done now, the body is the present document."`
	Type     string `header:"Content-Type" hidden:"true"`
	Body     []byte
}

// created repeats the fields of written: huma does not look for a body in embedded structs.
type created struct {
	ETag     string `header:"ETag" doc:"The document's version and a hash of the answer, in quotes: what If-Match and If-None-Match take."`
	Cache    string `header:"Cache-Control"`
	Mark     string `header:"Bitacora-Written" doc:"aggregate/id@version of what was written: what min_as_of takes."`
	Replayed string `header:"Idempotency-Replayed" doc:"true when this very request had been carried out before: nothing was done now, the body is the present document."`
	Location string `header:"Location" doc:"The path of what was created."`
	Type     string `header:"Content-Type" hidden:"true"`
	Body     []byte
}

// Create registers a POST on a collection's path. run carries out the command that creates the document id: the body's field "id" when
// the client sent one (a UUIDv7), else one derived from the Idempotency-Key, else a fresh one. A body with a method Key() string is
// of something that goes by a key of the institution: its Key is the id, in whatever form the domain admits. The answer is 201 with the
// document.
func Create[B, T any](s *Server, op Op, c *docstore.Collection[T], run func(ctx context.Context, id string, in *B) error) {
	clientID, docs := idField[B](), answersOf(s, c)
	register(s, op, http.MethodPost, http.StatusCreated, reflect.TypeFor[T](), func(ctx context.Context, in *createInput[B]) (*created, error) {
		id, err := clientID(&in.Body)
		if err != nil {
			return nil, err
		}
		cmd, ctx, err := command(ctx, op, docs, in.WriteHeaders, in.Conditions, "")
		if err != nil {
			return nil, err
		}
		id = c.NewID(ctx, id)
		err = docstore.ErrStale // what is yet to be made has no tag that If-Match could name
		if in.IfMatch == "" {
			err = run(ctx, id, &in.Body)
		}
		out, err := present(ctx, s, op, docs, cmd, id, err)
		var exists *docstore.ErrExists
		if errors.As(err, &exists) && exists.Key == "_id" && strings.TrimSpace(in.IfNoneMatch) == "*" {
			err = thereIsOne()
		}
		if err != nil {
			return nil, err
		}
		return &created{out.ETag, out.Cache, out.Mark, out.Replayed, op.Path + "/" + url.PathEscape(id), out.Type, out.Body}, nil
	})
}

// Change registers a PATCH on a document's path ("…/{id}"). Fields the body leaves out stay as they are, null empties a field. If-Match
// is required. The answer is the document.
func Change[F, T any](s *Server, op Op, c *docstore.Collection[T], run func(ctx context.Context, id string, patch Patch[F]) error) {
	docs, required := answersOf(s, c), huma.SchemaFromType(s.api.OpenAPI().Components.Schemas, reflect.TypeFor[F]()).Required
	docs.offers.add(op)
	register(s, op, http.MethodPatch, http.StatusOK, reflect.TypeFor[T](), func(ctx context.Context, in *changeInput[F]) (*written, error) {
		if name := in.Body.kept(required); name != "" {
			return nil, humaStatus(http.StatusUnprocessableEntity, "").at("body."+name, "cannot be emptied")
		}
		if in.IfMatch == "" {
			return nil, newProblem(http.StatusPreconditionRequired, "if-match-required", "say which version is changed: If-Match takes the ETag that was read").
				at("header.If-Match", "is missing", `"7"`)
		}
		cmd, ctx, err := command(ctx, op, docs, in.WriteHeaders, in.Conditions, in.ID)
		if err != nil {
			return nil, err
		}
		return present(ctx, s, op, docs, cmd, in.ID, run(ctx, in.ID, in.Body))
	})
}

// Action registers a POST of one transition of a document ("…/{id}/activate"). If-Match is optional; a body of which nothing is
// required may be left out. The answer is the document.
func Action[B, T any](s *Server, op Op, c *docstore.Collection[T], run func(ctx context.Context, id string, in *B) error) {
	docs := answersOf(s, c)
	docs.offers.add(op)
	register(s, op, http.MethodPost, http.StatusOK, reflect.TypeFor[T](), func(ctx context.Context, in *actionInput[B]) (*written, error) {
		cmd, ctx, err := command(ctx, op, docs, in.WriteHeaders, in.Conditions, in.ID)
		if err != nil {
			return nil, err
		}
		return present(ctx, s, op, docs, cmd, in.ID, run(ctx, in.ID, &in.Body))
	})
}

// wellKeyed refuses an Idempotency-Key that says nothing, or that is given twice: its sender believes that repeats are safe.
func wellKeyed(r *http.Request) *Problem {
	keys := r.Header.Values("Idempotency-Key")
	if len(keys) == 0 || len(keys) == 1 && strings.TrimSpace(keys[0]) != "" {
		return nil
	}
	p := newProblem(http.StatusUnprocessableEntity, "idempotency-key-malformed", "an Idempotency-Key is given once and is not blank; leave it out where no repeat is to be recognised")
	return p.at("header.Idempotency-Key", "blank, or given more than once", "a text of 1 to 200 printable characters")
}

// command puts the request behind a write into its context.
func command(ctx context.Context, op Op, docs *answers, h WriteHeaders, asked Conditions, target string) (*caller.Command, context.Context, error) {
	meets, err := asked.write()
	if err != nil {
		return nil, ctx, err
	}
	x := exchangeOf(ctx)
	access, _ := caller.AccessOf(ctx)
	cmd := &caller.Command{Subject: access.Subject, Operation: op.ID, Key: h.Key, Meets: meets, Ends: op.Ends,
		Hash: caller.Fingerprint(op.ID, x.url.RequestURI(), x.sent), Meaning: caller.Meaning(op.ID, x.url, cmp.Or(string(x.said), "{}"))}
	if target != "" {
		cmd.Target = docstore.Ref{Collection: docs.docs.Spec().Name, ID: target}
	}
	return cmd, caller.WithCommand(ctx, cmd), nil
}

// present answers a write with the document as it is now, by the right to see what one has just written, even where one's role does
// not read it or the write has moved it out of one's scope. A repeat has written nothing: whoever has lost the document from his scope
// since is not shown it.
func present(ctx context.Context, s *Server, op Op, c *answers, cmd *caller.Command, id string, err error) (*written, error) {
	out := &written{Type: jsonType, Cache: revalidated}
	switch err = s.cfg.Store.Judged(ctx, err); {
	case errors.Is(err, docstore.ErrReplayed):
		out.Replayed = "true"
	case err != nil:
		return nil, err
	}
	doc, err := c.docs.Written(cmd, id)
	if doc == nil && err == nil {
		doc, err = c.docs.Load(ctx, id)
	}
	if err != nil {
		return nil, err
	}
	if out.Body, out.ETag, err = c.view(ctx, op, doc); err != nil {
		return nil, err
	}
	out.Mark = Mark{or(c.docs.Spec().Aggregate, op.aggregate()), id, doc.Version}.String()
	return out, nil
}

// idField is how to find the id by which a client names what it creates.
func idField[B any]() func(*B) (string, error) {
	if _, ok := any(new(B)).(interface{ Key() string }); ok {
		return func(b *B) (string, error) {
			if key := any(b).(interface{ Key() string }).Key(); key != "" {
				return key, nil
			}
			return "", fault.Invalidf("id", "id-required", "this needs a stable key of the institution's own")
		}
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[B]()) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name == "id" && f.Type.Kind() == reflect.String {
			return func(b *B) (string, error) {
				id := reflect.ValueOf(b).Elem().FieldByIndex(f.Index).String()
				if id != "" && !isUUIDv7(id) {
					return "", fault.Invalidf("id", "id-not-uuidv7", "an id is a UUID of version 7 in lower case; leave it out to be given one")
				}
				return id, nil
			}
		}
	}
	return func(*B) (string, error) { return "", nil }
}

func isUUIDv7(s string) bool {
	id, err := uuid.Parse(s)
	return err == nil && id.Version() == 7 && id.String() == s
}
