package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
)

// localTTL is how long a token of local mode is in force: longer than any walk.
const localTTL = time.Hour

// Local are the tokens of the demo users of a data folder. They need a program that serves that folder, not a word with it.
func Local(dataDir string) (client.Tokens, error) {
	if _, err := os.Stat(dataDir); err != nil {
		return nil, fmt.Errorf("no data folder of a local installation: %w", err)
	}
	issuer, err := local.Issuer(dataDir)
	if err != nil {
		return nil, err
	}
	return issuer.Tokens(localTTL), nil
}

// Credentials are those of a client of an OIDC provider that stands for one user of the scenario.
type Credentials struct {
	ID     string   `json:"client_id"`
	Secret string   `json:"client_secret"`
	Scopes []string `json:"scopes,omitempty"`
	// Audience is sent where the provider asks for one.
	Audience string `json:"audience,omitempty"`
}

// ReadCredentials reads a file with a JSON object of credentials by user name.
func ReadCredentials(path string) (map[string]Credentials, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var c map[string]Credentials
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, fmt.Errorf("%s: an object such as {\"planner\": {\"client_id\": …, \"client_secret\": …}} is expected: %w", path, err)
	}
	var missing []string
	for _, user := range Users() {
		if c[user].ID == "" {
			missing = append(missing, user)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%s has no client for %s", path, strings.Join(missing, ", "))
	}
	return c, nil
}

// OIDC are tokens of an OIDC provider, by client credentials. A token is kept as long as it is in force.
func OIDC(ctx context.Context, tokenURL string, clients map[string]Credentials) client.Tokens {
	var mu sync.Mutex
	sources := map[string]oauth2.TokenSource{}
	return func(user string) (string, error) {
		mu.Lock()
		source := sources[user]
		if source == nil {
			c, ok := clients[user]
			if !ok {
				mu.Unlock()
				return "", fmt.Errorf("no client stands for %s", user)
			}
			cfg := clientcredentials.Config{ClientID: c.ID, ClientSecret: c.Secret, TokenURL: tokenURL, Scopes: c.Scopes}
			if c.Audience != "" {
				cfg.EndpointParams = map[string][]string{"audience": {c.Audience}}
			}
			source = cfg.TokenSource(ctx)
			sources[user] = source
		}
		mu.Unlock()
		t, err := source.Token()
		if err != nil {
			return "", err
		}
		return t.AccessToken, nil
	}
}

// Discover finds a provider's token endpoint by OIDC discovery.
func Discover(ctx context.Context, issuer string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	issuer = strings.TrimSuffix(issuer, "/")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, issuer+"/.well-known/openid-configuration", nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", fmt.Errorf("discovery of %s: %w", issuer, err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end, or of no use
	var found struct {
		Issuer string `json:"issuer"`
		Token  string `json:"token_endpoint"`
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("discovery of %s: %s", issuer, resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&found); err != nil {
		return "", fmt.Errorf("discovery of %s: %w", issuer, err)
	}
	if strings.TrimSuffix(found.Issuer, "/") != issuer || found.Token == "" {
		return "", fmt.Errorf("discovery of %s names the issuer %q and the token endpoint %q", issuer, found.Issuer, found.Token)
	}
	return found.Token, nil
}
