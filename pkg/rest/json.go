package rest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// maxDepth is how deep lists and objects of a body may be nested; no operation needs a third of it.
const maxDepth = 32

// misread is why a body is refused: where, and what is wrong there. malformed means that it is not JSON; otherwise it is JSON that can be
// understood in more than one way.
type misread struct {
	at, why   string
	malformed bool
}

func (m *misread) Error() string { return m.at + ": " + m.why }

func malformed(format string, args ...any) error {
	return &misread{at: "body", why: fmt.Sprintf(format, args...), malformed: true}
}

// unreadable is the problem for an error of canonical.
func unreadable(err error) *Problem {
	var m *misread
	if !errors.As(err, &m) {
		m = &misread{at: "body", why: err.Error(), malformed: true}
	}
	status := http.StatusUnprocessableEntity
	if m.malformed {
		status = http.StatusBadRequest
	}
	return humaStatus(status, "").at(m.at, m.why)
}

// canonical returns the one form of a body that validation, the command and the recognition of repeats use. Names are in alphabetical order,
// without escapes; 1.0 and 1e0 become 1, -0 becomes 0; there are no blanks. A member that is null is left out if shape knows its name, since
// that means the same; at the top of a patch it stays, where it empties the field. What another parser could read differently is refused: a name
// given twice, a number that would lose digits, escapes that are no text.
func canonical(body []byte, patch bool, shape schemaNode) ([]byte, error) {
	if !utf8.Valid(body) {
		return nil, malformed("not UTF-8")
	}
	r := reader{dec: json.NewDecoder(bytes.NewReader(body)), patch: patch}
	r.dec.UseNumber()
	tree, err := r.value("body", 0, shape)
	if err != nil {
		return nil, err
	}
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, malformed("something follows the JSON value, at byte %d", r.dec.InputOffset())
	}
	if err := wholeText(body); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(tree); err != nil {
		return nil, malformed("%s", err.Error())
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

type reader struct {
	dec   *json.Decoder
	patch bool
	// places, when not nil, gets the byte offset at which the first token of each value ends.
	places map[string]int64
}

func (r *reader) token() (json.Token, error) {
	t, err := r.dec.Token()
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return nil, malformed("not well-formed JSON at byte %d: %s", syntax.Offset, syntax.Error())
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, malformed("not well-formed JSON at byte %d: unexpected end of JSON input", r.dec.InputOffset())
	case err != nil:
		return nil, malformed("%s", err.Error())
	}
	return t, nil
}

// value reads the next value, whose path in the body is at, depth levels down.
func (r *reader) value(at string, depth int, shape schemaNode) (any, error) {
	t, err := r.token()
	if err != nil {
		return nil, err
	}
	if r.places != nil {
		r.places[at] = r.dec.InputOffset()
	}
	switch t := t.(type) {
	case json.Number:
		return number(at, string(t))
	case json.Delim:
		if depth == maxDepth {
			return nil, malformed("nested deeper than %d levels", maxDepth)
		}
		if t == '[' {
			return r.list(at, depth+1, shape)
		}
		return r.object(at, depth+1, shape)
	}
	return t, nil
}

func (r *reader) list(at string, depth int, shape schemaNode) (any, error) {
	out := []any{}
	for i := 0; r.dec.More(); i++ {
		v, err := r.value(at+"["+strconv.Itoa(i)+"]", depth, shape.items())
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	_, err := r.token()
	return out, err
}

func (r *reader) object(at string, depth int, shape schemaNode) (any, error) {
	out, seen := map[string]any{}, map[string]bool{}
	for r.dec.More() {
		t, err := r.token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string) // the decoder has checked that it is a string
		if seen[name] {
			return nil, &misread{at: at + "." + name, why: "is given twice"}
		}
		seen[name] = true
		member, known := shape.member(name)
		v, err := r.value(at+"."+name, depth, member)
		switch {
		case err != nil:
			return nil, err
		case v != nil || r.patch && depth == 1:
			out[name] = v
		case !known:
			return nil, &misread{at: at + "." + name, why: "unexpected property"}
		}
	}
	_, err := r.token()
	return out, err
}

// number returns the canonical form of a number: a whole one without point and exponent.
func number(at, text string) (any, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.Abs(f) >= 1<<63 {
		return nil, &misread{at: at, why: "is a number out of range"}
	}
	if !strings.ContainsAny(text, ".eE") {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return json.Number(strconv.FormatInt(n, 10)), nil // -0 is 0
		}
	}
	whole := f == math.Trunc(f)
	if whole && math.Abs(f) >= 1<<53 {
		return nil, &misread{at: at, why: "is a number too large to be written with a point or an exponent"}
	}
	kept := strconv.FormatFloat(f, 'f', -1, 64)
	if significant(kept) != significant(text) {
		return nil, &misread{at: at, why: "is a number that cannot be kept as it is: too near to zero, or of too many digits"}
	}
	if whole {
		return json.Number(strconv.FormatInt(int64(f), 10)), nil // -0.0 is 0
	}
	return json.Number(kept), nil
}

// decimal holds a number's digits, without zeros at either end, and the power of ten of the last one.
type decimal struct {
	digits string
	power  int
}

// significant returns the same for two texts of the same number, apart from its sign.
func significant(text string) decimal {
	mantissa, exponent := strings.TrimPrefix(text, "-"), ""
	if i := strings.IndexAny(mantissa, "eE"); i >= 0 {
		mantissa, exponent = mantissa[:i], mantissa[i+1:]
	}
	before, after, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(before+after, "0")
	short := strings.TrimRight(digits, "0")
	if short == "" {
		return decimal{}
	}
	power, _ := strconv.Atoi(exponent) // number has refused exponents out of range
	return decimal{short, power - len(after) + len(digits) - len(short)}
}

// wholeText refuses escapes in well-formed JSON that are no text: NUL, which not every store keeps, and halves of surrogate pairs, which
// encoding/json would replace without notice.
func wholeText(body []byte) error {
	for i := bytes.IndexByte(body, '\\'); i >= 0 && i+1 < len(body); {
		next := i + 2
		if body[i+1] == 'u' {
			next = i + 6
			switch unit := hex(body[i+2 : next]); {
			case unit == 0:
				return malformed("text holds a NUL, at byte %d", i)
			case unit >= 0xDC00 && unit < 0xE000, unit >= 0xD800 && unit < 0xDC00 && !lowSurrogate(body[next:]):
				return malformed("text holds half of a surrogate pair, at byte %d", i)
			case unit >= 0xD800 && unit < 0xDC00:
				next += 6
			}
		}
		more := bytes.IndexByte(body[next:], '\\')
		if more < 0 {
			break
		}
		i = next + more
	}
	return nil
}

// lowSurrogate reports whether text begins with the escape of the second half of a pair.
func lowSurrogate(text []byte) bool {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return false
	}
	unit := hex(text[2:6])
	return unit >= 0xDC00 && unit < 0xE000
}

func hex(digits []byte) uint64 {
	v, err := strconv.ParseUint(string(digits), 16, 16)
	if err != nil {
		return utf8.RuneError // not reached: the JSON is well-formed
	}
	return v
}

// jsonFormat decodes what canonical returned.
func jsonFormat() huma.Format {
	return huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: decode}
}

func decode(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) { // without the names of Go's types
		return fmt.Errorf("%s: a JSON %s does not fit", or(kind.Field, "body"), kind.Value)
	}
	return err
}

// inOrder sorts offences by their position in the body.
func inOrder(offences []Offence, body []byte) {
	if len(offences) < 2 || len(body) == 0 {
		return
	}
	r := reader{dec: json.NewDecoder(bytes.NewReader(body)), places: map[string]int64{}}
	if _, err := r.value("body", 0, schemaNode{}); err != nil {
		return // such a body was refused before
	}
	slices.SortStableFunc(offences, func(a, b Offence) int { return cmp.Compare(r.places[a.Location], r.places[b.Location]) })
}
