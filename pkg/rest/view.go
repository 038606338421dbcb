package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// actionsField is the member of a document's answer with the operations that its reader may run on it.
const actionsField = "actions"

// notNowField is the member with those that his roles and places let him run on it, but not in its present state.
const notNowField = "not_now"

// becauseField is the member that says of those by which rule they are refused, where it is another one than that the state has no such step.
const becauseField = "not_now_because"

// stepless is the rule by which a state refuses what is no step of it.
const stepless = "transition-not-allowed"

// Moves tells which operations the state of a document admits. Of each operation that Change or Action registered on the collection, and that
// the caller's roles and places let him run on the document, may(ctx, doc) is asked by the operation's verb ("set-priority" of
// work_order.set_priority): nil, or the fault that refuses it. The commands refuse by the same function, so that what an answer offers
// (actions) is what is carried out. Without Moves every state admits all of them.
//
// members, where it is given, says by which members of a document may judges it, nil meaning by all: the others are not decoded then. It is for
// documents of which thousands a second are read.
func Moves[T any](s *Server, c *docstore.Collection[T], may func(ctx context.Context, doc *T) func(verb string) error, members ...func(doc []byte) []string) {
	s.offersOf(c.Spec().Name).may = func(ctx context.Context, doc state) (func(string) error, error) {
		of := new(T)
		for _, named := range members {
			if names := named(doc); names != nil {
				doc = docstore.Only(doc, names)
			}
		}
		if err := json.Unmarshal(doc, of); err != nil {
			return nil, fmt.Errorf("decode a document of %s: %w", c.Spec().Name, err)
		}
		return may(ctx, of), nil
	}
}

// offers are the operations on one document of a collection.
type offers struct {
	ops []offer
	// roles are all that may run any of them.
	roles auth.Roles
	may   func(ctx context.Context, doc state) (func(verb string) error, error)
}

type offer struct {
	id, verb string
	roles    auth.Roles
	byRight  bool
	// own: everybody may run it on the document that is theirs, and nobody on another.
	own bool
}

func (s *Server) offersOf(collection string) *offers {
	if s.offers[collection] == nil {
		s.offers[collection] = &offers{}
	}
	return s.offers[collection]
}

func (o *offers) add(op Op) {
	_, verb, _ := strings.Cut(op.ID, ".")
	o.ops = append(o.ops, offer{op.ID, strings.ReplaceAll(verb, "_", "-"), slices.Clone(op.Roles), op.ByRight, op.Own})
	o.roles = o.roles.And(op.Roles.Without(o.roles...)...)
}

// reaches says whether who holds these grants may run the operation on a document that carries these scopes, as far as roles and places go.
func (of offer) reaches(a caller.Access, scopes []string) bool {
	var places [16]string // as a rule they are few
	held := caller.Access{Scopes: places[:0]}
	for _, g := range a.Grants {
		if slices.Contains(of.roles, auth.Role(g.Role)) {
			held.Scopes = append(held.Scopes, g.Place)
		}
	}
	if of.own {
		return len(held.Scopes) > 0 && slices.Contains(scopes, caller.Self(a.Subject))
	}
	return held.Owns(scopes) || of.byRight && len(held.Scopes) > 0 && a.Admits(scopes)
}

// open are the operations that the caller may run on doc now, and those that only its state keeps him from, each with the rule, in the order of
// their registration.
func (o *offers) open(ctx context.Context, doc *docstore.Doc[state]) (ids []string, notNow []refused, err error) {
	if len(o.ops) == 0 {
		return nil, nil, nil
	}
	access, err := exchangeOf(ctx).caller.Access(o.ops[0].id, o.roles)
	if fault.Is(err, fault.Forbidden) {
		return nil, nil, nil
	} else if err != nil {
		return nil, nil, err
	}
	var may func(string) error
	for _, op := range o.ops {
		if !op.reaches(access, doc.Scopes) {
			continue
		}
		if may == nil && o.may != nil {
			if may, err = o.may(ctx, doc.State); err != nil {
				return nil, nil, err
			}
		}
		if may != nil {
			if err := may(op.verb); fault.As(err) != nil {
				notNow = append(notNow, refused{op.id, fault.As(err).Rule})
				continue
			} else if err != nil {
				return nil, nil, err
			}
		}
		ids = append(ids, op.id)
	}
	return ids, notNow, nil
}

// offered adds them to what answers doc.
func (o *offers) offered(ctx context.Context, doc *docstore.Doc[state], answer []byte) ([]byte, error) {
	ids, notNow, err := o.open(ctx, doc)
	if err != nil {
		return nil, err
	}
	answer = answer[:len(answer)-1]
	if len(answer) > 1 {
		answer = append(answer, ',')
	}
	answer = append(named(answer, actionsField, ids), ',')
	later := make([]string, len(notNow))
	for i, r := range notNow {
		later[i] = r.id
	}
	return append(because(named(answer, notNowField, later), notNow), '}'), nil
}

// refused is an operation that the document's state keeps somebody from, and the rule that says so.
type refused struct{ id, rule string }

// because adds the rules by which operations are refused, which need no escapes; nothing where all are no step of the state.
func because(answer []byte, all []refused) []byte {
	first := true
	for _, r := range all {
		if r.rule == stepless || r.rule == "" {
			continue
		}
		if first {
			answer = append(append(append(answer, `,"`...), becauseField...), `":{`...)
		} else {
			answer = append(answer, ',')
		}
		first = false
		answer = append(append(append(append(append(answer, '"'), r.id...), `":"`...), r.rule...), '"')
	}
	if !first {
		answer = append(answer, '}')
	}
	return answer
}

// named adds a member with operations' ids, which need no escapes.
func named(answer []byte, member string, ids []string) []byte {
	answer = append(append(append(answer, '"'), member...), `":[`...)
	for i, id := range ids {
		if i > 0 {
			answer = append(answer, ',')
		}
		answer = append(append(append(answer, '"'), id...), '"')
	}
	return append(answer, ']')
}

// answers are the documents of a collection as they are answered.
type answers struct {
	docs   *docstore.Collection[state]
	alike  likeness
	offers *offers
}

func answersOf[T any](s *Server, c *docstore.Collection[T]) *answers {
	s.describeActions(reflect.TypeFor[T]())
	return &answers{states(s, c), likenessOf(c), s.offersOf(c.Spec().Name)}
}

// view is a document as the caller is answered it: what op lets him see of it, what is like it, what he may do with it; and its tag.
func (a *answers) view(ctx context.Context, op Op, doc *docstore.Doc[state]) (body []byte, tag string, err error) {
	seen, err := op.see(ctx, doc.State)
	if err != nil {
		return nil, "", err
	}
	if seen, err = a.alike(ctx, doc.ID, seen); err != nil {
		return nil, "", err
	}
	if body, err = a.offers.offered(ctx, doc, seen); err != nil {
		return nil, "", err
	}
	return body, etag(doc.Version, body), nil
}

// describeActions adds the members to the description of a document's type. They are not among the required ones: items of listings are of the
// same type and do not have them.
func (s *Server) describeActions(t reflect.Type) {
	schemas := s.api.OpenAPI().Components.Schemas
	schema := schemas.SchemaFromRef(schemas.Schema(t, true, "").Ref)
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name == actionsField || name == notNowField || name == becauseField {
			panic(errors.New("rest: " + t.String() + " has a field " + name + " of its own"))
		}
	}
	for member, description := range map[string]string{
		actionsField: "The operations, by their operationId, that the caller may run on this document in its present state. In the answers of one document; items of listings do not have it.",
		notNowField:  "Those that the caller's roles and places allow, and the document's present state does not. What is in neither the caller may never run on it. In the answers of one document, as actions.",
	} {
		schema.Properties[member] = &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString}, Description: description}
	}
	schema.Properties[becauseField] = &huma.Schema{Type: huma.TypeObject, AdditionalProperties: &huma.Schema{Type: huma.TypeString},
		Description: "The rule by which an operation of not_now is refused, by its operationId, where it is another one than transition-not-allowed: what is missing, or who has to do it. In the answers of one document, as not_now."}
}
