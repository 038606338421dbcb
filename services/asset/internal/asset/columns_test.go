package asset_test

import (
	"encoding/csv"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/table"
	"github.com/bitacora-salud/bitacora/services/asset/internal/asset"
)

// TestAHeadingLeadsToOneColumn: none is named by two, and each is a heading of its own once spelling is set aside.
func TestAHeadingLeadsToOneColumn(t *testing.T) {
	of := map[string]string{}
	for _, c := range asset.Columns() {
		for _, h := range c.Headings {
			key := mx.NameKey(h)
			if other, taken := of[key]; taken && other != c.Key || key == "" {
				t.Errorf("%q leads to %s and %s", h, c.Key, other)
			}
			of[key] = c.Key
		}
		if c.Kind == table.Words && c.MaxLength == 0 {
			t.Errorf("%s has no bound", c.Key)
		}
	}
}

// TestAColumnTakesWhatTheFieldTakes: the bounds of texts are the same in both.
func TestAColumnTakesWhatTheFieldTakes(t *testing.T) {
	fields := reflect.TypeFor[asset.Details]()
	found := 0
	for i := range fields.NumField() {
		name, _, _ := strings.Cut(fields.Field(i).Tag.Get("json"), ",")
		at := slices.IndexFunc(asset.Columns(), func(c table.Column) bool { return c.Key == name })
		if most := fields.Field(i).Tag.Get("maxLength"); at >= 0 && most != "" && asset.Columns()[at].Kind == table.Words {
			found++
			if got := asset.Columns()[at].MaxLength; strconv.Itoa(got) != most {
				t.Errorf("%s: %d in a table, %s in the API", name, got, most)
			}
		}
	}
	if found < 6 {
		t.Errorf("%d fields were compared", found)
	}
}

// TestHeadingsOfInventoriesLeadToTheirColumns: as a list made by hand says of seven real-looking files; in the eighth a heading is there twice.
func TestHeadingsOfInventoriesLeadToTheirColumns(t *testing.T) {
	const folder = "../../../../pkg/table/testdata/inventarios/"
	list, err := os.Open(folder + "columnas.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = list.Close() }()
	rows, err := csv.NewReader(list).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{} // file → "sheet, column, position"
	for _, r := range rows[1:] {
		if r[4] != "" && r[0] != "hostil.csv" {
			want[r[0]] = append(want[r[0]], r[1]+" "+r[4]+" "+r[2])
		}
	}
	for name, places := range want {
		file, err := os.ReadFile(folder + name)
		if err != nil {
			t.Fatal(err)
		}
		read, err := table.Open(file, asset.Columns(), table.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range read.Sheets() {
			for _, c := range s.Columns {
				got = append(got, s.Name+" "+c.Column+" "+strconv.Itoa(c.Position))
			}
		}
		slices.Sort(got)
		slices.Sort(places)
		if diff := cmp.Diff(places, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
