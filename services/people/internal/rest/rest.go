// Package rest is the directory's operations: request, command, answer. No rules.
package rest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/people/internal/person"
	"github.com/bitacora-salud/bitacora/services/people/internal/store"
)

type query struct {
	rest.Paging
	IDs    []string `query:"ids,explode" field:"id" maxItems:"100" doc:"These subjects, all in one page. Of one that is not known and of one whom the caller may not see the answer is the same: none"`
	Role   []string `query:"role,explode" field:"-" vocabulary:"role" doc:"Who held this role when last seen; with unit_id or office: there"`
	UnitID []string `query:"unit_id,explode" field:"-" maxItems:"20" doc:"Who holds a grant at this unit; those who may work for somebody else: who is of it"`
	Office []string `query:"office,explode" field:"-" maxItems:"35" doc:"Likewise, of this office or one of its units"`
}

// Where is what role, unit and office mean together: a director of this unit is not one who directs another and works here. Who is not the
// institution's own lists nobody: only whom a document names, by id, and themselves.
func (q *query) Where(ctx context.Context) (where []docstore.Condition, err error) {
	q.Limit = max(q.Limit, len(q.IDs))
	if v := viewer(ctx); len(v.Places) == 0 && len(q.IDs) == 0 {
		where = append(where, docstore.Eq("id", v.Subject))
	}
	var held []any
	roles := q.Role
	if len(roles) == 0 {
		roles = []string{""}
	}
	for _, role := range roles {
		for _, unit := range q.UnitID {
			held = append(held, person.Held(role, unit, ""))
		}
		for _, office := range q.Office {
			held = append(held, person.Held(role, "", office))
		}
		if len(q.UnitID)+len(q.Office) == 0 && role != "" {
			held = append(held, role)
		}
	}
	if len(held) > 0 {
		where = append(where, docstore.Condition{Field: "holds", In: held})
	}
	return where, nil
}

// Register adds the service's operations. Everybody keeps what they say of themselves, planners and auditors too; what somebody is called and
// does is the provider's and an administrator's word.
func Register(s *service.Service, c *store.Collections, do person.Commands) {
	s.Rest.Refusals = refusals
	s.Rest.Uses("person_state") // what stands for a name
	op := func(o rest.Op) rest.Op {
		o.Reads, o.Seen = reads(c), seen
		return o
	}
	rest.Moves(s.Rest, c.People, func(_ context.Context, p *person.Person) func(string) error { return p.May })
	const me, all, one = "/v1/people/me", "/v1/people", "/v1/people/{id}"
	admins := auth.Roles{auth.Admin}
	rest.ReadOwn(s.Rest, op(rest.Op{ID: "person.me", Roles: auth.Everybody, Path: me, Summary: "Read who one is",
		Description: "With the grants of the token. Makes the caller's document, or takes over what is new in the token: it is how the directory learns of people."}), c.People,
		func(ctx context.Context, id string) error { return do.Meet(ctx, id, token(ctx)) })
	rest.ReplaceOwn(s.Rest, op(rest.Op{ID: "person.say", Roles: auth.Everybody, Path: me, Summary: "Say one's telephone, e-mail address and language",
		Description: "All of them: what is left out is emptied. Name and post are the provider's or an administrator's word. An address is confirmed if the provider's token says so of the same one; " +
			"another is kept unconfirmed, and used for nothing."}), c.People,
		func(ctx context.Context, id string, in *person.Own) error { return do.Say(ctx, id, token(ctx), *in) })
	rest.List[query](s.Rest, op(rest.Op{ID: "person.list", Roles: auth.Everybody, Path: all, Summary: "Name people, or find them by role and place",
		Description: "Those with whom the caller shares a place: one's own, what it contains or what contains it. Contractors and technicians see post and unit or office, of whom they name by id."}),
		c.People, rest.Order{})
	rest.Read(s.Rest, op(rest.Op{ID: "person.read", Roles: auth.Everybody, Path: one, Summary: "Read a person"}), c.People)
	rest.Change(s.Rest, op(rest.Op{ID: "person.change", Roles: admins, Path: one, Summary: "Say a person's name, post, unit or office"}), c.People,
		func(ctx context.Context, id string, patch rest.Patch[person.Facts]) error {
			return do.Change(ctx, id, patch.Apply)
		})
	rest.Action(s.Rest, op(rest.Op{ID: "person.erase", Roles: admins, Path: one + "/erase", Summary: "Forget a person",
		Description: "All that is kept of the person is overwritten; the subject stays, and says that the person was erased, to everybody. Signing in again brings nothing back."}), c.People,
		func(ctx context.Context, id string, _ *rest.Nothing) error { return do.Erase(ctx, id) })
	rest.Action(s.Rest, op(rest.Op{ID: "person.readmit", Roles: admins, Path: one + "/readmit", Summary: "Admit again a person who was erased",
		Description: "The document is empty until the person's next token is seen."}), c.People,
		func(ctx context.Context, id string, _ *rest.Nothing) error { return do.Readmit(ctx, id) })
	for _, hidden := range []string{"PersonToken", "Place"} { // what a stored person is made of and no answer holds is not described
		delete(s.Rest.API().OpenAPI().Components.Schemas.Map(), hidden)
	}
}

// token is what the caller's token says.
func token(ctx context.Context) (t person.Token) {
	p, ok := rest.CallerOf(ctx).(*auth.Principal)
	if !ok {
		return t
	}
	said := p.Profile()
	t = person.Token{Name: said.Name, Post: said.Post, Email: said.Email}
	for _, g := range p.Grants() {
		t.Grants = append(t.Grants, g.String())
	}
	return t
}

// viewer is who asks, by the grants that may run the operation.
func viewer(ctx context.Context) person.Viewer {
	a, _ := caller.AccessOf(ctx)
	v := person.Viewer{Subject: a.Subject, Above: person.Downward(a.Reads)}
	for _, g := range a.Grants {
		if person.Staff(g.Role) {
			v.Places = append(v.Places, g.Place)
		}
		if g.Role == string(auth.Admin) {
			v.Admin = append(v.Admin, g.Place)
		}
	}
	return v
}

// reads lets staff look upwards, at those who answer for all of a place that they are in; those who may work for somebody else at posts; everybody at
// themselves.
func reads(c *store.Collections) func(context.Context, caller.Access) ([]string, error) {
	return func(ctx context.Context, a caller.Access) ([]string, error) {
		more, staff := []string{caller.Self(a.Subject)}, viewer(ctx).Places
		if len(staff) == 0 {
			return append(more, person.Posts), nil
		}
		var ids []string
		for _, place := range staff {
			if id, ok := strings.CutPrefix(place, "unit:"); ok {
				ids = append(ids, id)
			}
		}
		units, err := c.Places(ctx, ids)
		for _, place := range staff {
			more = append(more, person.Upward(append(units.Above(place), place))...)
		}
		slices.Sort(more)
		return slices.Compact(more), err
	}
}

// seen is a person as the caller may see it; oneself with the grants that one has now, also where nothing is kept.
func seen(ctx context.Context, doc []byte) ([]byte, error) {
	var p person.Person
	if err := json.Unmarshal(doc, &p); err != nil {
		return nil, errors.New("a stored person cannot be read") // the error's text would hold parts of it
	}
	v := viewer(ctx)
	out := p.SeenBy(v)
	if v.Subject == p.ID {
		out.Grants = token(ctx).Grants
	}
	return json.Marshal(out)
}
