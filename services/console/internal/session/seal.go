package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// KeySize is the size in bytes of the key that values are sealed with.
const KeySize = 32

// Sealer encrypts what leaves the process: values at rest, and marks that browsers carry. What was sealed under another key, for another purpose,
// or was changed on the way, does not open.
type Sealer struct{ aead cipher.AEAD }

// errSealed is what does not open.
var errSealed = errors.New("not sealed here, or not for this")

// NewSealer seals with a key of KeySize bytes.
func NewSealer(key []byte) (*Sealer, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("the key has %d bytes, not %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &Sealer{aead}, nil
}

// Seal encrypts plain for a purpose; two seals of the same never look alike.
func (s *Sealer) Seal(purpose string, plain []byte) string {
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, plain, []byte(purpose)))
}

// Open is what was sealed for this purpose.
func (s *Sealer) Open(purpose, sealed string) ([]byte, error) {
	b, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return nil, errSealed
	}
	plain, err := s.aead.Open(nil, nil, b, []byte(purpose))
	if err != nil {
		return nil, errSealed
	}
	return plain, nil
}

// Token is a fresh id that nobody can guess: 256 random bits.
func Token() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // it never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b)
}

// digest is how a token is kept: whoever reads the store cannot become the session's owner.
func digest(kind, token string) string {
	sum := sha256.Sum256([]byte(token))
	return kind + "-" + base64.RawURLEncoding.EncodeToString(sum[:])
}
