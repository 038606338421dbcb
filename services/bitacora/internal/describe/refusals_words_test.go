package describe_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/describe"
)

var (
	stateRefuses = regexp.MustCompile(`(?s)409: \{(.*?)\n\s*\},`)
	quoted       = regexp.MustCompile(`"([a-z-]+)"`)
)

// Whoever is refused by the state of things is told in the console why: each such rule of a service has a sentence of its own there.
func TestEveryRuleByWhichAStateRefusesHasItsWords(t *testing.T) {
	files, err := describe.Refusals("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for name, text := range files {
		for _, block := range stateRefuses.FindAllStringSubmatch(string(text), -1) {
			for _, rule := range quoted.FindAllStringSubmatch(block[1], -1) {
				if n++; !mx.Valid("refusal", strings.ReplaceAll(rule[1], "-", "_")) {
					t.Errorf("%s: %s", name, rule[1])
				}
			}
		}
	}
	if n < 40 {
		t.Errorf("%d rules", n)
	}
}
