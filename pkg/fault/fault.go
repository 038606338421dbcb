// Package fault is the one error with which a domain refuses, and with which the mechanisms beside it say the same kinds of
// thing. The HTTP edge maps a Kind to a status in exactly one place (pkg/rest); nothing else knows about statuses.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what sort of refusal an Error is.
type Kind string

// The kinds, and what each promises its caller.
const (
	// Invalid: the request's content breaks a rule whatever state the aggregate is in; sending it again never helps.
	Invalid Kind = "invalid"
	// Conflict: the content is fine, the aggregate's present state does not admit it.
	Conflict Kind = "conflict"
	// NotFound: there is no such thing, or it is out of the caller's scope: the two are not told apart.
	NotFound Kind = "not_found"
	// Forbidden: the caller's role may not run this operation anywhere.
	Forbidden Kind = "forbidden"
	// UnknownReference: the request names something this service has not heard of yet; sending it again later may help.
	UnknownReference Kind = "reference_unknown"
	// Unauthenticated: the request carries no token that can be trusted; with another token it may be accepted.
	Unauthenticated Kind = "unauthenticated"
)

// Error is a refusal. Its text is meant for the caller: it says what was wrong, where, and what is possible instead, and never
// how the service works inside.
type Error struct {
	Kind Kind
	// Rule is the stable kebab-case name of the rule that was broken, e.g. "transition-not-allowed". It becomes the problem's type.
	Rule string
	// Field is the path of the offending field in the request's body, e.g. "lines[2].accepted"; empty when the whole is meant.
	Field string
	// Detail is one English sentence.
	Detail string
	// Expected lists what would have been accepted: allowed values, the transitions that are open, the range.
	Expected []string
	// State is the present state of the aggregate, for a Conflict.
	State string
}

func (e *Error) Error() string {
	if e.Field != "" {
		return fmt.Sprintf("%s: %s: %s", e.Rule, e.Field, e.Detail)
	}
	return e.Rule + ": " + e.Detail
}

// Invalidf refuses the value of a field.
func Invalidf(field, rule, format string, args ...any) *Error {
	return &Error{Kind: Invalid, Rule: rule, Field: field, Detail: fmt.Sprintf(format, args...)}
}

// Conflictf refuses a change that the present state does not admit; state is that state.
func Conflictf(rule, state, format string, args ...any) *Error {
	return &Error{Kind: Conflict, Rule: rule, State: state, Detail: fmt.Sprintf(format, args...)}
}

// Unknown refuses a reference this service does not know, or that is out of the caller's scope.
func Unknown(field, what, id string) *Error {
	return &Error{Kind: UnknownReference, Rule: "reference-unknown", Field: field,
		Detail: fmt.Sprintf("no %s %q is known here; if it was created a moment ago, repeat the request", what, id)}
}

// On returns e as one about a field: it is told beside it, also where it is the present state that does not admit its value.
func (e *Error) On(field string) *Error {
	e.Field = field
	return e
}

// With returns e with what would have been accepted.
func (e *Error) With(expected ...string) *Error {
	e.Expected = expected
	return e
}

// As returns the *Error in err's chain, or nil.
func As(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return nil
}

// Is says whether err is a refusal of that kind.
func Is(err error, kind Kind) bool {
	e := As(err)
	return e != nil && e.Kind == kind
}
