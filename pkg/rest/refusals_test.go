package rest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// undescribed are problems of no operation of its own: what is asked of no operation, and what is said of all under "default".
var undescribed = []string{"no-such-path", "method-not-allowed", "client-closed-request", "internal-error", "unavailable", "storage-full", "not-yet-visible",
	"too-many-requests-in-flight"}

// TestEveryRefusalOfTheEdgeIsDescribed reads the package's own sources: a problem that the table of refusals lacks would be missing from the
// descriptions of the operations.
func TestEveryRefusalOfTheEdgeIsDescribed(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	made := regexp.MustCompile(`newProblem\([^,"]+, "([a-z0-9-]+)"`)
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range made.FindAllStringSubmatch(string(source), -1) {
			rule := m[1]
			found++
			described := slices.ContainsFunc(edgeRefusals, func(r edgeRefusal) bool { return r.rule == rule })
			if !described && !slices.Contains(undescribed, rule) {
				t.Errorf("%s: the problem %q is in no operation's description: it belongs into edgeRefusals", name, rule)
			}
		}
	}
	if found < 20 {
		t.Fatalf("only %d problems found: does the pattern still match how they are made?", found)
	}
}
