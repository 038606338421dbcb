package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

const (
	// fetchTimeout bounds one round of discovery and key set.
	fetchTimeout = 10 * time.Second
	// refreshEvery is how often the key set is read again, so that a withdrawn key is forgotten.
	refreshEvery = 15 * time.Minute
	// askAtMost bounds how often tokens that no known key verifies make the key set be read: nobody can use them to load the issuer.
	askAtMost = time.Second
	// waitAtMost and waitersAtMost bound how long a token that no known key verifies waits for a reading of the key set, and how many do:
	// whoever sends such tokens cannot hold the places of others' requests. It is longer than askAtMost, so that whoever comes just
	// after a reading sees the next one.
	waitAtMost    = 2 * time.Second
	waitersAtMost = 8
	// restFor is how long nobody waits after a reading that failed.
	restFor = 3 * time.Second
	// retryFirst and retryMost bound the pauses between failed rounds.
	retryFirst, retryMost = 250 * time.Millisecond, 30 * time.Second
	// maxKeySet bounds the answer that is read from the issuer.
	maxKeySet = 1 << 20
)

// algorithms are the only ones believed: never "none", never a shared secret.
var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.ES256}

// remoteKeys is an issuer's key set found by discovery. One goroutine (run) reads it: at the start until it succeeds, then now and
// then, and when a token comes that no known key verifies: an issuer may change a key under the id that it had, or name none. go-oidc's own RemoteKeySet is not used because it needs a discovered
// provider to exist, never forgets a withdrawn key, asks the issuer for every forged token, and does not tell an issuer that is
// away from a bad signature.
type remoteKeys struct {
	issuer  string
	client  *http.Client
	clock   func() time.Time
	logger  *slog.Logger
	refresh time.Duration
	// waitLimit is waitAtMost, but in tests that wait for events.
	waitLimit time.Duration

	known atomic.Pointer[[]jose.JSONWebKey]
	done  chan struct{}

	// wanted tells run that somebody waits for next; waiters has a place for each who may.
	wanted  chan struct{}
	waiters chan struct{}
	mu      sync.Mutex
	next    *reading  // that which begins after now, nil when nobody waits for it
	failed  error     // what the last reading met
	rests   time.Time // when failed, until when nobody waits
}

// reading is one reading of the key set; err may be looked at once done is closed.
type reading struct {
	done chan struct{}
	err  error
}

func newRemoteKeys(cfg Config) *remoteKeys {
	return &remoteKeys{issuer: cfg.Issuer, client: cfg.HTTPClient, clock: cfg.Clock, logger: cfg.Logger, refresh: cfg.Refresh, waitLimit: waitAtMost,
		done: make(chan struct{}), wanted: make(chan struct{}, 1), waiters: make(chan struct{}, waitersAtMost)}
}

// VerifySignature answers the payload of a token signed by one of the issuer's keys; an error that note hands to the verifier when that cannot be
// said because the issuer is away.
func (k *remoteKeys) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		return nil, err
	}
	keys := k.known.Load()
	if keys == nil {
		return nil, note(ctx, errors.New("the issuer was not found yet"))
	}
	id := jws.Signatures[0].Header.KeyID
	if payload, err := verifyWith(jws, id, *keys); err == nil {
		return payload, nil
	}
	if err := k.ask(ctx); err != nil {
		return nil, note(ctx, err)
	}
	return verifyWith(jws, id, *k.known.Load())
}

func verifyWith(jws *jose.JSONWebSignature, id string, keys []jose.JSONWebKey) ([]byte, error) {
	for i := range keys {
		if id == "" || keys[i].KeyID == id {
			if payload, err := jws.Verify(&keys[i]); err == nil {
				return payload, nil
			}
		}
	}
	return nil, errors.New("no key of the issuer verifies the signature")
}

// ask waits for a reading of the key set that begins after now. Where none can be had in time, nothing can be said about the key.
func (k *remoteKeys) ask(ctx context.Context) error {
	select {
	case k.waiters <- struct{}{}:
		defer func() { <-k.waiters }()
	default:
		return errors.New("enough tokens wait for the key set")
	}
	r, err := k.upcoming()
	if err != nil {
		return err
	}
	limit := time.NewTimer(k.waitLimit)
	defer limit.Stop()
	select {
	case <-r.done:
		return r.err
	case <-limit.C:
		return errors.New("the key set was not read in time")
	case <-k.done:
		return errors.New("stopped")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// upcoming is the next reading to begin, which run is told of.
func (k *remoteKeys) upcoming() (*reading, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failed != nil && k.clock().Before(k.rests) {
		return nil, k.failed
	}
	if k.next == nil {
		k.next = &reading{done: make(chan struct{})}
		select {
		case k.wanted <- struct{}{}:
		default:
		}
	}
	return k.next, nil
}

// run owns the key set until ctx ends.
func (k *remoteKeys) run(ctx context.Context) {
	defer close(k.done)
	var asked time.Time
	pause := retryFirst
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-k.wanted:
			if !k.awaited() {
				continue
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(min(askAtMost-k.clock().Sub(asked), askAtMost)):
			}
			asked = k.clock()
		}
		if err := k.read(ctx); err == nil {
			pause = retryFirst
			timer.Reset(k.refresh)
		} else {
			k.logger.WarnContext(ctx, "token issuer cannot be read", "issuer", k.issuer, "error", err, "retry_in", pause)
			timer.Reset(pause/2 + rand.N(pause/2))
			pause = min(2*pause, retryMost)
		}
	}
}

// failure is what the last reading met, nil when it went well or there was none.
func (k *remoteKeys) failure() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.failed
}

// awaited says whether somebody waits for the next reading.
func (k *remoteKeys) awaited() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.next != nil
}

// read is one reading, of which those hear who asked before it began.
func (k *remoteKeys) read(ctx context.Context) error {
	k.mu.Lock()
	r := k.next
	k.next = nil
	k.mu.Unlock()
	err := k.fetch(ctx)
	k.mu.Lock()
	k.failed, k.rests = err, k.clock().Add(restFor)
	k.mu.Unlock()
	if r != nil {
		r.err = err
		close(r.done)
	}
	return err
}

// fetch reads the discovery document and the key set. What was known stays known when it fails.
func (k *remoteKeys) fetch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, k.client), fetchTimeout)
	defer cancel()
	provider, err := oidc.NewProvider(ctx, k.issuer)
	if err != nil {
		return fmt.Errorf("discovery: %w", err)
	}
	var found struct {
		JWKS string `json:"jwks_uri"`
	}
	if err := provider.Claims(&found); err != nil {
		return fmt.Errorf("discovery: %w", err)
	}
	keys, err := k.keySet(ctx, found.JWKS)
	if err != nil {
		return fmt.Errorf("key set: %w", err)
	}
	k.known.Store(&keys)
	return nil
}

func (k *remoteKeys) keySet(ctx context.Context, url string) ([]jose.JSONWebKey, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	res, err := k.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, errors.New(res.Status)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxKeySet)).Decode(&set); err != nil {
		return nil, err
	}
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys {
		// Keys of a kind that is not known here, or for encryption, are passed over (RFC 7517, section 5).
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) == nil && usable(key) {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("none of its %d keys can verify RS256 or ES256", len(set.Keys))
	}
	return keys, nil
}

func usable(key jose.JSONWebKey) bool {
	signs := key.Use == "" || key.Use == "sig"
	algorithm := key.Algorithm == "" || slices.Contains(algorithms, jose.SignatureAlgorithm(key.Algorithm))
	return signs && algorithm && key.IsPublic() && key.Valid()
}

// go-oidc keeps only the text of a key set's error, so that the one which is not about the token reaches the verifier through the
// context.
type noteKey struct{}

func withNote(ctx context.Context) (context.Context, *error) {
	n := new(error)
	return context.WithValue(ctx, noteKey{}, n), n
}

func note(ctx context.Context, err error) error {
	if n, ok := ctx.Value(noteKey{}).(*error); ok {
		*n = err
	}
	return err
}
