package config

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Help writes a table with one line per variable of cfg, a pointer to a struct: name, type, default, description.
func Help(w io.Writer, prefix string, cfg any) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "VARIABLE\tTYPE\tDEFAULT\tDESCRIPTION")
	for _, v := range variables(prefix, cfg) {
		fallback, desc := v.fallback, v.desc
		if v.required {
			fallback = "(required)"
		}
		if v.secret {
			desc = strings.TrimSpace(desc + " (or a file's name in " + v.name + fileSuffix + ")")
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", v.name, v.kind(), fallback, desc)
	}
	return tw.Flush()
}

// Print writes the values of cfg, which Load has filled in, one NAME=value per line, secrets masked.
func Print(w io.Writer, prefix string, cfg any) error {
	for _, v := range variables(prefix, cfg) {
		if _, err := fmt.Fprintf(w, "%s=%v\n", v.name, v.field.Interface()); err != nil {
			return err
		}
	}
	return nil
}

// Unknown returns a sentence, with the nearest known name, for each variable in env that begins with the prefix and is not one of cfg's:
// probably a typing error. Those of tests (PREFIX_TEST_…) and those that Kubernetes adds for services are left out.
func Unknown(prefix string, cfg any, env []string) []string {
	var known []string
	for _, v := range variables(prefix, cfg) {
		known = append(known, v.name)
		if v.secret {
			known = append(known, v.name+fileSuffix)
		}
	}
	begin := strings.ToUpper(prefix) + "_"
	var warnings []string
	for name := range environment(env) {
		if !strings.HasPrefix(name, begin) || strings.HasPrefix(name, begin+"TEST_") || slices.Contains(known, name) {
			continue
		}
		warning := name + " is not a variable of this program"
		if near := nearest(name, known); near != "" {
			warning += "; did you mean " + near + "?"
		}
		warnings = append(warnings, warning)
	}
	slices.Sort(warnings)
	return warnings
}

// nearest is the known name with the fewest edits from name, "" when there is none.
func nearest(name string, known []string) string {
	best, least := "", 0
	for _, k := range known {
		if d := distance(name, k); best == "" || d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is the Levenshtein distance of two texts.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
