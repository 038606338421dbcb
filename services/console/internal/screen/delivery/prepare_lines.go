package delivery

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// mostLines bounds the lines of a delivery, as the service does.
const mostLines = 500

// lineFields are the fields of a line as the form calls them, and how the service does.
var lineFields = []struct{ form, body string }{{"type", "type_id"}, {"quantity", "quantity"}, {"description", "description"}, {"tracking", "tracking"}, {"unit_price", "unit_price"},
	{"funding", "funding_source.kind"}, {"funding_ref", "funding_source.ref_id"}, {"funding_year", "funding_source.fiscal_year"}}

// written is a line as it was typed.
type written map[string]string

func (w written) blank() bool {
	for _, value := range w {
		if value != "" {
			return false
		}
	}
	return true
}

func fieldOf(line int, name string) string { return "lines." + strconv.Itoa(line) + "." + name }

// typedLines are the lines of the form as they were sent, with the one more or without the one that its buttons ask for; one empty line where
// there is none.
func typedLines(sent url.Values) []written {
	var all []written
	for i := range mostLines {
		if !sent.Has(fieldOf(i, "type")) {
			break
		}
		w := written{}
		for _, f := range lineFields {
			w[f.form] = strings.TrimSpace(sent.Get(fieldOf(i, f.form)))
		}
		all = append(all, w)
	}
	if i, err := strconv.Atoi(sent.Get("quitar")); err == nil && i >= 0 && i < len(all) {
		all = slices.Delete(all, i, i+1)
	}
	if len(all) == 0 || sent.Get("mas") != "" && len(all) < mostLines {
		all = append(all, written{})
	}
	return all
}

// prepareLine is a line of the form.
type prepareLine struct {
	Title, Remove  string
	Type, Quantity ui.Field
	More           bool
	Tracking       ui.Picker
	Funding        ui.Picker
	Rest           []ui.Field
}

func drawLines(all []written, wrong func(field, key string, args ...any) string) []prepareLine {
	out := make([]prepareLine, len(all))
	for i, w := range all {
		field := func(name string) ui.Field {
			return ui.Field{Name: fieldOf(i, name), Label: prepareWords.Say("field_" + name), Value: w[name], Error: wrong(fieldOf(i, name), "error_"+name, i+1)}
		}
		l := prepareLine{Title: words.Say("line", i+1), Type: field("type"), Quantity: field("quantity")}
		if len(all) > 1 {
			l.Remove = strconv.Itoa(i)
		}
		l.Type.List = "tipos"
		l.Quantity.Type, l.Quantity.Mode, l.Quantity.Min = "number", "numeric", "1"
		description, price, ref, year := field("description"), field("unit_price"), field("funding_ref"), field("funding_year")
		description.Max, price.Mode, ref.Max, year.Mode = 200, "decimal", 80, "numeric"
		l.Tracking = ui.Picker{Name: fieldOf(i, "tracking"), Label: prepareWords.Say("field_tracking"), Empty: prepareWords.Say("tracking_of_type"), Value: w["tracking"], Groups: act.Vocabulary("tracking"), Error: wrong(fieldOf(i, "tracking"), "error_tracking", i+1)}
		l.Funding = ui.Picker{Name: fieldOf(i, "funding"), Label: prepareWords.Say("field_funding"), Empty: prepareWords.Say("no_funding"), Value: w["funding"], Groups: act.Vocabulary("funding_kind"), Error: wrong(fieldOf(i, "funding"), "error_funding", i+1)}
		l.Rest = []ui.Field{description, price, ref, year}
		l.More = w["tracking"]+w["funding"] != "" || slices.ContainsFunc(l.Rest, func(f ui.Field) bool { return f.Value+f.Error != "" })
		out[i] = l
	}
	return out
}

// typeNames are the names by which types are found as one types.
func typeNames(names *record.Names) []string {
	var out []string
	for _, t := range names.Types() {
		out = append(out, t.NameES)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// severalTypes is the message of a type that is not one alone.
const severalTypes = "several"

// shortest is how many letters at least say which type is meant, where they are not its whole name.
const shortest = 3

// typeOf is the type that somebody typed: by its name or key, or else the only one whose name has all of the words.
func typeOf(names *record.Names, text string) (id string, several []string) {
	for key, t := range names.Types() {
		if mx.NameKey(t.NameES) == mx.NameKey(text) || key == text {
			return t.ID, nil
		}
	}
	for _, t := range names.Types() {
		if record.Contains(t.NameES, text) {
			id, several = t.ID, append(several, t.NameES)
		}
	}
	if len(several) == 1 && len([]rune(text)) >= shortest {
		return id, nil
	}
	slices.Sort(several)
	return "", several[:min(len(several), 8)]
}

// linesOf are the lines as the service takes them, where in the form each of them stands, and what is wrong with what was typed. Empty lines are no
// lines, unless there is no other.
func linesOf(r *screen.Request, names *record.Names) (sent []map[string]any, at []int, wrong []api.Offence) {
	all := typedLines(r.PostForm)
	for i, w := range all {
		if w.blank() && (len(sent) > 0 || i < len(all)-1) {
			continue
		}
		offend := func(name string, o api.Offence) {
			o.Location = "body." + fieldOf(i, name)
			wrong = append(wrong, o)
		}
		line := map[string]any{}
		id, several := typeOf(names, w["type"])
		if id == "" {
			o := api.Offence{}
			if w["type"] != "" && len(several) > 0 {
				o.Message, o.Expected = severalTypes, several
			}
			offend("type", o)
		}
		line["type_id"] = id
		n, err := strconv.Atoi(strings.ReplaceAll(w["quantity"], ",", ""))
		if err != nil || n < 1 || n > 100_000 {
			offend("quantity", api.Offence{})
		}
		line["quantity"] = n
		for _, name := range []string{"description", "tracking"} {
			if w[name] != "" {
				line[name] = w[name]
			}
		}
		if w["unit_price"] != "" {
			cents, ok := act.Cents(w["unit_price"])
			if !ok {
				offend("unit_price", api.Offence{})
			}
			line["unit_price"] = map[string]any{"amount_cents": cents, "currency": "MXN"}
		}
		if w["funding"]+w["funding_ref"]+w["funding_year"] != "" {
			line["funding_source"] = w.funding(offend)
		}
		sent, at = append(sent, line), append(at, i)
	}
	return sent, at, wrong
}

func (w written) funding(offend func(string, api.Offence)) map[string]any {
	out := map[string]any{"kind": w["funding"]}
	if w["funding"] == "" {
		offend("funding", api.Offence{})
	}
	if w["funding_ref"] != "" {
		out["ref_id"] = w["funding_ref"]
	}
	if w["funding_year"] != "" {
		year, err := strconv.Atoi(w["funding_year"])
		if err != nil {
			offend("funding_year", api.Offence{})
		}
		out["fiscal_year"] = year
	}
	return out
}

// placed calls the fields of a refusal as the form does: "lines[1].type_id" is a field of the line that stands at at[1].
func placed(err error, at []int) error {
	p := api.ProblemOf(err)
	if p == nil {
		return err
	}
	for i, o := range p.Errors {
		rest, isLine := strings.CutPrefix(o.Location, "body.lines[")
		number, name, found := strings.Cut(rest, "].")
		n, bad := strconv.Atoi(number)
		if !isLine || !found || bad != nil || n < 0 || n >= len(at) {
			continue
		}
		for _, f := range lineFields {
			if name == f.body || strings.HasPrefix(name, f.body+".") {
				p.Errors[i].Location = "body." + fieldOf(at[n], f.form)
			}
		}
	}
	return p
}
