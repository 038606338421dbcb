package docstore

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
)

// cursorVersion is the first byte of every cursor.
const cursorVersion = 1

// ErrCursor is returned for a cursor that was not made by Cursor for the same listing.
var ErrCursor = errors.New("the cursor is not one that this listing gave")

type cursor struct {
	Value any    `json:"v"`
	ID    string `json:"i"`
	For   string `json:"f"`
}

// Cursor is the opaque text of p that clients send back; listing is a fingerprint of the listing's filters and order.
func (p Position) Cursor(listing string) string {
	b, _ := json.Marshal(cursor{p.Value, p.ID, listing}) // a scalar and two strings always encode
	return base64.RawURLEncoding.EncodeToString(append([]byte{cursorVersion}, b...))
}

// ParseCursor reads what Cursor made for the same listing; anything else is ErrCursor.
func ParseCursor(s, listing string) (*Position, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) == 0 || b[0] != cursorVersion {
		return nil, ErrCursor
	}
	var c cursor
	dec := json.NewDecoder(bytes.NewReader(b[1:]))
	dec.UseNumber()
	if err := dec.Decode(&c); err != nil || c.For != listing || c.Value == nil {
		return nil, ErrCursor
	}
	if n, ok := c.Value.(json.Number); ok {
		if c.Value, err = number(n); err != nil {
			return nil, ErrCursor
		}
	}
	return &Position{Value: c.Value, ID: c.ID}, nil
}
