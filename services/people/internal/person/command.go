package person

import (
	"context"
	"errors"
	"net/mail"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Commands are what can be done with the directory. Nothing of it raises an event.
type Commands struct {
	People event.Collection[Person]
	// Erasing is Update for what must be forgotten: nothing else of what the document held stays.
	Erasing func(ctx context.Context, id string, change func(*Person) error) error
	Atomic  func(ctx context.Context, work func(context.Context) error) error
	// Units are the places of those units that are known; inside Atomic too.
	Units func(ctx context.Context, ids []string) (Places, error)
	// Unit refuses a unit that the request's field names and that is not known.
	Unit func(ctx context.Context, field, id string) error
	Now  func() event.Time
	// Erased is called after somebody was erased.
	Erased func()
}

// Meet takes over what the person's token says, and makes the document of whoever is here for the first time. It writes only where the token says
// something new, or on another day. Whoever was erased stays so: a token brings nothing back.
func (c Commands) Meet(ctx context.Context, id string, t Token) error {
	known, err := c.People.Get(ctx, id)
	if err != nil && !errors.Is(err, event.ErrNotFound) {
		return err
	}
	if err == nil && (known.Erased || known.Told.Equal(t) && known.SeenOn == c.today()) {
		return nil
	}
	return c.own(ctx, id, t, func(*Person) error { return nil })
}

// Say replaces what the person says of themselves.
func (c Commands) Say(ctx context.Context, id string, t Token, in Own) error {
	in, err := in.clean()
	if err != nil {
		return err
	}
	return c.own(ctx, id, t, func(p *Person) error {
		if err := p.May("say"); err != nil {
			return err
		}
		p.Own = in
		return nil
	})
}

func (c Commands) today() string { return c.Now().UTC().Format("2006-01-02") }

// May refuses what the person's state does not admit, by the operation's verb: of whoever was erased nothing is kept, until they are admitted again.
func (p *Person) May(verb string) error {
	switch {
	case p.Erased && verb != "readmit":
		return fault.Conflictf("person-erased", "erased", "this person was erased; nothing is kept of whoever was, until an administrator admits the person again").With("readmit")
	case !p.Erased && verb == "readmit":
		return fault.Conflictf("person-not-erased", "present", "this person was not erased").With("say", "change", "erase")
	}
	return nil
}

// own changes the person's own document, or makes it, together with what the token says. What is known of units is read in the same transaction:
// one that moves meanwhile has it done again.
func (c Commands) own(ctx context.Context, id string, t Token, do func(*Person) error) error {
	t.Grants = t.sorted()
	var unknown bool
	work := func(ctx context.Context) error {
		meet := func(p *Person) error {
			if err := do(p); err != nil || p.Erased {
				return err
			}
			p.Told, p.SeenOn = t, c.today()
			units, err := c.Units(ctx, p.named())
			p.settle(units)
			unknown = len(units) < len(p.Units)
			return err
		}
		_, err := c.People.Get(ctx, id)
		if errors.Is(err, event.ErrNotFound) {
			p := &Person{ID: id}
			if err := meet(p); err != nil {
				return err
			}
			return c.People.Insert(ctx, id, p)
		}
		if err != nil {
			return err
		}
		return c.People.Update(ctx, id, func(p *Person) ([]event.Event, error) { return nil, meet(p) })
	}
	err := c.Atomic(ctx, work)
	if err == nil && unknown { // a unit that was heard of just now has not found this person
		return c.Settle(ctx, id)
	}
	return err
}

// named are the units that the person's grants and an administrator name.
func (p *Person) named() []string {
	ids := []string{p.Stated.UnitID}
	for _, g := range p.Told.Grants {
		if role, scope := cut(g); Staff(role) && strings.HasPrefix(scope, "unit:") {
			ids = append(ids, strings.TrimPrefix(scope, "unit:"))
		}
	}
	if ids[0] == "" {
		return ids[1:]
	}
	return ids
}

// Settle works out anew what follows from where units are.
func (c Commands) Settle(ctx context.Context, id string) error {
	return c.change(ctx, id, func(*Person) error { return nil })
}

// change changes a person who is there, and works out what follows.
func (c Commands) change(ctx context.Context, id string, do func(*Person) error) error {
	return c.Atomic(ctx, func(ctx context.Context) error {
		return c.People.Update(ctx, id, func(p *Person) ([]event.Event, error) {
			if err := do(p); err != nil || p.Erased {
				return nil, err
			}
			units, err := c.Units(ctx, p.named())
			p.settle(units)
			return nil, err
		})
	})
}

// Change is an administrator's word on a person.
func (c Commands) Change(ctx context.Context, id string, apply func(*Facts) error) error {
	known, err := c.People.Get(ctx, id)
	if err != nil {
		return err
	}
	said := known.Stated
	if err := apply(&said); err != nil {
		return err
	}
	if said.UnitID != "" && said.UnitID != known.Stated.UnitID {
		if err := c.Unit(ctx, "unit_id", said.UnitID); err != nil {
			return err
		}
	}
	return c.change(ctx, id, func(p *Person) error {
		if err := p.May("change"); err != nil {
			return err
		}
		if err := apply(&p.Stated); err != nil {
			return err
		}
		return p.Stated.check()
	})
}

// Erase forgets all of a person but that there was one of this subject.
func (c Commands) Erase(ctx context.Context, id string) error {
	err := c.Erasing(ctx, id, func(p *Person) error {
		if err := p.May("erase"); err != nil {
			return err
		}
		*p = Person{ID: id, Erased: true}
		return nil
	})
	if err == nil {
		c.Erased()
	}
	return err
}

// Readmit takes an erasure back for whoever comes again: the document is empty until the person's next token. What was erased is gone.
func (c Commands) Readmit(ctx context.Context, id string) error {
	return c.change(ctx, id, func(p *Person) error {
		if err := p.May("readmit"); err != nil {
			return err
		}
		*p = Person{ID: id}
		return nil
	})
}

func (f *Facts) check() error {
	f.Name, f.Post = mx.Clean(f.Name), mx.Clean(f.Post)
	if f.UnitID != "" && f.Office != "" {
		return fault.Invalidf("office", "unit-or-office", "a person is of a unit, whose office is known, or of an office itself: name one and empty the other")
	}
	if f.Office != "" && !mx.KnownPlace("office", f.Office) {
		return fault.Invalidf("office", "office-unknown", "there is no office of that key")
	}
	return nil
}

// clean is what people say as it is kept. A telephone is digits with what is usual between them; an address has one form.
func (o Own) clean() (Own, error) {
	o.Telephone, o.Email = mx.Clean(o.Telephone), mx.Clean(o.Email)
	if o.Telephone != "" && !telephone(o.Telephone) {
		return o, fault.Invalidf("telephone", "telephone-malformed", "a telephone has 7 to 20 digits, and between them blanks, +, -, ( ), dots and an extension").With("615 152 0021 ext. 14")
	}
	if o.Email != "" {
		a, err := mail.ParseAddress(o.Email)
		if err != nil || a.Name != "" || a.Address != o.Email || strings.ContainsAny(o.Email, " <>\"") {
			return o, fault.Invalidf("email", "email-malformed", "this is no e-mail address").With("somebody@example.org")
		}
	}
	return o, nil
}

func telephone(s string) bool {
	number, extension, _ := strings.Cut(strings.ToLower(s), "ext")
	digits := 0
	for _, r := range number + extension {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune(" +-().", r):
			return false
		}
	}
	return digits >= 7 && digits <= 20
}
