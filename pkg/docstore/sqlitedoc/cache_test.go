package sqlitedoc

import (
	"path/filepath"
	"testing"
)

// What a store's connections keep of it is bounded together, however many there are.
func TestPagesKeptAreBounded(t *testing.T) {
	for _, readers := range []int{1, 4, 8, 32} {
		d := opened(t, Config{Path: filepath.Join(t.TempDir(), "store.db"), Readers: readers})
		var kept int
		err := d.read(t.Context(), false, func(s *session) error {
			return s.conn.QueryRowContext(t.Context(), "PRAGMA cache_size").Scan(&kept)
		})
		if err != nil {
			t.Fatal(err)
		}
		kept = -kept << 10 * readers
		if kept < 1<<20 || kept > 32<<20 {
			t.Errorf("%d readers keep %d MB together", readers, kept>>20)
		}
	}
}
