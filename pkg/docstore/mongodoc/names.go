package mongodoc

import (
	"bytes"
	"strings"
)

// The names of a document that are the store's, beside the state's fields.
const (
	fieldID      = "_id"
	fieldVersion = "_version"
	fieldOutbox  = "_outbox"
	fieldScope   = "_scope"
	// fieldTouch is counted up by a Verify, so that it conflicts with whoever changes the document meanwhile. It is never shown.
	fieldTouch = "_touch"
)

// appendName escapes a JSON name: MongoDB reads "." as a path and a leading "$" as an operator, BSON ends names at NUL, and an
// empty name cannot be set. "%" begins an escape, alone it is the empty name.
func appendName(dst, name []byte) []byte {
	if len(name) == 0 {
		return append(dst, '%')
	}
	for _, c := range name {
		switch c {
		case '%', '.', '$', 0:
			dst = append(dst, '%', hexDigits[c>>4], hexDigits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

const hexDigits = "0123456789ABCDEF"

// plainName undoes appendName. A name that it did not make stays as it is.
func plainName(name []byte) []byte {
	if bytes.IndexByte(name, '%') < 0 {
		return name
	}
	if len(name) == 1 {
		return nil
	}
	out := make([]byte, 0, len(name))
	for i := 0; i < len(name); i++ {
		if name[i] == '%' && i+2 < len(name) {
			high, low := strings.IndexByte(hexDigits, name[i+1]), strings.IndexByte(hexDigits, name[i+2])
			if high >= 0 && low >= 0 {
				out = append(out, byte(high<<4|low))
				i += 2
				continue
			}
		}
		out = append(out, name[i])
	}
	return out
}

// path is a declared field ("custody", "target.asset_id") as the server is asked for it.
func path(field string) string {
	parts := strings.Split(field, ".")
	for i, p := range parts {
		parts[i] = string(appendName(nil, []byte(p)))
	}
	return strings.Join(parts, ".")
}
