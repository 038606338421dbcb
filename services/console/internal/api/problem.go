package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

const problemType = "urn:bitacora:problem:"

// Problem is a refusal (RFC 9457): the request was understood and something about it was wrong.
type Problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Detail   string `json:"detail"`
	Instance string `json:"instance"`
	// State is, of a conflict, the state that the document is in.
	State  string    `json:"state"`
	Errors []Offence `json:"errors"`
	// Status is the HTTP status, Rule the stable name of the rule that was broken ("transition-not-allowed").
	Status int    `json:"-"`
	Rule   string `json:"-"`
}

// Offence is one place of a request that was wrong.
type Offence struct {
	// Location is "body.lines[2].accepted", "query.unit_id" and the like.
	Location string   `json:"location"`
	Message  string   `json:"message"`
	Expected []string `json:"expected"`
}

func (p *Problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Rule, p.Detail) }

// At is what was wrong with a field of the body ("complaint", "lines[2].accepted"), nil when nothing was.
func (p *Problem) At(field string) *Offence {
	if p == nil {
		return nil
	}
	for i, o := range p.Errors {
		if strings.TrimPrefix(o.Location, "body.") == field {
			return &p.Errors[i]
		}
	}
	return nil
}

// ProblemOf is the refusal in an error, nil when it is none.
func ProblemOf(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return nil
}

// Hidden says of a refusal that what was asked for is not there for this person, whether it exists or not. All such refusals look alike to him.
// One is no such refusal: whoever decides on an order and is not appointed to the contract that he chose is told so.
func (p *Problem) Hidden() bool {
	return p != nil && (p.Status == http.StatusNotFound || p.Status == http.StatusForbidden && p.Rule != "not-appointed")
}

// Away is a service that could not be asked, did not answer in time, failed or answered nonsense. Of a write this means that its outcome is
// unknown: the same form may be sent again.
type Away struct {
	// Path is what was asked for, Status the answer's, 0 without one, Reference the id under which logs have the request.
	Path      string
	Status    int
	Reference string
	Cause     error
}

func (a *Away) Error() string { return fmt.Sprintf("%s could not be had: %v", a.Path, a.Cause) }

func (a *Away) Unwrap() error { return a.Cause }

// AwayOf is the failure in an error, nil when it is none.
func AwayOf(err error) *Away {
	var a *Away
	if errors.As(err, &a) {
		return a
	}
	return nil
}
