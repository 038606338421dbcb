package auth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

const (
	// Leeway is how far the issuer's clock may be ahead of or behind ours when a token's end is judged; its beginning is given
	// five minutes (go-oidc).
	Leeway = 30 * time.Second
	// MaxTokenLength bounds what is looked at.
	MaxTokenLength = 16 << 10
	// DefaultGrantsClaim is the claim that holds the grants unless the configuration says otherwise.
	DefaultGrantsClaim = "bitacora_grants"
)

// Rules of the faults, all of kind Unauthenticated, with which Verify refuses.
const (
	RuleTokenMissing = "token-missing"
	RuleTokenInvalid = "token-invalid"
	RuleTokenExpired = "token-expired"
)

// ErrIssuerAway says that whether a token is good cannot be known, because its issuer does not answer. It is a docstore.ErrUnavailable, so that
// the edge answers 503 and the client comes again.
var ErrIssuerAway = fmt.Errorf("token issuer away: %w", docstore.ErrUnavailable)

// Config is what a Verifier is given. Issuer and Audience are required.
type Config struct {
	// Issuer is the exact text of the tokens' iss and the address under which discovery finds the issuer.
	Issuer string
	// Audience must be among the tokens' aud.
	Audience string
	// GrantsClaim is the path of the claim with the grants, DefaultGrantsClaim when empty: "resource_access.bitacora.grants".
	GrantsClaim string
	HTTPClient  *http.Client
	Clock       func() time.Time
	Logger      *slog.Logger
	// Registerer gets bitacora_auth_tokens_total{outcome} and bitacora_auth_grants_ignored_total; nil: not counted anywhere.
	Registerer prometheus.Registerer
	// Refresh is how often the issuer's keys are read again, 15 minutes when zero.
	Refresh time.Duration
}

func (c Config) withDefaults() Config {
	c.GrantsClaim = cmp.Or(c.GrantsClaim, DefaultGrantsClaim)
	c.HTTPClient = cmp.Or(c.HTTPClient, &http.Client{Timeout: fetchTimeout})
	c.Refresh = cmp.Or(c.Refresh, refreshEvery)
	c.Logger = cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c
}

// Verifier tells whose token a request carries. It is safe for concurrent use.
type Verifier struct {
	cfg     Config
	oidc    *oidc.IDTokenVerifier
	cache   *cache
	remote  *remoteKeys
	cancel  context.CancelFunc
	tokens  *prometheus.CounterVec
	ignored prometheus.Counter
}

// NewVerifier believes the issuer found by discovery. It returns at once: the issuer is looked for in the background, again and
// again until it answers, and until then Ready and Authenticate say so. Stop, or the end of ctx, ends the background work.
func NewVerifier(ctx context.Context, cfg Config) *Verifier {
	cfg = cfg.withDefaults()
	keys := newRemoteKeys(cfg)
	v := newVerifier(keys, cfg)
	v.remote = keys
	ctx, v.cancel = context.WithCancel(ctx)
	go keys.run(ctx)
	return v
}

// NewStaticVerifier believes a key set that is at hand, as in local mode that of the development issuer.
func NewStaticVerifier(keys oidc.KeySet, cfg Config) *Verifier {
	return newVerifier(keys, cfg.withDefaults())
}

func newVerifier(keys oidc.KeySet, cfg Config) *Verifier {
	allowed := make([]string, len(algorithms))
	for i, a := range algorithms {
		allowed[i] = string(a)
	}
	count := promauto.With(cfg.Registerer)
	return &Verifier{cfg: cfg, cache: newCache(),
		oidc: oidc.NewVerifier(cfg.Issuer, keys, &oidc.Config{ClientID: cfg.Audience, SupportedSigningAlgs: allowed,
			Now: func() time.Time { return cfg.Clock().Add(-Leeway) }}),
		tokens: count.NewCounterVec(prometheus.CounterOpts{Name: "bitacora_auth_tokens_total",
			Help: "Tokens presented, by what came of it."}, []string{"outcome"}),
		ignored: count.NewCounter(prometheus.CounterOpts{Name: "bitacora_auth_grants_ignored_total",
			Help: "Grants in believed tokens that could not be read."}),
	}
}

// Ready says why tokens cannot be verified yet, nil when they can.
func (v *Verifier) Ready(context.Context) error {
	if v.remote == nil || v.remote.known.Load() != nil {
		return nil
	}
	if err := v.remote.failure(); err != nil {
		return fmt.Errorf("issuer %s not read yet: %w", v.cfg.Issuer, err)
	}
	return fmt.Errorf("issuer %s not read yet", v.cfg.Issuer)
}

// Stop ends the background work and waits for its end.
func (v *Verifier) Stop(ctx context.Context) error {
	if v.remote == nil {
		return nil
	}
	v.cancel()
	select {
	case <-v.remote.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Principal is who sends r, by its one Authorization header of the scheme Bearer. Errors are those of Verify.
func (v *Verifier) Principal(r *http.Request) (*Principal, error) {
	headers := r.Header.Values("Authorization")
	if len(headers) == 0 {
		return nil, v.refuse("missing", RuleTokenMissing, "the request carries no bearer token")
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if len(headers) > 1 || !strings.EqualFold(scheme, "Bearer") {
		return nil, v.refuse("invalid", RuleTokenInvalid, "one Authorization header of the scheme Bearer is expected")
	}
	return v.Verify(r.Context(), strings.TrimSpace(token))
}

// Verify is whose token this is. It refuses with fault.Unauthenticated what is not an access token of the issuer for this audience, signed
// with RS256 or ES256, in force; the error is ErrIssuerAway when that cannot be said. A token that was believed is believed for up to
// a minute more without looking at its signature again.
func (v *Verifier) Verify(ctx context.Context, token string) (*Principal, error) {
	if len(token) > MaxTokenLength {
		return nil, v.refuse("invalid", RuleTokenInvalid, "the token is too long")
	}
	key, now := sha256.Sum256([]byte(token)), v.cfg.Clock()
	if p := v.cache.get(key, now); p != nil {
		v.tokens.WithLabelValues("cached").Inc()
		return p, nil
	}
	noted, away := withNote(ctx)
	verified, err := v.oidc.Verify(noted, token)
	if err != nil {
		return nil, v.explain(ctx, err, *away)
	}
	p, err := v.principal(ctx, token, verified)
	if err != nil {
		return nil, v.explain(ctx, err, nil)
	}
	until := now.Add(cacheFor)
	if end := verified.Expiry.Add(Leeway); end.Before(until) {
		until = end
	}
	v.cache.add(key, p, until)
	v.tokens.WithLabelValues("verified").Inc()
	return p, nil
}

func (v *Verifier) principal(ctx context.Context, raw string, token *oidc.IDToken) (*Principal, error) {
	if !plain(strings.ReplaceAll(token.Subject, ":", "")) || len(token.Subject) > 255 {
		return nil, errors.New("the subject is not an opaque id of up to 255 visible ASCII characters")
	}
	var claims map[string]json.RawMessage
	if err := token.Claims(&claims); err != nil {
		return nil, err
	}
	if err := isAccess(raw, claims); err != nil {
		return nil, err
	}
	unread, first, why := 0, "", error(nil)
	grants := parseGrants(grantEntries(claims, v.cfg.GrantsClaim), func(text string, reason error) {
		if unread++; unread == 1 {
			first, why = text[:min(len(text), MaxGrantLength)], reason
		}
	})
	if unread > 0 {
		v.ignored.Add(float64(unread))
		v.cfg.Logger.WarnContext(ctx, "grants ignored", "subject", token.Subject, "count", unread, "grant", first, "reason", why)
	}
	return &Principal{token.Subject, grants, profileOf(claims)}, nil
}

// explain turns what go-oidc says into what a caller may know; the rest is for the log.
func (v *Verifier) explain(ctx context.Context, err, away error) error {
	v.cfg.Logger.DebugContext(ctx, "token refused", "error", err)
	if ctx.Err() != nil || away != nil {
		v.tokens.WithLabelValues("unavailable").Inc()
		return fmt.Errorf("%w: %w", ErrIssuerAway, cmp.Or(away, ctx.Err()))
	}
	if expired, ok := errors.AsType[*oidc.TokenExpiredError](err); ok {
		if expired.Expiry.IsZero() {
			return v.refuse("invalid", RuleTokenInvalid, "the token does not say when it ends: it needs the claim exp")
		}
		return v.refuse("expired", RuleTokenExpired, "the token has expired")
	}
	return v.refuse("invalid", RuleTokenInvalid, "the token is not one that this service accepts")
}

func (v *Verifier) refuse(outcome, rule, detail string) error {
	v.tokens.WithLabelValues(outcome).Inc()
	return &fault.Error{Kind: fault.Unauthenticated, Rule: rule, Detail: detail}
}
