package rest

import (
	"hash/crc64"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// etag is the entity tag of an answer of a document: its version and a hash of the answer, "7-9c1f04d2a6b3e851". So it is strong although
// not everybody is answered the same of a version (actions, Op.Seen, possible_duplicates): who may do something else now is not answered 304,
// and what a browser keeps of one user is never shown as another's.
func etag(version int64, answer []byte) string {
	b := strconv.AppendInt(make([]byte, 0, 40), version, 10)
	b = strconv.AppendUint(append(b, '-'), crc64.Checksum(answer, hashes), 16)
	return `"` + string(b) + `"`
}

var hashes = crc64.MakeTable(crc64.ECMA)

// versionOf is the version in a tag, which is all that a write depends on: "7" of "7-9c1f04d2a6b3e851", and of "7", as earlier releases
// answered it.
func versionOf(tag string) string {
	version, _, _ := strings.Cut(tag, "-")
	return version
}

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
	IfMatch     string `header:"If-Match" doc:"The ETag last seen, e.g. \"7-9c1f04d2a6b3e851\", or several, or * for whatever it is. Of each the version counts, which is what stands before the dash; \"7\" will do. The request is refused (412) when none of them is of the present version; tags are compared strongly."`
	IfNoneMatch string `header:"If-None-Match" doc:"ETags, e.g. \"7-9c1f04d2a6b3e851\", or * for any. While one of them is that of the present answer, a read is answered 304 without a body; while one of them is of the present version, a write is refused (412). Tags are compared weakly. A create takes *: 412 when there is one with its id."`
}

// Read is the status of a read of what has the tag present, and its problem: 200; 304 when If-None-Match names it; 412 when If-Match does
// not. An If-None-Match that cannot be read is passed over: the whole answer is never wrong.
func (c Conditions) Read(present string) (int, error) {
	match, err := c.match()
	switch {
	case err != nil:
		return 0, err
	case !match.admits(versionOf(strings.Trim(present, `"`))):
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
		present := strconv.FormatInt(version, 10)
		switch {
		case !match.admits(present):
			return docstore.ErrStale
		case none != nil && (none.any || none.has(func(t entityTag) bool { return versionOf(t.opaque) == present })):
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

func (l *tagList) has(is func(entityTag) bool) bool { return slices.ContainsFunc(l.tags, is) }

// names says whether one of the tags is present, compared weakly, as proxies that compress make strong ones weak.
func (l *tagList) names(present string) bool {
	return l != nil && (l.any || l.has(func(t entityTag) bool { return `"`+t.opaque+`"` == strings.TrimPrefix(present, "W/") }))
}

// admits says whether l, an If-Match, holds of a version: it is none, or any, or one of its strong tags is of that version.
func (l *tagList) admits(version string) bool {
	return l == nil || l.any || l.has(func(t entityTag) bool { return !t.weak && versionOf(t.opaque) == version })
}
