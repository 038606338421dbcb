package signin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/oauth2"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/edge"
	"github.com/bitacora-salud/bitacora/services/console/internal/house"
	"github.com/bitacora-salud/bitacora/services/console/internal/session"
)

const (
	// early is how long before its end an access token is renewed.
	early = time.Minute
	// claimFor bounds how long one renewal may keep others from trying; it ends before a request does.
	claimFor = 10 * time.Second
	// lookAgain is how often whoever waits for another's renewal looks whether it is there.
	lookAgain = 50 * time.Millisecond
)

// fresh says whether the access token need not be renewed yet.
func (d *Desk) fresh(a *account) bool {
	margin := min(early, a.Ends.Sub(a.Since)/2)
	return a.Ends.IsZero() || d.Now().Before(a.Ends.Add(-margin))
}

// token is an access token in force. It is renewed by one at a time, of all tabs and all processes: a provider may take a refresh token that is
// used twice for a stolen one.
func (d *Desk) token(ctx context.Context, key string, a *account) (string, error) {
	if d.fresh(a) {
		return a.Access, nil
	}
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		now := &account{}
		mine, err := d.Boxes.Claim(ctx, kindSignIn, key, d.Now().Add(claimFor), now, func() bool { return !d.fresh(now) })
		switch {
		case errors.Is(err, session.ErrGone):
			return "", house.ErrNobody
		case err != nil:
			return "", err
		case d.fresh(now):
			*a = *now
			return a.Access, nil
		case mine:
			return d.renew(ctx, key, now)
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-tick.C:
		}
	}
}

// renew asks for new tokens. Where the provider says no, the sign-in is over: it was ended there. Where it is away, the old token is used for as
// long as it is in force.
func (d *Desk) renew(ctx context.Context, key string, a *account) (string, error) {
	next, err := d.renewed(ctx, a)
	if err == nil {
		d.Renewed(done)
		err = d.Boxes.Replace(ctx, kindSignIn, key, next, next.Until)
		d.met(ctx, next)
		return next.Access, err
	}
	if over := a.Refresh == "" || refused(err); !over {
		d.Renewed(unavailable)
		d.Log.WarnContext(ctx, "a token could not be renewed", "error", err)
		if back := d.Boxes.Replace(ctx, kindSignIn, key, a, a.Until); back != nil { // gives the claim back
			return "", back
		}
		if d.Now().Before(a.Ends) {
			return a.Access, nil
		}
		return "", &api.Away{Path: "an access token", Reference: edge.RequestID(ctx), Cause: fmt.Errorf("%w: %w", ErrAway, err)}
	}
	d.Renewed(ended)
	d.Log.InfoContext(ctx, "the provider has ended a sign-in", "error", err)
	if err := d.Boxes.Drop(ctx, kindSignIn, key); err != nil {
		return "", err
	}
	return "", house.ErrNobody
}

func (d *Desk) renewed(ctx context.Context, a *account) (*account, error) {
	if a.Refresh == "" {
		return nil, errors.New("the provider gave no refresh token")
	}
	e, err := d.Provider.endpoints(ctx)
	if err != nil {
		return nil, err
	}
	asking := context.WithValue(ctx, oauth2.HTTPClient, d.Provider.HTTP)
	t, err := d.Provider.oauth(e, "").TokenSource(asking, &oauth2.Token{RefreshToken: a.Refresh}).Token()
	if err != nil {
		return nil, err
	}
	next, err := d.Provider.take(ctx, e, t, "", d.Now())
	if err != nil && errors.Is(err, auth.ErrIssuerAway) {
		return nil, err
	}
	if err != nil || next.Subject != a.Subject {
		return nil, errors.Join(errors.New("what the provider gave is not this person's"), err)
	}
	next.Until = a.Until
	if next.Refresh == "" {
		next.Refresh = a.Refresh
	}
	return next, nil
}
