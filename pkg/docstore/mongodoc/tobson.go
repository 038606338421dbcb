package mongodoc

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// The mapping between JSON and BSON, both ways without a tree in between:
//
//	string          string, whatever it looks like
//	integer         int64
//	other number    double when that prints back as the same text, else Decimal128 (up to 34 digits)
//	true/false/null bool, null
//	array, object   array, embedded document
//
// Names are escaped (see appendName) so that no name in a document means anything to the server.

// maxDepth is how many levels of arrays and objects a document may have: the server's own limit is 100 for all of it.
const maxDepth = 96

// errNotJSON is what no encoder of docstore produces.
var errNotJSON = errors.New("not JSON")

// encoder reads JSON from src at i and appends BSON to dst.
type encoder struct {
	src   []byte
	i     int
	dst   []byte
	depth int
}

// appendMembers appends the members of the JSON object src as BSON elements, without the document's frame. refuse, when not nil,
// is asked about each (escaped) name.
func appendMembers(dst, src []byte, refuse func(name []byte) error) ([]byte, error) {
	e := encoder{src: src, dst: dst, depth: 1}
	if e.space() != '{' {
		return nil, fmt.Errorf("a document must be an object: %w", errNotJSON)
	}
	if err := e.members(refuse); err != nil {
		return nil, err
	}
	return e.end()
}

// appendElement appends one BSON element of the JSON value src under an escaped name.
func appendElement(dst []byte, name string, src []byte) ([]byte, error) {
	e := encoder{src: src, dst: dst, depth: 1}
	at := len(dst)
	e.dst = appendName(append(e.dst, 0), []byte(name))
	if err := e.finish(at); err != nil {
		return nil, fmt.Errorf("field %s: %w", name, err)
	}
	return e.end()
}

// toValue is a JSON value as a BSON value.
func toValue(src []byte) (bson.RawValue, error) {
	b, err := appendElement(nil, "v", src)
	if err != nil {
		return bson.RawValue{}, err
	}
	return bson.RawValue{Type: bson.Type(b[0]), Value: b[3:]}, nil
}

// end makes sure that nothing follows.
func (e *encoder) end() ([]byte, error) {
	if e.space(); e.i != len(e.src) {
		return nil, e.wrong()
	}
	return e.dst, nil
}

func (e *encoder) wrong() error { return fmt.Errorf("%w at byte %d", errNotJSON, e.i) }

// space skips white space and returns the byte at which it stops, 0 at the end.
func (e *encoder) space() byte {
	for ; e.i < len(e.src); e.i++ {
		switch c := e.src[e.i]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// finish appends the value of the element that begins at, and whose name is there already.
func (e *encoder) finish(at int) error {
	e.dst = append(e.dst, 0)
	t, err := e.value()
	if err != nil {
		return err
	}
	e.dst[at] = byte(t)
	return nil
}

func (e *encoder) value() (bsoncore.Type, error) {
	switch c := e.space(); c {
	case '{':
		return bsoncore.TypeEmbeddedDocument, e.nested(c)
	case '[':
		return bsoncore.TypeArray, e.nested(c)
	case '"':
		start := len(e.dst)
		e.dst = append(e.dst, 0, 0, 0, 0)
		if err := e.text(); err != nil {
			return 0, err
		}
		e.dst = append(e.dst, 0)
		putInt32(e.dst[start:], len(e.dst)-start-4)
		return bsoncore.TypeString, nil
	case 't':
		return bsoncore.TypeBoolean, e.literal("true", 1)
	case 'f':
		return bsoncore.TypeBoolean, e.literal("false", 0)
	case 'n':
		return bsoncore.TypeNull, e.literal("null")
	default:
		return e.number()
	}
}

func (e *encoder) literal(word string, value ...byte) error {
	if len(e.src)-e.i < len(word) || string(e.src[e.i:e.i+len(word)]) != word {
		return e.wrong()
	}
	e.i += len(word)
	e.dst = append(e.dst, value...)
	return nil
}

// nested frames an object or an array.
func (e *encoder) nested(opening byte) (err error) {
	if e.depth++; e.depth > maxDepth {
		return fmt.Errorf("nested deeper than %d", maxDepth)
	}
	start := len(e.dst)
	e.dst = append(e.dst, 0, 0, 0, 0)
	if opening == '{' {
		err = e.members(nil)
	} else {
		err = e.items()
	}
	if err != nil {
		return err
	}
	e.depth--
	e.dst = append(e.dst, 0)
	putInt32(e.dst[start:], len(e.dst)-start)
	return nil
}

// members reads an object, e.i at its brace.
func (e *encoder) members(refuse func([]byte) error) error {
	e.i++
	if e.space() == '}' {
		e.i++
		return nil
	}
	for {
		if e.space() != '"' {
			return e.wrong()
		}
		at := len(e.dst)
		e.dst = append(e.dst, 0) // the type, known when the value is
		if err := e.name(); err != nil {
			return err
		}
		if refuse != nil {
			if err := refuse(e.dst[at+1:]); err != nil {
				return err
			}
		}
		if e.space() != ':' {
			return e.wrong()
		}
		e.i++
		if err := e.finish(at); err != nil {
			return err
		}
		if more, err := e.more('}'); !more {
			return err
		}
	}
}

// items reads an array, e.i at its bracket.
func (e *encoder) items() error {
	e.i++
	if e.space() == ']' {
		e.i++
		return nil
	}
	for n := int64(0); ; n++ {
		at := len(e.dst)
		e.dst = strconv.AppendInt(append(e.dst, 0), n, 10)
		if err := e.finish(at); err != nil {
			return err
		}
		if more, err := e.more(']'); !more {
			return err
		}
	}
}

// more consumes what separates members or closes them.
func (e *encoder) more(closing byte) (bool, error) {
	switch e.space() {
	case ',':
		e.i++
		return true, nil
	case closing:
		e.i++
		return false, nil
	}
	return false, e.wrong()
}

// name reads a member's name and appends it, escaped.
func (e *encoder) name() error {
	plain, decoded, err := e.quoted()
	if err != nil {
		return err
	}
	if decoded != "" {
		plain = []byte(decoded)
	}
	e.dst = appendName(e.dst, plain)
	return nil
}

// text appends a string's bytes.
func (e *encoder) text() error {
	plain, slow, err := e.quoted()
	e.dst = append(append(e.dst, plain...), slow...)
	return err
}

// quoted reads a string, e.i at its quote: as the bytes in src where they are what they say, else decoded.
func (e *encoder) quoted() (plain []byte, decoded string, err error) {
	start, escapes, wide := e.i, false, false
	for j := start + 1; j < len(e.src); j++ {
		switch c := e.src[j]; {
		case c == '"':
			e.i = j + 1
			if plain = e.src[start+1 : j]; !escapes && (!wide || utf8.Valid(plain)) {
				return plain, "", nil
			}
			decoded, err = unescaped(e.src[start:e.i])
			return nil, decoded, err
		case c == '\\':
			escapes = true
			j++
		case c < ' ':
			return nil, "", e.wrong()
		case c >= utf8.RuneSelf:
			wide = true
		}
	}
	return nil, "", e.wrong()
}

func unescaped(quoted []byte) (s string, err error) {
	if err := json.Unmarshal(quoted, &s); err != nil {
		return "", fmt.Errorf("%w: %w", errNotJSON, err)
	}
	return s, nil
}

// number appends a number in the narrowest type that gives it back.
func (e *encoder) number() (bsoncore.Type, error) {
	token, whole := e.numeral()
	if token == nil {
		return 0, e.wrong()
	}
	if whole && string(token) != "-0" {
		if n, err := strconv.ParseInt(string(token), 10, 64); err == nil {
			e.dst = bsoncore.AppendInt64(e.dst, n)
			return bsoncore.TypeInt64, nil
		}
	}
	if f, err := strconv.ParseFloat(string(token), 64); err == nil {
		var buf [32]byte
		if string(appendDouble(buf[:0], f)) == string(token) {
			e.dst = bsoncore.AppendDouble(e.dst, f)
			return bsoncore.TypeDouble, nil
		}
	}
	d, err := bson.ParseDecimal128(string(token))
	if err != nil {
		return 0, fmt.Errorf("the number %.50s has more than 34 digits or an exponent out of range", token)
	}
	high, low := d.GetBytes()
	e.dst = bsoncore.AppendDecimal128(e.dst, high, low)
	return bsoncore.TypeDecimal128, nil
}

// numeral consumes a number by JSON's grammar; nil when there is none.
func (e *encoder) numeral() (token []byte, whole bool) {
	start := e.i
	e.take('-', '-')
	if !e.take('0', '0') && !e.digits() {
		return nil, false
	}
	whole = true
	if e.take('.', '.') {
		if whole = false; !e.digits() {
			return nil, false
		}
	}
	if e.take('e', 'E') {
		whole = false
		e.take('+', '-')
		if !e.digits() {
			return nil, false
		}
	}
	return e.src[start:e.i], whole
}

// take consumes one of two bytes.
func (e *encoder) take(a, b byte) bool {
	if e.i < len(e.src) && (e.src[e.i] == a || e.src[e.i] == b) {
		e.i++
		return true
	}
	return false
}

// digits consumes digits, at least one.
func (e *encoder) digits() bool {
	from := e.i
	for e.i < len(e.src) && e.src[e.i]-'0' <= 9 {
		e.i++
	}
	return e.i > from
}

// appendDouble prints a number as encoding/json does.
func appendDouble(dst []byte, f float64) []byte {
	abs, format := math.Abs(f), byte('f')
	if abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	dst = strconv.AppendFloat(dst, f, format, -1, 64)
	if n := len(dst); format == 'e' && n >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

func putInt32(dst []byte, n int) {
	dst[0], dst[1], dst[2], dst[3] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24)
}
