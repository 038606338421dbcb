package rest

import (
	"fmt"
	"strconv"
	"strings"
)

// Mark names a version of an aggregate: what a write answers in Bitacora-Written, and what a reader gives back (min_as_of) to see at
// least that.
type Mark struct {
	// Aggregate is the singular name: "asset", "work_order".
	Aggregate, ID string
	Version       int64
}

// String is "asset/01981a2b-…@7".
func (m Mark) String() string {
	return m.Aggregate + "/" + m.ID + "@" + strconv.FormatInt(m.Version, 10)
}

// ParseMark reads what String wrote.
func ParseMark(s string) (Mark, error) {
	aggregate, rest, ok := strings.Cut(s, "/")
	at := strings.LastIndexByte(rest, '@')
	if ok && aggregate != "" && at > 0 {
		if v, err := strconv.ParseInt(rest[at+1:], 10, 64); err == nil && v > 0 {
			return Mark{aggregate, rest[:at], v}, nil
		}
	}
	return Mark{}, fmt.Errorf("%.100q is not of the form aggregate/id@version, as in the header Bitacora-Written", s)
}
