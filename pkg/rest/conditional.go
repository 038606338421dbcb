package rest

import (
	"context"
	"net/http"
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

// entityTags reads If-Match or If-None-Match (RFC 9110, 13.1): `*`, which is any, or a list of tags in quotes, weak ones marked by W/.
func entityTags(header string) (tags []entityTag, anyOf, ok bool) {
	rest := strings.Trim(header, " \t")
	if rest == "*" {
		return nil, true, true
	}
	rest = strings.TrimLeft(rest, ", \t") // an empty element is no element
	for rest != "" {
		var t entityTag
		if rest, t.weak = strings.CutPrefix(rest, `W/`); !strings.HasPrefix(rest, `"`) {
			return nil, false, false
		}
		end := strings.IndexByte(rest[1:], '"')
		if end < 0 {
			return nil, false, false
		}
		t.opaque = rest[1 : end+1]
		tags = append(tags, t)
		rest = strings.TrimLeft(rest[end+2:], " \t")
		if rest == "" {
			break
		}
		if rest[0] != ',' {
			return nil, false, false
		}
		rest = strings.TrimLeft(rest, ", \t")
	}
	return tags, false, len(tags) > 0
}

// Unchanged says whether If-None-Match names the present tag, so that the answer is 304: tags are compared weakly, as proxies that
// compress make strong ones weak. A header that cannot be read is passed over.
func Unchanged(ifNoneMatch, present string) bool {
	tags, anyOf, ok := entityTags(ifNoneMatch)
	for _, t := range tags {
		if `"`+t.opaque+`"` == strings.TrimPrefix(present, "W/") {
			return true
		}
	}
	return ok && anyOf
}

// none is the version of a condition that no version meets.
const none = -1

// ifMatch is the version that If-Match asks for: 0 for any, none where no tag of it can be that of a version. Tags are compared
// strongly: a weak one matches nothing. Of several it is the present version if that is among them; between this look and the write
// the document may move on, which is then noticed as ever.
func ifMatch(ctx context.Context, docs *docstore.Collection[state], id, header string) (int64, error) {
	if header == "" {
		return 0, nil
	}
	tags, anyOf, ok := entityTags(header)
	if !ok {
		return 0, newProblem(http.StatusUnprocessableEntity, "if-match-malformed", "If-Match takes ETags as they were read, in quotes, or *").
			at("header.If-Match", "not an ETag", `"7"`)
	}
	if anyOf {
		return 0, nil
	}
	var versions []int64
	for _, t := range tags {
		if v, err := strconv.ParseInt(t.opaque, 10, 64); err == nil && v > 0 && !t.weak && etag(v) == `"`+t.opaque+`"` {
			versions = append(versions, v)
		}
	}
	switch len(versions) {
	case 0:
		return none, nil
	case 1:
		return versions[0], nil
	}
	doc, err := docs.Load(ctx, id)
	if err != nil {
		return none, nil // the write finds the same, and says so
	}
	for _, v := range versions {
		if v == doc.Version {
			return v, nil
		}
	}
	return none, nil
}
