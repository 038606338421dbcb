// Package devissuer is a small OpenID Connect issuer for local mode and tests: it hands out tokens for named demo users. Whoever
// reaches it becomes anybody, so that a program must call RequireLoopback before it serves one.
package devissuer

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/pkg/auth"
)

// Config is what an Issuer is given. Dir, URL and Audience are required.
type Config struct {
	// Dir is the folder in which the keys and the clients' secret are kept.
	Dir string
	// URL is the tokens' issuer, and where Handler is reached.
	URL string
	// Audience of the tokens.
	Audience string
	// GrantsClaim is the name of the claim that holds the grants, auth.DefaultGrantsClaim when empty.
	GrantsClaim string
	// Client is the program that people sign in to with a browser; without an id there is none.
	Client Client
	// Path is where browsers reach Handler when that is not URL, which need be no address then ("/issuer").
	Path string
	// TTL is how long tokens of the token endpoint are in force, an hour when zero.
	TTL   time.Duration
	Clock func() time.Time
}

// Issuer mints tokens. It is safe for concurrent use, and two on one folder are the same issuer until one of them rotates.
type Issuer struct {
	cfg Config
	mu  sync.RWMutex
	state
	browser browser
}

// state is what the folder keeps: the newest key first, then those whose tokens are still believed.
type state struct {
	Secret string            `json:"client_secret"`
	Keys   []jose.JSONWebKey `json:"keys"`
}

// keysKept is how many keys are published: the one that signs and the one before it.
const keysKept = 2

// Open is the issuer of a folder; what is missing there is made, readable by its owner only.
func Open(cfg Config) (*Issuer, error) {
	cfg.GrantsClaim = cmp.Or(cfg.GrantsClaim, auth.DefaultGrantsClaim)
	cfg.TTL, cfg.Path = cmp.Or(cfg.TTL, tokenTTL), cmp.Or(cfg.Path, cfg.URL)
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	s, err := load(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("development issuer: %w", err)
	}
	return &Issuer{cfg: cfg, state: s, browser: browser{map[string]*granted{}, map[string]time.Time{}}}, nil
}

func newKey() (jose.JSONWebKey, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return jose.JSONWebKey{}, err
	}
	return jose.JSONWebKey{Key: private, KeyID: uuid.NewString(), Algorithm: string(jose.ES256), Use: "sig"}, nil
}

// URL is the tokens' issuer.
func (i *Issuer) URL() string { return i.cfg.URL }

// Secret is the client secret of every demo user at the token endpoint.
func (i *Issuer) Secret() string {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.state.Secret
}

// Mint is a token for the demo user name, in force for ttl.
func (i *Issuer) Mint(name string, ttl time.Duration) (string, error) {
	user, ok := UserByName(name)
	if !ok {
		return "", fmt.Errorf("no demo user is called %q", name)
	}
	return i.Sign(user.Subject, user.Grants, ttl)
}

// Tokens are the demo users', each in force for ttl from when it is asked for.
func (i *Issuer) Tokens(ttl time.Duration) func(user string) (string, error) {
	return func(user string) (string, error) { return i.Mint(user, ttl) }
}

// Sign is a token for any subject and grants, for tests and measurements. Of a demo user it says name, post and address, as a provider does.
func (i *Issuer) Sign(subject string, grants []string, ttl time.Duration) (string, error) {
	u, _ := userBySubject(subject)
	u.Subject, u.Grants = subject, grants
	return i.SignUser(u, ttl)
}

// SignUser is a token for anybody, who need not be a demo user: it says name, post and address of whoever has a name.
func (i *Issuer) SignUser(u User, ttl time.Duration) (string, error) {
	now := i.cfg.Clock()
	claims := map[string]any{i.cfg.GrantsClaim: u.Grants}
	if u.Name != "" {
		claims["name"], claims[auth.PostClaim] = u.Given+" "+u.Family, u.Title
		claims["email"], claims["email_verified"] = u.Name+"@example.org", true
	}
	return i.sign(jwt.Claims{Issuer: i.cfg.URL, Subject: u.Subject, Audience: jwt.Audience{i.cfg.Audience},
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(ttl)), ID: uuid.NewString()},
		claims)
}

// sign is a token with these claims.
func (i *Issuer) sign(claims ...any) (string, error) {
	i.mu.RLock()
	key := i.Keys[0]
	i.mu.RUnlock()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	token := jwt.Signed(signer)
	for _, c := range claims {
		token = token.Claims(c)
	}
	return token.Serialize()
}

// read reads the claims of a token that this issuer signed; whether they are in force is the caller's to say.
func (i *Issuer) read(token string, into any) error {
	payload, err := i.VerifySignature(context.Background(), token)
	if err != nil {
		return err
	}
	return json.Unmarshal(payload, into)
}

// Rotate signs with a new key from now on. Tokens of the key before it are still believed, older ones are not.
func (i *Issuer) Rotate() error {
	key, err := newKey()
	if err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	next := state{Secret: i.state.Secret, Keys: append([]jose.JSONWebKey{key}, i.Keys...)}
	next.Keys = next.Keys[:min(len(next.Keys), keysKept)]
	if err := next.save(i.cfg.Dir); err != nil {
		return fmt.Errorf("development issuer: %w", err)
	}
	i.state = next
	return nil
}

func (i *Issuer) public() jose.JSONWebKeySet {
	i.mu.RLock()
	defer i.mu.RUnlock()
	set := jose.JSONWebKeySet{Keys: make([]jose.JSONWebKey, len(i.Keys))}
	for n := range i.Keys {
		set.Keys[n] = i.Keys[n].Public()
	}
	return set
}

// VerifySignature makes the issuer a key set for auth.NewStaticVerifier, always with its present keys.
func (i *Issuer) VerifySignature(_ context.Context, token string) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return nil, err
	}
	set := i.public()
	for _, key := range set.Key(jws.Signatures[0].Header.KeyID) {
		if payload, err := jws.Verify(key); err == nil {
			return payload, nil
		}
	}
	return nil, errors.New("not signed by this issuer")
}

// RequireLoopback refuses an address to listen on ("127.0.0.1:8080", "localhost:0") that others than this machine could reach.
func RequireLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("the development issuer needs a loopback address: %w", err)
	}
	ip, err := netip.ParseAddr(host)
	if host == "localhost" || err == nil && ip.Unmap().IsLoopback() {
		return nil
	}
	return fmt.Errorf("the development issuer makes anybody into anybody: it does not start on %q, only on a loopback address such as 127.0.0.1:8080", addr)
}
