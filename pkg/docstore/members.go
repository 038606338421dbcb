package docstore

import (
	"bytes"
	"iter"
	"slices"
)

// Members are the top-level members of a JSON object, each with its name and as it is written, name included: `"a"` and `"a": 1`. Names
// are not unescaped; those of the store, which begin with _, never need it. Of what is no well-formed object it yields what it can make
// out. Decoding a whole document only to leave some of its fields out cost ten times as much (measured).
func Members(object []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		object = bytes.TrimSpace(object)
		if len(object) < 2 || object[0] != '{' {
			return
		}
		for rest := object[1:]; len(rest) > 0; {
			end := memberEnd(rest)
			member := bytes.TrimSpace(rest[:end])
			if len(member) > 1 && member[0] == '"' && !yield(string(member[1:textEnd(member, 0)]), member) {
				return
			}
			rest = rest[min(end+1, len(rest)):]
		}
	}
}

// Only is the object with those of its top-level members alone that are named.
func Only(object []byte, names []string) []byte {
	out := append(make([]byte, 0, 512), '{')
	for name, member := range Members(object) {
		if !slices.Contains(names, name) {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, member...)
	}
	return append(out, '}')
}

// memberEnd is where the first member of an object's inside ends: at its comma, or at the brace behind the last one.
func memberEnd(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i = textEnd(b, i)
		case '{', '[':
			depth++
		case ']':
			depth--
		case '}':
			if depth == 0 {
				return i
			}
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return len(b)
}

// textEnd is the place of the quote that ends the text which begins at b[i].
func textEnd(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(b) - 1
}
