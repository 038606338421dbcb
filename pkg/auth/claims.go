package auth

import (
	"encoding/json"
	"errors"
	"strings"
)

// grantTexts finds the grants in a token's claims. path names the claim; a dot descends into an object, and a claim whose own
// name has dots ("https://bitacora.example/grants") is found too. The claim is a list of texts, or one text.
func grantTexts(payload map[string]json.RawMessage, path string) ([]string, error) {
	raw, found := at(payload, path)
	if !found || string(raw) == "null" {
		return nil, nil
	}
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return list, nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}, nil
	}
	return nil, errors.New("the grants claim is not a list of texts")
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
func parseGrants(texts []string, ignored func(text string, reason error)) []Grant {
	var grants []Grant
	for i, text := range texts {
		if i >= MaxGrants {
			ignored("", errors.New("more grants than a principal can hold"))
			break
		}
		g, err := ParseGrant(strings.TrimSpace(text))
		if err != nil {
			ignored(text, err)
			continue
		}
		grants = append(grants, g)
	}
	return grants
}
