package rest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// etag is the entity tag of a document's version. It is strong: a version is answered in the same bytes whoever asks.
func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// entityTag is one of a conditional header, without its quotes.
type entityTag struct {
	opaque string
	weak   bool
}

// tagList is If-Match or If-None-Match: any, or one of tags.
type tagList struct {
	tags []entityTag
	any  bool
}

// readTags reads one of them: `*`, or a list of tags in quotes, weak ones marked by W/. It is nil when there is none, or it is malformed.
func readTags(header string) *tagList {
	var out tagList
	rest := strings.Trim(header, " \t")
	if rest == "*" {
		return &tagList{any: true}
	}
	rest = strings.TrimLeft(rest, ", \t") // an empty element is no element
	for rest != "" {
		var t entityTag
		if rest, t.weak = strings.CutPrefix(rest, `W/`); !strings.HasPrefix(rest, `"`) {
			return nil
		}
		end := strings.IndexByte(rest[1:], '"')
		if end < 0 {
			return nil
		}
		t.opaque = rest[1 : end+1]
		out.tags = append(out.tags, t)
		rest = strings.TrimLeft(rest[end+2:], " \t")
		if rest == "" {
			break
		}
		if rest[0] != ',' {
			return nil
		}
		rest = strings.TrimLeft(rest, ", \t")
	}
	if len(out.tags) == 0 {
		return nil
	}
	return &out
}

// Conditions are the conditional headers of a request (RFC 9110, 13.1). Every operation that answers or writes a document with an ETag
// takes both, and judges them by Read or as a caller.Command.
type Conditions struct {
	IfMatch     string `header:"If-Match" doc:"The ETag last seen, e.g. \"7\", or several, or * for whatever it is. The request is refused (412) when none of them is the present one; tags are compared strongly."`
	IfNoneMatch string `header:"If-None-Match" doc:"ETags, e.g. \"7\", or * for any. While one of them is the present one, a read is answered 304 without a body, and a write is refused (412); tags are compared weakly. A create takes *: 412 when there is one with its id."`
}

// Read is the status of a read of what has the tag present, and its problem: 200; 304 when If-None-Match names it; 412 when If-Match does
// not. An If-None-Match that cannot be read is passed over: the whole answer is never wrong.
func (c Conditions) Read(present string) (int, error) {
	match, err := c.match()
	switch {
	case err != nil:
		return 0, err
	case match != nil && !match.any && !slices.Contains(match.tags, entityTag{strings.Trim(present, `"`), false}):
		return 0, docstore.ErrStale
	case readTags(c.IfNoneMatch).names(present):
		return http.StatusNotModified, nil
	}
	return http.StatusOK, nil
}

// write is what the conditions say of a write to a document by its version; nil when they say nothing. A header that cannot be read is
// refused: whoever sent it believes that it protects something.
func (c Conditions) write() (func(version int64) error, error) {
	match, err := c.match()
	if err != nil {
		return nil, err
	}
	none := readTags(c.IfNoneMatch)
	if c.IfNoneMatch != "" && none == nil {
		return nil, notTags("If-None-Match")
	}
	if match == nil && none == nil {
		return nil, nil
	}
	return func(version int64) error {
		present := entityTag{opaque: strconv.FormatInt(version, 10)}
		switch {
		case match != nil && !match.any && !slices.Contains(match.tags, present):
			return docstore.ErrStale
		case none.names(etag(version)):
			return thereIsOne()
		}
		return nil
	}, nil
}

// thereIsOne refuses a write because of If-None-Match.
func thereIsOne() *Problem {
	return newProblem(http.StatusPreconditionFailed, "precondition-failed", "If-None-Match names what is there, or is * and there is one; read it and decide anew").
		at("header.If-None-Match", "names the present version")
}

// match is If-Match; nil when none was given.
func (c Conditions) match() (*tagList, error) {
	if c.IfMatch == "" {
		return nil, nil
	}
	if list := readTags(c.IfMatch); list != nil {
		return list, nil
	}
	return nil, notTags("If-Match")
}

func notTags(header string) *Problem {
	return newProblem(http.StatusUnprocessableEntity, strings.ToLower(header)+"-malformed", header+" takes ETags as they were read, in quotes, or *").
		at("header."+header, "not an ETag", `"7"`)
}

// names says whether one of the tags is present, compared weakly, as proxies that compress make strong ones weak.
func (l *tagList) names(present string) bool {
	return l != nil && (l.any || slices.ContainsFunc(l.tags, func(t entityTag) bool { return `"`+t.opaque+`"` == strings.TrimPrefix(present, "W/") }))
}
