package mx

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseCLUES(t *testing.T) {
	for _, tc := range []struct{ in, want, wrong string }{
		{in: "DFIST000073", want: "DFIST000073"},
		{in: " bsist000014\t", want: "BSIST000014"},
		{in: "ZSSSA999999", want: "ZSSSA999999"}, // a wrong check digit is no reason to refuse
		{in: "", wrong: "is empty"},
		{in: "  ", wrong: "is empty"},
		{in: "DFIST00053", wrong: "has 10 characters"}, // seen in public code
		{in: "DFIST0000533", wrong: "has 12 characters"},
		{in: "096-201-00", wrong: "has 10 characters"},
		{in: "XXIST000014", wrong: `begins with "XX"`},
		{in: "BS1ST000014", wrong: "character 3 is '1', a letter"},
		{in: "BSISTO00014", wrong: "character 6 is the letter 'O'"},
		{in: "BSIST00001A", wrong: "character 11 is 'A', a digit"},
		{in: "BSIST-00014", wrong: "character 6 is '-'"},
		{in: "ÑSIST000014", wrong: "character 1 is 'Ñ'"},
		{in: "bſist000014", wrong: "character 2"}, // a long s would become S
		{in: "BSIST\xff00014", wrong: "character 6"},
		{in: strings.Repeat("B", 1<<20), wrong: "has 1048576 characters"},
	} {
		got, err := ParseCLUES(tc.in)
		switch {
		case tc.wrong == "" && (err != nil || string(got) != tc.want):
			t.Errorf("ParseCLUES(%q) = %q, %v; want %q", tc.in, got, err, tc.want)
		case tc.wrong != "" && (err == nil || !strings.Contains(err.Error(), tc.wrong) || len(err.Error()) > 250):
			t.Errorf("ParseCLUES(%.20q) = %q, %v; want an error with %q", tc.in, got, err, tc.wrong)
		}
	}
}

func TestCheckDigit(t *testing.T) {
	// Public codes of several states and institutions; the last four are made up and only satisfy the formula.
	for _, good := range []CLUES{
		"DFIST000073", "DFIST000312", "JCIST000132", "CHSSA017971", "DFIMB002341",
		"BSIST000014", "BSIST000026", "BSIST000031", "MCIST000010",
	} {
		if !good.CheckDigitOK() || good.Suggest() != nil {
			t.Errorf("%s: the check digit is right, suggested %v", good, good.Suggest())
		}
		if got, err := CheckDigit(string(good[:10])); err != nil || got != string(good[10:]) {
			t.Errorf("CheckDigit(%s) = %q, %v", good[:10], got, err)
		}
	}
	for _, bad := range []string{"", "BSIST0000", "bsist000014", "B5IST000014"} {
		if got, err := CheckDigit(bad); err == nil {
			t.Errorf("CheckDigit(%q) = %q, want an error", bad, got)
		}
		if CLUES(bad).CheckDigitOK() || CLUES(bad).Suggest() != nil {
			t.Errorf("%q has not the shape of a CLUES", bad)
		}
	}
}

func TestSuggest(t *testing.T) {
	got := CLUES("BSIST000041").Suggest() // 000014 with two digits swapped
	if len(got) < 2 || got[0][:10] != "BSIST00004" || !slices.Contains(got, "BSIST000014") {
		t.Errorf("Suggest() = %v, want the corrected digit first and BSIST000014 among the rest", got)
	}
}

func TestCLUESParts(t *testing.T) {
	c := CLUES("BSIST000014")
	if s, ok := c.State(); !ok || s.INEGI != "03" {
		t.Errorf("State() = %v, %v", s, ok)
	}
	if c.Institution() != "IST" || CLUES("BS").Institution() != "" {
		t.Error("Institution() is wrong")
	}
	if _, ok := CLUES("").State(); ok {
		t.Error("an empty CLUES has no state")
	}
}

func TestCLUESOfTheCatalogue(t *testing.T) {
	for _, tc := range []struct {
		file, column string
		rows, right  int
	}{
		{"clues_issste/issste_unidades_clues_parcial.csv", "clues", 230, 228},
		{"clues_issste/clues_sonora_publicas_formato_oficial.csv", "CLUES", 581, 558},
	} {
		rows, right := sharedCSV(t, tc.file), 0
		for _, row := range rows {
			c, err := ParseCLUES(row[tc.column])
			if err != nil {
				t.Errorf("%s: %v", tc.file, err)
			}
			if c.CheckDigitOK() {
				right++
			}
			if code := row["cve_entidad"] + row["CLAVE DE LA ENTIDAD"]; code != "" {
				if s, _ := c.State(); s.INEGI != code {
					t.Errorf("%s: state %s, the catalogue says %s", c, s.INEGI, code)
				}
			}
		}
		if len(rows) != tc.rows || right != tc.right {
			t.Errorf("%s: check digit right for %d of %d, want %d of %d", tc.file, right, len(rows), tc.right, tc.rows)
		}
	}
}

func genStem(t *rapid.T) string {
	prefix := rapid.SampledFrom(States()).Draw(t, "state").CLUESPrefix
	return prefix + rapid.StringMatching(`[A-Z]{3}[0-9]{5}`).Draw(t, "rest")
}

func TestCLUESProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stem := genStem(t)
		digit, err := CheckDigit(stem)
		if err != nil {
			t.Fatal(err)
		}
		right := CLUES(stem + digit)
		typed := rapid.SampledFrom([]string{string(right), strings.ToLower(string(right)), " " + string(right) + "\n"}).Draw(t, "typed")
		if got, err := ParseCLUES(typed); err != nil || got != right || !got.CheckDigitOK() {
			t.Fatalf("ParseCLUES(%q) = %q, %v", typed, got, err)
		}
		// Every other last digit is noticed, and the right code is the first proposal.
		other := CLUES(stem + rapid.StringMatching(`[0-9]`).Draw(t, "last"))
		if other != right && (other.CheckDigitOK() || other.Suggest()[0] != right) {
			t.Fatalf("%s: Suggest() = %v, want %s first", other, other.Suggest(), right)
		}
		for _, s := range other.Suggest() {
			if again, err := ParseCLUES(string(s)); err != nil || again != s || !s.CheckDigitOK() {
				t.Fatalf("%s: proposal %s is not a good code", other, s)
			}
		}
	})
}

func TestParseCLUESNeverPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-z0-9 \-]{9,13}`),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "s")
		c, err := ParseCLUES(s)
		if err == nil {
			if again, err := ParseCLUES(string(c)); err != nil || again != c {
				t.Fatalf("%q parsed as %q, which parses as %q, %v", s, c, again, err)
			}
		}
		_, _ = CLUES(s).CheckDigitOK(), CLUES(s).Suggest()
	})
}
