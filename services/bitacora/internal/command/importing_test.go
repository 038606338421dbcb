package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/table"
)

const inventories = "../../../../pkg/table/testdata/inventarios/"

// TestAnInventoryIsCheckedWithoutARegister: rows read and rejected by what reading alone can know, as the reference of these files has it.
func TestAnInventoryIsCheckedWithoutARegister(t *testing.T) {
	for _, c := range []struct{ command, rejected string }{
		{"hospital_hoja_calculo.xlsx", "240 rows: 224 can be read, 16 are rejected: amount-invalid 4, cell-error 1, date-in-text 1, date-invalid 7, number-lost 3"},
		{"correccion.csv", "42 rows: 42 can be read, 0 are rejected"},
		{"oficina_windows1252.csv", "600 rows: 585 can be read, 15 are rejected: amount-invalid 4, date-invalid 6, field-count 2, number-lost 2, too-long 1"},
		{"lista_utf16.txt", "150 rows: 41 can be read, 109 are rejected: date-ambiguous 109"},
		{"lista_utf16.txt --date-order day_first", "150 rows: 150 can be read, 0 are rejected"},
		{"lista_utf16_decide.txt", "150 rows: 150 can be read, 0 are rejected"},
		{"comilla_abierta.csv", "60 rows: 47 can be read, 13 are rejected: unclosed-quote 13"},
		{"comilla_sin_fin.csv", "45 rows: 13 can be read, 32 are rejected: unclosed-quote 32"},
		{"hostil.csv --columns unit=1,type=2,inventory_tag=3,serial_number=4,brand=5,model=6,acquired_on=8,acquisition_cost=9",
			"45 rows: 33 can be read, 12 are rejected: amount-invalid 3, bad-encoding 1, control-character 2, date-invalid 3, heading-repeated 1, too-long 2"},
	} {
		said, err := carryOut(t, "import --check "+inventories+c.command)
		if err != nil {
			t.Errorf("%s: %v", c.command, err)
			continue
		}
		last := said[strings.LastIndex(said, "\n")+1:]
		if rules := rulesOf(said); rules != "" {
			last += ": " + rules
		}
		if diff := cmp.Diff(c.rejected, last); diff != "" {
			t.Errorf("%s: %s", c.command, diff)
		}
	}
}

// rulesOf counts the rules in the lines of rejected rows.
func rulesOf(said string) string {
	line, count := regexp.MustCompile(`(?m)row \d+ .*? {2}([a-z]+(-[a-z]+)+) `), map[string]int{}
	for _, m := range line.FindAllStringSubmatch(said, -1) {
		count[m[1]]++
	}
	var out []string
	for _, rule := range []string{"amount-invalid", "bad-encoding", "cell-error", "control-character", "date-ambiguous", "date-in-text", "date-invalid", "field-count", "heading-repeated", "number-lost", "too-long", "unclosed-quote"} {
		if count[rule] > 0 {
			out = append(out, fmt.Sprint(rule, " ", count[rule]))
		}
	}
	return strings.Join(out, ", ")
}

// TestACheckSaysWhatItFound: sheets, headings, columns, what is not read, and a rejected row's place, value and reason; control characters of the
// file do not reach the terminal.
func TestACheckSaysWhatItFound(t *testing.T) {
	said, err := carryOut(t, "import --check "+inventories+"hospital_hoja_calculo.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`sheet EQUIPO MÉDICO: headings in row 7\n`, `  warranty_until +is column 11 +VENCIMIENTO DE GARANTÍA\n`, `  - +is not read +OBSERVACIONES\n`, `sheet NOTAS: has no headings and is not read\n`, `dates are day first\n`,
		`sheet EQUIPO MÉDICO: row 33 +acquisition_cost +amount-invalid +USD 4,500.00 +is no amount in pesos`,
	} {
		if !regexp.MustCompile(want).MatchString(said) {
			t.Errorf("%s is not said in\n%s", want, said)
		}
	}
	if said, err = carryOut(t, "import --check --heading 1 --columns unit=1,type=2,inventory_tag=3,model=6 "+inventories+"hostil.csv"); err != nil || strings.ContainsAny(said, "\x1b\x00") {
		t.Errorf("%v, %q", err, said)
	}
}

// TestAFileThatCannotBeCheckedIsRefused: with what is possible instead.
func TestAFileThatCannotBeCheckedIsRefused(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "vacio.csv")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]string{
		"--check " + empty:                                 "column-missing",
		"--check " + empty + "x":                           "no such file",
		inventories + "correccion.csv":                     "--token-file",
		"--check --of chairs " + empty:                     "assets or units",
		"--check --date-order ymd " + empty:                "day_first or month_first",
		"--check --columns price=1 " + empty:               "the columns are unit, type, area",
		"--check " + inventories + "hostil.csv":            `columns 5 ("Marca") and 7 ("Marca") are both for brand`,
		"--check --of units " + inventories + "hostil.csv": "column-missing",
		"--check --sheet X " + inventories + "hostil.csv":  "sheet-unknown",
	} {
		if _, err := carryOut(t, "import "+command); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", command, err)
		}
	}
}

// TestAnImportIsSentAndItsRejectedRowsComeBack: the file as it is, whoever's the token is, what was said of it; then what the installation
// rejected, which stands beside the reason in a file that is not written over.
func TestAnImportIsSentAndItsRejectedRowsComeBack(t *testing.T) {
	file, err := os.ReadFile(inventories + "lista_utf16.txt")
	if err != nil {
		t.Fatal(err)
	}
	report := table.Report{Rows: 150, Created: 148, Drafts: 3, Rejected: 2, Errors: []table.Remark{
		{Row: 41, Column: "inventory_tag", Value: "HGO-1", Rule: "tag-taken", Reason: "row 40 of the file has this tag"}, {Row: 151, Column: "type", Rule: "type-unknown", Reason: "no type"}}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, err := io.ReadAll(r.Body)
		want := "POST /v1/assets/import?date_order=day_first&dry_run=false&types=CAMASTRO%3Dhospital_bed Bearer secret"
		if is := r.Method + " " + r.URL.String() + " " + r.Header.Get("Authorization"); err != nil || !bytes.Equal(got, file) || is != want {
			t.Errorf("%d bytes by %s, %v", len(got), is, err)
		}
		if err := json.NewEncoder(w).Encode(report); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	folder := t.TempDir()
	if err := os.WriteFile(folder+"/token", []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command := "import --server " + server.URL + "/ --token-file " + folder + "/token --date-order day_first --types CAMASTRO=hospital_bed --rejected " + folder + "/back.csv " + inventories + "lista_utf16.txt"
	said, err := carryOut(t, command)
	if err != nil || !strings.HasSuffix(said, "150 rows: 148 created (3 of them drafts), 0 changed, 0 unchanged, 2 rejected") || !strings.Contains(said, "row 41") {
		t.Errorf("%v, %s", err, said)
	}
	back, err := os.ReadFile(folder + "/back.csv")
	if lines := strings.Split(string(back), "\r\n"); err != nil || len(lines) != 4 || !strings.HasPrefix(lines[0], "\ufeffFila\tMotivo del rechazo\t") || !strings.HasPrefix(lines[1], "41\tinventory_tag HGO-1 row 40 of the file has this tag\t") {
		t.Errorf("%v, %q", err, back)
	}
	if _, err := carryOut(t, command); !errors.Is(err, os.ErrExist) {
		t.Errorf("written over: %v", err)
	}
}
