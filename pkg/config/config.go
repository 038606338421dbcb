// Package config reads a process's configuration from environment variables. envconfig decodes the values; precedence, secrets, unknown
// variables and the help text are this package's own, because envconfig takes an empty value as set, stops at the first mistake and prints
// the value that it could not read.
//
// A variable's name is the prefix, the names of the nested structs and the field's, in upper case with underscores: Prefix BITACORA,
// field HTTP.DrainDelay: BITACORA_HTTP_DRAIN_DELAY. Tags: `default:"…"`, `required:"true"`, `desc:"…"`, `envconfig:"NAME"` (another
// name), `ignored:"true"`. Embedded structs add no name.
package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/kelseyhightower/envconfig"
)

// Secret is a text that fmt, slog and JSON show as "[secret]". Load also takes it from a file, which the variable with _FILE behind its name
// names; one line end at the file's end is cut off.
type Secret string

const masked = "[secret]"

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return masked
}

// GoString masks the secret for %#v.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// MarshalText masks the secret for slog and JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// Validator is a configuration, or a nested struct of one, with rules of its own, which Load checks.
type Validator interface{ Validate() error }

// Load reads cfg, a pointer to a struct, from env (os.Environ()): the variable, else for a Secret the file that NAME_FILE names,
// else the default. A variable that is set but empty counts as not set. If all values can be read, every nested struct that is a Validator
// is validated, and cfg itself. The error joins all mistakes, one line each, without any secret.
func Load(prefix string, cfg any, env []string) error {
	given := environment(env)
	var errs []error
	for _, v := range variables(prefix, cfg) {
		value, err := v.value(given)
		switch {
		case err != nil:
			errs = append(errs, err)
		case value == "" && v.required:
			errs = append(errs, fmt.Errorf("%s is required and not set", v.name))
		case value != "":
			if err := decode(v.field, value); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", v.name, v.explain(value, err)))
			}
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	return validate(prefix, reflect.ValueOf(cfg))
}

// Check is Load with an error for each variable that Unknown finds.
func Check(prefix string, cfg any, env []string) error {
	errs := []error{Load(prefix, cfg, env)}
	for _, warning := range Unknown(prefix, cfg, env) {
		errs = append(errs, errors.New(warning))
	}
	return errors.Join(errs...)
}

// environment is env as a map without empty values and without what Kubernetes adds for services ("service links": a Service
// named bitacora-asset puts BITACORA_ASSET_PORT=tcp://10.0.0.7:80 into every pod beside it).
func environment(env []string) map[string]string {
	given := make(map[string]string, len(env))
	for _, pair := range env {
		if name, value, _ := strings.Cut(pair, "="); value != "" {
			given[name] = value
		}
	}
	for name := range given {
		service, found := strings.CutSuffix(name, "_SERVICE_HOST")
		if !found || given[service+"_SERVICE_PORT"] == "" {
			continue
		}
		for link, value := range given {
			if !strings.HasPrefix(link, service+"_") {
				continue
			}
			rest := link[len(service)+1:]
			if strings.HasPrefix(rest, "SERVICE_") || strings.HasPrefix(rest, "PORT_") || rest == "PORT" && strings.Contains(value, "://") {
				delete(given, link)
			}
		}
	}
	return given
}

func (v variable) value(given map[string]string) (string, error) {
	value, path := given[v.name], given[v.name+fileSuffix]
	switch {
	case !v.secret || path == "":
	case value != "":
		return "", fmt.Errorf("%s and %s%s are both set", v.name, v.name, fileSuffix)
	default:
		b, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("%s%s: %w", v.name, fileSuffix, err)
		}
		value = strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	}
	if value == "" {
		return v.fallback, nil
	}
	return value, nil
}

// decode has envconfig decode value into field: as the default of a variable that cannot be set, of a struct made for it.
func decode(field reflect.Value, value string) error {
	one := reflect.New(reflect.StructOf([]reflect.StructField{{
		Name: "Value", Type: field.Type(), Tag: reflect.StructTag(`envconfig:"=" default:` + strconv.Quote(value)),
	}}))
	one.Elem().Field(0).Set(field)
	if err := envconfig.Process("", one.Interface()); err != nil {
		if parse, ok := errors.AsType[*envconfig.ParseError](err); ok {
			err = parse.Err
		}
		return err
	}
	field.Set(one.Elem().Field(0))
	return nil
}

func (v variable) explain(value string, err error) error {
	if v.secret {
		return errors.New("the value cannot be read")
	}
	if number, ok := errors.AsType[*strconv.NumError](err); ok {
		err = number.Err
	}
	return fmt.Errorf("%q is not a %s: %w", value, v.kind(), err)
}

// validate checks the innermost structs first.
func validate(name string, value reflect.Value) error {
	for value.Kind() == reflect.Pointer {
		if value.IsNil() {
			return nil
		}
		value = value.Elem()
	}
	var errs []error
	for i := range value.NumField() {
		field := value.Type().Field(i)
		if isNested(value.Field(i)) && field.IsExported() && !isTrue(field.Tag.Get("ignored")) {
			errs = append(errs, validate(nestedName(name, field), value.Field(i)))
		}
	}
	if v, ok := value.Addr().Interface().(Validator); ok {
		if err := v.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}
