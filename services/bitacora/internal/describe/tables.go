package describe

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/rest"
)

// permissions is the table of who may run which operation, of all services, ordered by operation. A change of it shows in review.
func permissions(ops []rest.Operation) []byte {
	var b bytes.Buffer
	b.WriteString("<!-- Written by `make generate` from the operations. -->\n# Who may run what\n\n" +
		"Each within the places where the role was granted. Planners and auditors run nothing that writes, but what is about themselves (person.say).\n\n| operation | request | writes | roles |\n|---|---|---|---|\n")
	for _, op := range slices.SortedFunc(slices.Values(ops), func(a, b rest.Operation) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Path, b.Path)) }) {
		roles := make([]string, len(op.Roles))
		for i, r := range op.Roles {
			roles[i] = string(r)
		}
		writes := ""
		if op.Writes {
			writes = "yes"
		}
		fmt.Fprintf(&b, "| %s | %s %s | %s | %s |\n", op.ID, op.Method, op.Path, writes, strings.Join(roles, ", "))
	}
	return b.Bytes()
}

// labels is the table of all vocabularies: the values of each in their order, and how they are called.
func labels() []byte {
	var b bytes.Buffer
	b.WriteString("<!-- Written by `make generate` from the vocabularies. -->\n# Vocabularies and their labels\n")
	for _, name := range mx.Vocabularies() {
		fmt.Fprintf(&b, "\n## %s\n\n| value | es-MX | English |\n|---|---|---|\n", name)
		for _, v := range mx.Values(name) {
			es, en := mx.Label(name, v)
			fmt.Fprintf(&b, "| %s | %s | %s |\n", v, es, en)
		}
	}
	return b.Bytes()
}
