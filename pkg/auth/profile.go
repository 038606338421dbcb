package auth

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// The claims of an access token that say who the person is: name, email and email_verified are OIDC's own; PostClaim is Bitácora's, and a provider
// that sends none leaves it to an administrator.
const (
	nameClaim          = "name"
	PostClaim          = "bitacora_post"
	emailClaim         = "email"
	emailVerifiedClaim = "email_verified"
)

// MaxProfileText bounds the characters of a name, a post or an address in a token.
const MaxProfileText = 200

// Profile is what a verified token says of a person beside subject and grants. It is personal data: the directory (services/people) keeps it, and
// it goes into no event, log, metric or other document.
type Profile struct {
	Name, Post string
	// Email is an address that the issuer says it has confirmed, "" otherwise.
	Email string
}

// profileOf reads it. What is no text, too long or empty counts as not said: a token is not refused for it.
func profileOf(claims map[string]json.RawMessage) Profile {
	text := func(name string) (s string) {
		if raw, ok := claims[name]; !ok || json.Unmarshal(raw, &s) != nil {
			return ""
		}
		if s = mx.Clean(s); utf8.RuneCountInString(s) > MaxProfileText {
			return ""
		}
		return s
	}
	p := Profile{Name: text(nameClaim), Post: text(PostClaim)}
	var confirmed bool
	if raw, ok := claims[emailVerifiedClaim]; ok && json.Unmarshal(raw, &confirmed) == nil && confirmed {
		p.Email = text(emailClaim)
	}
	return p
}
