package auth

import (
	"encoding/json"
	"errors"
	"strings"
)

// grantEntries finds the entries of the claim with the grants. path names the claim; a dot descends into an object, and a claim whose
// own name has dots ("https://bitacora.example/grants") is found too. The claim is a list, or one text; anything else is one entry,
// which parseGrants cannot read.
func grantEntries(payload map[string]json.RawMessage, path string) []json.RawMessage {
	raw, found := at(payload, path)
	if !found || string(raw) == "null" {
		return nil
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	return []json.RawMessage{raw}
}

func at(object map[string]json.RawMessage, path string) (json.RawMessage, bool) {
	if raw, ok := object[path]; ok {
		return raw, true
	}
	for i, r := range path {
		if r != '.' {
			continue
		}
		var inner map[string]json.RawMessage
		if raw, ok := object[path[:i]]; ok && json.Unmarshal(raw, &inner) == nil {
			if raw, ok := at(inner, path[i+1:]); ok {
				return raw, true
			}
		}
	}
	return nil, false
}

// parseGrants reads what can be read and calls ignored for the rest: a grant that this version does not know must not lock its
// holder out of what the other grants allow.
func parseGrants(entries []json.RawMessage, ignored func(text string, reason error)) []Grant {
	var grants []Grant
	for i, entry := range entries {
		if i >= maxGrantsClaim {
			ignored("", errors.New("more entries than are looked at"))
			break
		}
		var text string
		if json.Unmarshal(entry, &text) != nil || string(entry) == "null" {
			ignored(string(entry), errors.New("not a text"))
			continue
		}
		g, err := ParseGrant(strings.TrimSpace(text))
		if err != nil {
			ignored(text, err)
			continue
		}
		if len(grants) == MaxGrants {
			ignored(text, errors.New("more grants than a principal can hold"))
			break
		}
		grants = append(grants, g)
	}
	return grants
}
