package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
)

// How long a session lasts without a request, and in all.
const (
	Idle     = 12 * time.Hour
	Lifetime = 7 * 24 * time.Hour
)

// Cookie is the name of the session's cookie. Browsers take one of this prefix only over HTTPS (or from their own machine), for this host alone
// and all of its paths.
const Cookie = "__Host-bitacora"

// NewManager keeps sessions in boxes. A session holds no more than the key of a sign-in; tokens are in a box of their own, because a session is
// written whole, and by whoever writes last.
func NewManager(boxes *Boxes, log *slog.Logger, failed func(http.ResponseWriter, *http.Request, error)) *scs.SessionManager {
	// scs.New would begin a goroutine that never ends, for a store in memory that nobody uses.
	return &scs.SessionManager{Store: sessions{boxes, log}, Codec: codec{}, IdleTimeout: Idle, Lifetime: Lifetime, ErrorFunc: failed,
		Cookie: scs.SessionCookie{Name: Cookie, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode, Persist: true}}
}

// sessions implements scs.CtxStore.
type sessions struct {
	boxes *Boxes
	log   *slog.Logger
}

// kindSession is the kind of the boxes of sessions.
const kindSession = "session"

// touchEvery is how much later a session must end, for that alone to be written: not at every page.
const touchEvery = 5 * time.Minute

// FindCtx is a session's data. A cookie of another installation, or a forged one, is simply no session.
func (s sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var data []byte
	_, err := s.boxes.Get(ctx, kindSession, token, &data)
	if errors.Is(err, ErrGone) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// CommitCtx writes a session, by the clock of the store: it ends when it was not used for Idle. When it is over in all, its sign-in's box says.
// That it lasts longer may fail to be written: then it ends a little earlier.
func (s sessions) CommitCtx(ctx context.Context, token string, data []byte, _ time.Time) error {
	expires := s.boxes.store.Now().Add(Idle)
	var was []byte
	until, err := s.boxes.Get(ctx, kindSession, token, &was)
	same := err == nil && bytes.Equal(was, data)
	if same && expires.Sub(until) < touchEvery {
		return nil
	}
	if err != nil && !errors.Is(err, ErrGone) {
		return err
	}
	err = s.boxes.Put(ctx, kindSession, token, data, expires)
	if same && err != nil {
		s.log.WarnContext(ctx, "a session was not prolonged", "error", err)
		return nil
	}
	return err
}

// DeleteCtx ends a session.
func (s sessions) DeleteCtx(ctx context.Context, token string) error {
	return s.boxes.Drop(ctx, kindSession, token)
}

// What has no context is never called where these are there.
func (s sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

func (s sessions) Commit(token string, data []byte, expires time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expires)
}

func (s sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// codec encodes sessions as JSON: equal ones are equal bytes.
type codec struct{}

type encoded struct {
	Deadline time.Time      `json:"deadline"`
	Values   map[string]any `json:"values"`
}

func (codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	return json.Marshal(encoded{deadline, values})
}

func (codec) Decode(b []byte) (time.Time, map[string]any, error) {
	var e encoded
	err := json.Unmarshal(b, &e)
	if e.Values == nil {
		e.Values = map[string]any{}
	}
	return e.Deadline, e.Values, err
}
