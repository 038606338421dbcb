package describe

import (
	"fmt"
	"slices"
)

// Incompatible lists what a reader of the old schema could not rely on any more in the new one: a field that is gone, has another
// type, or is no longer always there. Fields may be added.
func Incompatible(before, after map[string]any) []string { return differ("", before, after) }

func differ(at string, before, after map[string]any) (out []string) {
	if b, a := before["type"], after["type"]; fmt.Sprint(b) != fmt.Sprint(a) {
		return []string{fmt.Sprintf("%s: was %v, is %v", name(at), b, a)}
	}
	if b, a := before["format"], after["format"]; b != nil && b != a {
		out = append(out, fmt.Sprintf("%s: had format %v, has %v", name(at), b, a))
	}
	required, _ := after["required"].([]any)
	was, _ := before["required"].([]any)
	for _, field := range was {
		if !slices.Contains(required, field) {
			out = append(out, fmt.Sprintf("%s.%v: was always there, now may be absent", name(at), field))
		}
	}
	fields, _ := before["properties"].(map[string]any)
	now, _ := after["properties"].(map[string]any)
	for _, field := range sortedKeys(fields) {
		old, _ := fields[field].(map[string]any)
		present, ok := now[field].(map[string]any)
		if !ok {
			out = append(out, fmt.Sprintf("%s.%s: is gone", name(at), field))
			continue
		}
		out = append(out, differ(at+"."+field, old, present)...)
	}
	if items, ok := before["items"].(map[string]any); ok {
		present, _ := after["items"].(map[string]any)
		out = append(out, differ(at+"[]", items, present)...)
	}
	return out
}

func name(at string) string {
	if at == "" {
		return "value"
	}
	return "value" + at
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
