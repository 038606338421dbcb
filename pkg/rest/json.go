package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// jsonFormat is encoding/json, stricter about text: what is not UTF-8, or names characters that are none, is refused rather than
// quietly replaced.
func jsonFormat() huma.Format {
	return huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: decode}
}

var (
	errNotUTF8 = errors.New("not UTF-8")
	errNotText = errors.New("text holds a NUL or half of a surrogate pair")
)

// decode is called twice for a body: first into an any, to be validated, then into the operation's type.
func decode(data []byte, v any) error {
	tree, first := v.(*any)
	if first && !utf8.Valid(data) {
		return errNotUTF8
	}
	if err := json.Unmarshal(data, v); err != nil {
		return explained(err)
	}
	if first && (bytes.Contains(data, []byte(`\u0000`)) || bytes.Contains(data, []byte(`\ud`)) || bytes.Contains(data, []byte(`\uD`))) {
		if !isText(*tree, bytes.ContainsRune(data, utf8.RuneError) || bytes.Contains(bytes.ToLower(data), []byte(`\ufffd`))) {
			return errNotText
		}
	}
	return nil
}

// isText says whether all strings in the tree are text. A replacement character is suspicious only when the client sent none.
func isText(tree any, replacementsSent bool) bool {
	switch v := tree.(type) {
	case string:
		return !strings.ContainsRune(v, 0) && (replacementsSent || !strings.ContainsRune(v, utf8.RuneError))
	case []any:
		for _, item := range v {
			if !isText(item, replacementsSent) {
				return false
			}
		}
	case map[string]any:
		for name, item := range v {
			if !isText(name, replacementsSent) || !isText(item, replacementsSent) {
				return false
			}
		}
	}
	return true
}

// explained says the same as err without the names of Go's types.
func explained(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("not well-formed JSON at byte %d: %s", syntax.Offset, syntax.Error())
	case errors.As(err, &kind):
		return fmt.Errorf("%s: a JSON %s does not fit, expected %s", or(kind.Field, "body"), kind.Value, kindName(kind.Type))
	}
	return err
}

func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number without decimal point, in range"
	case reflect.Float32, reflect.Float64:
		return "a number in range"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.String:
		return "text"
	}
	return "an object"
}
