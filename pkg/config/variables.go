package config

import (
	"encoding"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/kelseyhightower/envconfig"
)

const fileSuffix = "_FILE"

// variable is one environment variable of a configuration.
type variable struct {
	name     string
	field    reflect.Value
	fallback string
	desc     string
	required bool
	secret   bool
}

// variables lists those of cfg in the order of its fields. It makes what nested pointers point to.
func variables(prefix string, cfg any) []variable {
	value := reflect.ValueOf(cfg)
	if value.Kind() != reflect.Pointer || value.Elem().Kind() != reflect.Struct {
		panic("config: a pointer to a struct is needed")
	}
	return gather(prefix, value.Elem())
}

func gather(prefix string, value reflect.Value) []variable {
	var list []variable
	for i := range value.NumField() {
		field, tag := value.Type().Field(i), value.Type().Field(i).Tag
		if !field.IsExported() || isTrue(tag.Get("ignored")) {
			continue
		}
		f := value.Field(i)
		if isNested(f) {
			if f.Kind() == reflect.Pointer {
				if f.IsNil() {
					f.Set(reflect.New(f.Type().Elem()))
				}
				f = f.Elem()
			}
			list = append(list, gather(nestedName(prefix, field), f)...)
			continue
		}
		list = append(list, variable{name: join(prefix, fieldName(field)), field: f, fallback: tag.Get("default"), desc: tag.Get("desc"),
			required: isTrue(tag.Get("required")), secret: f.Type() == reflect.TypeFor[Secret]()})
	}
	return list
}

// isNested reports whether a field has variables of its own: it is a struct, or a pointer to one, that does not decode itself.
func isNested(f reflect.Value) bool {
	t := f.Type()
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	for _, decoder := range []reflect.Type{reflect.TypeFor[envconfig.Decoder](), reflect.TypeFor[envconfig.Setter](),
		reflect.TypeFor[encoding.TextUnmarshaler](), reflect.TypeFor[encoding.BinaryUnmarshaler]()} {
		if reflect.PointerTo(t).Implements(decoder) {
			return false
		}
	}
	return true
}

func nestedName(prefix string, field reflect.StructField) string {
	if field.Anonymous {
		return prefix
	}
	return join(prefix, fieldName(field))
}

func fieldName(field reflect.StructField) string {
	if name := field.Tag.Get("envconfig"); name != "" {
		return strings.ToUpper(name)
	}
	return upperSnake(field.Name)
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return strings.ToUpper(prefix) + "_" + name
}

// upperSnake turns HTTPDrainDelay into HTTP_DRAIN_DELAY.
func upperSnake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		startsWord := i > 0 && unicode.IsUpper(r) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if startsWord {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

func isTrue(s string) bool {
	b, _ := strconv.ParseBool(s)
	return b
}

// kind names the type of value that is expected, for Help and errors.
func (v variable) kind() string {
	t := v.field.Type()
	switch {
	case v.secret:
		return "secret"
	case t == reflect.TypeFor[time.Duration]():
		return "duration"
	case t.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()), reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return strings.ToLower(t.Name())
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "comma-separated list"
	case reflect.Map:
		return "list of key:value"
	case reflect.String:
		return "text"
	case reflect.Float32, reflect.Float64:
		return "number"
	default:
		return "whole number"
	}
}
