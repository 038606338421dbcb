package rest

import (
	"fmt"
	"strconv"
	"strings"
)

// Mark names a version of an aggregate. A write returns one in the header Bitacora-Written; a request with it as min_as_of is answered with data
// that include that write.
type Mark struct {
	// Aggregate is the name in the singular: "asset", "work_order".
	Aggregate, ID string
	Version       int64
}

// String returns "asset/01981a2b-…@7".
func (m Mark) String() string {
	return m.Aggregate + "/" + m.ID + "@" + strconv.FormatInt(m.Version, 10)
}

// ParseMark is the inverse of String.
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
