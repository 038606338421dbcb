package auth

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// isAccess refuses tokens that an issuer signs with the same keys, for the same audience, and that are no access tokens: an ID token tells a
// client who has signed in and reaches browsers and logs, a refresh token is for the issuer alone, a logout token ends a session. Issuers say
// what a token is in its header (typ: RFC 9068, OpenID Back-Channel Logout), in a claim (typ: Keycloak; token_use: Cognito), or by
// claims that only the other kinds have. token is the compact form.
func isAccess(token string, claims map[string]json.RawMessage) error {
	text := func(object map[string]json.RawMessage, name string) string {
		var s string
		if raw, ok := object[name]; ok && json.Unmarshal(raw, &s) != nil {
			return "not a text"
		}
		return strings.ToLower(s)
	}
	encoded, _, _ := strings.Cut(token, ".")
	var header map[string]json.RawMessage
	if raw, err := base64.RawURLEncoding.DecodeString(encoded); err != nil {
		return err
	} else if err := json.Unmarshal(raw, &header); err != nil {
		return err
	}
	kind := strings.TrimPrefix(text(header, "typ"), "application/")
	declared, use := text(claims, "typ"), text(claims, "token_use")
	switch {
	case !slices.Contains([]string{"", "jwt", "at+jwt"}, kind):
		return fmt.Errorf("a token of the type %q is no access token", kind)
	case !slices.Contains([]string{"", "bearer", "jwt", "at+jwt"}, declared):
		return fmt.Errorf("a token whose claim typ is %q is no access token", declared)
	case use != "" && use != "access":
		return fmt.Errorf("a token whose claim token_use is %q is no access token", use)
	}
	if _, ok := claims["events"]; ok {
		return errors.New("a token with the claim events tells of something that happened (logout): it is no access token")
	}
	if kind == "at+jwt" || declared == "bearer" || declared == "at+jwt" || use == "access" {
		return nil // said outright: some issuers repeat the nonce in access tokens
	}
	for _, name := range []string{"nonce", "at_hash", "c_hash", "s_hash"} {
		if _, ok := claims[name]; ok {
			return fmt.Errorf("a token with the claim %s is an ID token", name)
		}
	}
	return nil
}

// grantEntries finds the entries of the claim with the grants. path names the claim; a dot descends into an object, and a claim whose
// own name has dots ("https://bitacora.example/grants") is found too. The claim is a list, or one text; anything else is one entry,
// which parseGrants cannot read.
func grantEntries(payload map[string]json.RawMessage, path string) []json.RawMessage {
	raw, found := at(payload, path)
	if !found || string(raw) == "null" {
		return nil
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	return []json.RawMessage{raw}
}

func at(object map[string]json.RawMessage, path string) (json.RawMessage, bool) {
	if raw, ok := object[path]; ok {
		return raw, true
	}
	for i, r := range path {
		if r != '.' {
			continue
		}
		var inner map[string]json.RawMessage
		if raw, ok := object[path[:i]]; ok && json.Unmarshal(raw, &inner) == nil {
			if raw, ok := at(inner, path[i+1:]); ok {
				return raw, true
			}
		}
	}
	return nil, false
}

// parseGrants reads what can be read and calls ignored for the rest: a grant that this version does not know must not lock its
// holder out of what the other grants allow.
func parseGrants(entries []json.RawMessage, ignored func(text string, reason error)) []Grant {
	var grants []Grant
	for i, entry := range entries {
		if i >= maxGrantsClaim {
			ignored("", errors.New("more entries than are looked at"))
			break
		}
		var text string
		if json.Unmarshal(entry, &text) != nil || string(entry) == "null" {
			ignored(string(entry), errors.New("not a text"))
			continue
		}
		g, err := ParseGrant(strings.TrimSpace(text))
		if err != nil {
			ignored(text, err)
			continue
		}
		if len(grants) == MaxGrants {
			ignored(text, errors.New("more grants than a principal can hold"))
			break
		}
		grants = append(grants, g)
	}
	return grants
}
