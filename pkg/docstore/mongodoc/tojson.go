package mongodoc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// errNotOurs is BSON that toBSON never makes.
var errNotOurs = errors.New("not a document of this store")

// decoder reads BSON from src at i and appends JSON to dst.
type decoder struct {
	src []byte
	i   int
	dst []byte
}

// stored is a document as it came, its outbox still encoded (nil when it was not asked for).
type stored struct {
	docstore.Document
	outbox bson.RawValue
}

// fromBSON takes a stored document apart.
func fromBSON(raw []byte) (stored, error) {
	d := decoder{src: raw, dst: make([]byte, 0, len(raw)+len(raw)/8)}
	s, err := d.document()
	if err != nil {
		return s, fmt.Errorf("read document %q: %w", s.ID, err)
	}
	return s, nil
}

func (d *decoder) document() (s stored, err error) {
	end, err := d.frame()
	if err != nil {
		return s, err
	}
	d.dst = append(d.dst, '{')
	for d.i < end {
		t, name, err := d.head(end)
		if err != nil {
			return s, err
		}
		if len(name) > 3 && name[0] == '_' || string(name) == fieldID {
			reserved, err := d.reserved(&s, t, name, end)
			if err != nil {
				return s, err
			}
			if reserved {
				continue
			}
		}
		if err := d.member(t, name, end); err != nil {
			return s, err
		}
	}
	d.dst = append(d.dst, '}')
	d.i = end + 1
	s.Body = d.dst
	return s, nil
}

// reserved takes what is the store's own; false when the name is not.
func (d *decoder) reserved(s *stored, t bsoncore.Type, name []byte, end int) (bool, error) {
	switch string(name) {
	case fieldID, fieldVersion, fieldOutbox, fieldTouch:
	default:
		return false, nil
	}
	value, rest, ok := bsoncore.ReadValue(d.src[d.i:end], t)
	if !ok {
		return false, errNotOurs
	}
	d.i = end - len(rest)
	switch string(name) {
	case fieldID:
		s.ID, ok = value.StringValueOK()
	case fieldVersion:
		s.Version, ok = value.AsInt64OK()
	case fieldOutbox:
		s.outbox = bson.RawValue{Type: bson.Type(t), Value: value.Data}
	}
	if !ok {
		return false, fmt.Errorf("%w: %s is of another type", errNotOurs, name)
	}
	return true, nil
}

// frame enters a document or array and returns where its closing zero is.
func (d *decoder) frame() (end int, err error) {
	if len(d.src)-d.i < 5 {
		return 0, errNotOurs
	}
	n := int(int32(binary.LittleEndian.Uint32(d.src[d.i:])))
	end = d.i + n - 1
	if n < 5 || end >= len(d.src) || d.src[end] != 0 {
		return 0, errNotOurs
	}
	d.i += 4
	return end, nil
}

// head reads an element's type and name.
func (d *decoder) head(end int) (bsoncore.Type, []byte, error) {
	t := bsoncore.Type(d.src[d.i])
	for j := d.i + 1; j < end; j++ {
		if d.src[j] == 0 {
			name := d.src[d.i+1 : j]
			d.i = j + 1
			return t, name, nil
		}
	}
	return 0, nil, errNotOurs
}

func (d *decoder) member(t bsoncore.Type, name []byte, end int) error {
	if d.dst[len(d.dst)-1] != '{' {
		d.dst = append(d.dst, ',')
	}
	d.dst = appendQuoted(d.dst, plainName(name))
	d.dst = append(d.dst, ':')
	return d.value(t, end)
}

func (d *decoder) value(t bsoncore.Type, end int) error {
	switch t {
	case bsoncore.TypeEmbeddedDocument, bsoncore.TypeArray:
		return d.nested(t)
	case bsoncore.TypeString:
		n := d.take(4, end)
		if n == nil {
			return errNotOurs
		}
		text := d.take(int(int32(binary.LittleEndian.Uint32(n))), end)
		if len(text) == 0 || text[len(text)-1] != 0 {
			return errNotOurs
		}
		d.dst = appendQuoted(d.dst, text[:len(text)-1])
		return nil
	case bsoncore.TypeNull:
		d.dst = append(d.dst, "null"...)
		return nil
	case bsoncore.TypeBoolean:
		b := d.take(1, end)
		if b == nil {
			return errNotOurs
		}
		d.dst = strconv.AppendBool(d.dst, b[0] != 0)
		return nil
	}
	return d.number(t, end)
}

func (d *decoder) number(t bsoncore.Type, end int) error {
	size := 8
	switch t {
	case bsoncore.TypeInt64, bsoncore.TypeDouble:
	case bsoncore.TypeInt32:
		size = 4
	case bsoncore.TypeDecimal128:
		size = 16
	default:
		return fmt.Errorf("%w: a value of type %s", errNotOurs, t)
	}
	b := d.take(size, end)
	if b == nil {
		return errNotOurs
	}
	switch t {
	case bsoncore.TypeInt32:
		d.dst = strconv.AppendInt(d.dst, int64(int32(binary.LittleEndian.Uint32(b))), 10)
	case bsoncore.TypeInt64:
		d.dst = strconv.AppendInt(d.dst, int64(binary.LittleEndian.Uint64(b)), 10)
	case bsoncore.TypeDouble:
		f := math.Float64frombits(binary.LittleEndian.Uint64(b))
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("%w: the number %v", errNotOurs, f)
		}
		d.dst = appendDouble(d.dst, f)
	default:
		dec := bson.NewDecimal128(binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b))
		if dec.IsNaN() || dec.IsInf() != 0 {
			return fmt.Errorf("%w: the number %s", errNotOurs, dec)
		}
		d.dst = append(d.dst, dec.String()...)
	}
	return nil
}

// take returns the next n bytes before end, nil when there are not as many.
func (d *decoder) take(n, end int) []byte {
	if n <= 0 || n > end-d.i {
		return nil
	}
	b := d.src[d.i : d.i+n]
	d.i += n
	return b
}

func (d *decoder) nested(t bsoncore.Type) error {
	end, err := d.frame()
	if err != nil {
		return err
	}
	opening, closing := byte('{'), byte('}')
	if t == bsoncore.TypeArray {
		opening, closing = '[', ']'
	}
	d.dst = append(d.dst, opening)
	for d.i < end {
		t, name, err := d.head(end)
		if err != nil {
			return err
		}
		if opening == '{' {
			err = d.member(t, name, end)
		} else {
			if d.dst[len(d.dst)-1] != '[' {
				d.dst = append(d.dst, ',')
			}
			err = d.value(t, end)
		}
		if err != nil {
			return err
		}
	}
	d.dst = append(d.dst, closing)
	d.i = end + 1
	return nil
}

// jsonValue is a BSON value as JSON.
func jsonValue(v bson.RawValue) ([]byte, error) {
	d := decoder{src: v.Value}
	if err := d.value(bsoncore.Type(v.Type), len(v.Value)); err != nil {
		return nil, err
	}
	return d.dst, nil
}

// appendQuoted appends s as a JSON string, escaped as docstore's encoder does.
func appendQuoted(dst, s []byte) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = append(dst, s[from:i]...)
			dst = appendEscape(dst, c)
			i++
			from = i
			continue
		}
		r, n := utf8.DecodeRune(s[i:])
		if r == '\u2028' || r == '\u2029' || (r == utf8.RuneError && n == 1) {
			dst = append(dst, s[from:i]...)
			dst = append(dst, '\\', 'u')
			for shift := 12; shift >= 0; shift -= 4 {
				dst = append(dst, "0123456789abcdef"[r>>shift&15])
			}
			from = i + n
		}
		i += n
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	}
	return append(dst, '\\', 'u', '0', '0', "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
}
