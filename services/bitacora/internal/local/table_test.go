package local_test

import (
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/describe"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
)

// TestEveryOperationHasItsRow walks all registered operations and the whole table: neither has what the other lacks, and they agree on
// what writes.
func TestEveryOperationHasItsRow(t *testing.T) {
	registered := map[string]bool{}
	for _, p := range local.Parts() {
		s, err := describe.Build(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range s.Rest.Operations() {
			registered[op.ID] = true
			row, ok := auth.PermissionOf(op.ID)
			if !ok || len(row.Roles) == 0 {
				t.Errorf("%s %s (%s) is not in the table of permissions: nobody may run it", op.Method, op.Path, op.ID)
				continue
			}
			if row.Write != op.Writes {
				t.Errorf("%s: the table says write=%t, the operation %t", op.ID, row.Write, op.Writes)
			}
		}
	}
	for _, row := range auth.Permissions() {
		if !registered[row.Operation] {
			t.Errorf("the table has a row for %s, which no service registers", row.Operation)
		}
	}
}
