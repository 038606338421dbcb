package mx

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"
)

// sharedCSV reads a file of the folder of real data that may lie beside the repository (../shared/data), as one map per
// row by heading. Where there is none, the test is skipped and says so.
func sharedCSV(t *testing.T, name string) []map[string]string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "shared", "data")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Skipf("no folder shared/data beside the repository: %s not checked", name)
		}
		dir = filepath.Dir(dir)
	}
	f, err := os.Open(filepath.Join(dir, "shared", "data", name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, rec := range records[1:] {
		row := make(map[string]string, len(rec))
		for i, heading := range records[0] {
			row[heading] = rec[i]
		}
		rows = append(rows, row)
	}
	return rows
}
