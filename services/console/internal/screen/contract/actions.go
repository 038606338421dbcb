package contract

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// administers says who is offered to register contracts and companies; whether somebody may, the service says.
func administers(r *screen.Request) bool {
	return r.Who.Is("contract_administrator") || r.Who.Is("admin")
}

type lot struct {
	FiscalYear int       `json:"fiscal_year"`
	Lot        int       `json:"lot"`
	Name       string    `json:"name,omitempty"`
	Minimum    *mx.Money `json:"min_amount,omitempty"`
	Maximum    mx.Money  `json:"max_amount"`
}

func (l lot) key() string { return strconv.Itoa(l.FiscalYear) + ":" + strconv.Itoa(l.Lot) }

// family are the operations of a contract. A maximum is changed by an agreement alone; what is agreed for one year more is a change of the terms.
var family = act.Family[contract]{Base: "/contratos/", API: "/v1/contracts/", Words: actionWords,
	Allowed: func(c contract) record.Allowed { return c.Allowed }, Zone: func(contract) string { return "" },
	Heading: func(_ *screen.Request, _ *record.Names, c contract) ui.PageHeading {
		return ui.PageHeading{Where: c.Number, Title: c.Name}
	},
	State: func(c contract) string { return actionWords.Say("state", c.Number, c.ValidFrom, c.ValidTo) },
	Actions: []act.Action[contract]{
		{Op: "contract.amend", Path: "amend", Verb: "convenio", Fields: []act.Field[contract]{
			{Name: "lote", Kind: act.Pick, Required: true, Options: lots},
			{Name: "max_amount", Kind: act.Money, Required: true},
			{Name: "dated", Kind: act.Date, Required: true},
			{Name: "reference", Kind: act.Line, Max: 80, Required: true},
			{Name: "reason", Kind: act.Word, Vocabulary: "amendment_reason", Required: true},
		}, Body: func(_ contract, sent url.Values, body map[string]any) {
			year, number, _ := strings.Cut(sent.Get("lote"), ":")
			delete(body, "lote")
			body["fiscal_year"], body["lot"] = whole(year), whole(number)
		}},
		{Op: "contract.change", Verb: "ejercicio", Fields: append([]act.Field[contract]{{Name: "fiscal_year", Kind: act.Quantity, Required: true}, {Name: "lot", Kind: act.Quantity}}, amounts...),
			Body: func(c contract, sent url.Values, body map[string]any) {
				more := map[string]any{"fiscal_year": body["fiscal_year"], "lot": cmp.Or(whole(sent.Get("lot")), 1), "max_amount": body["max_amount"]}
				if least, said := body["min_amount"]; said {
					more["min_amount"] = least
				}
				paid, _ := body["max_amount"].(map[string]any)
				clear(body)
				all := []any{}
				for _, l := range c.Lots {
					if l.Lot == more["lot"] && float64(l.FiscalYear) == more["fiscal_year"] && l.Maximum.AmountCents == paid["amount_cents"] {
						return // it is there: the first of two taps has added it
					}
					all = append(all, l)
				}
				body["lots"] = append(all, more)
			}},
		{Op: "contract.change", Verb: "cambiar", Fields: []act.Field[contract]{
			{Name: "name", Kind: act.Line, Max: 200, Required: true, Value: func(c contract) string { return c.Name }},
			{Name: "number", Kind: act.Line, Max: 80, Required: true, Value: func(c contract) string { return c.Number }},
			{Name: "legal_regime", Kind: act.Word, Vocabulary: "legal_regime", Required: true, Value: func(c contract) string { return c.LegalRegime }},
			{Name: "law", Kind: act.Line, Max: 200, Value: func(c contract) string { return c.Law }},
			{Name: "article", Kind: act.Line, Max: 80, Value: func(c contract) string { return c.Article }},
			{Name: "valid_from", Kind: act.Date, Required: true, Value: func(c contract) string { return c.ValidFrom }},
			{Name: "valid_to", Kind: act.Date, Required: true, Value: func(c contract) string { return c.ValidTo }},
		}},
	}}

// amounts are what is agreed for a fiscal year and lot.
var amounts = []act.Field[contract]{{Name: "max_amount", Kind: act.Money, Required: true}, {Name: "min_amount", Kind: act.Money}}

// whole is a number of the form, 0 where it is none: that the service refuses.
func whole(text string) int {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return 0
	}
	return n
}

// lots are the fiscal years and lots of which something is agreed.
func lots(_ *screen.Request, c contract) ([]ui.Group, error) {
	g := ui.Group{}
	for _, l := range c.Lots {
		g.Options = append(g.Options, ui.Option{Value: l.key(), Label: words.Say("year_of", l.FiscalYear, l.Lot, ui.Money(l.Maximum.AmountCents))})
	}
	return []ui.Group{g}, nil
}

// registering is the form of a new contract, with what is agreed for its first year.
var registering = act.Maker[contract]{Pattern: "/contratos/nuevo", Words: actionWords, Verb: "nuevo",
	About: func(r *screen.Request) (c contract, err error) {
		if !administers(r) {
			return c, act.Nowhere()
		}
		return c, nil
	},
	Path: func(*screen.Request, contract) string { return "/v1/contracts" },
	Heading: func(*screen.Request, contract) ui.PageHeading {
		return ui.PageHeading{Back: &ui.Link{Href: "/contratos", Text: words.Say("list")}}
	},
	Fields: append([]act.Field[contract]{
		{Name: "name", Kind: act.Line, Max: 200, Required: true},
		{Name: "number", Kind: act.Line, Max: 80, Required: true},
		{Name: "kind", Kind: act.Pick, Required: true, Options: choices("kind_", "maintenance", "purchase")},
		{Name: "contractor_id", Kind: act.Pick, Required: true, Options: companies},
		{Name: "legal_regime", Kind: act.Word, Vocabulary: "legal_regime", Required: true},
		{Name: "law", Kind: act.Line, Max: 200},
		{Name: "article", Kind: act.Line, Max: 80},
		{Name: "cubre", Kind: act.Pick, Required: true, Options: coverage, Listed: true},
		{Name: "valid_from", Kind: act.Date, Required: true},
		{Name: "valid_to", Kind: act.Date, Required: true},
		{Name: "abierto", Kind: act.Pick, Required: true, Listed: true, Options: choices("abierto_", "no", "si")},
		{Name: "fiscal_year", Kind: act.Quantity, Required: true},
	}, amounts...),
	Body: func(_ contract, sent url.Values, body map[string]any) {
		first := map[string]any{"fiscal_year": body["fiscal_year"], "lot": 1, "max_amount": body["max_amount"]}
		if least, said := body["min_amount"]; said {
			first["min_amount"] = least
		}
		body["lots"], body["open_contract"], body["coverage"] = []any{first}, sent.Get("abierto") == "si", covered(sent.Get("cubre"))
		for _, name := range []string{"fiscal_year", "max_amount", "min_amount", "abierto", "cubre"} {
			delete(body, name)
		}
	},
	Named: map[string]string{"body.coverage": "cubre", "body.coverage.regions": "cubre", "body.coverage.offices": "cubre"},
	Next:  func(_ contract, answer json.RawMessage) (string, error) { return act.Made("/contratos/")(answer) },
}

// choices are values of the form itself, with their words under this prefix.
func choices(prefix string, values ...string) func(*screen.Request, contract) ([]ui.Group, error) {
	return func(*screen.Request, contract) ([]ui.Group, error) {
		g := ui.Group{}
		for _, v := range values {
			g.Options = append(g.Options, ui.Option{Value: v, Label: actionWords.Say(prefix + v)})
		}
		return []ui.Group{g}, nil
	}
}

// companies are those to which orders may be given.
func companies(r *screen.Request, _ contract) ([]ui.Group, error) {
	all, _, err := record.All[company](r.Context(), r.API, "/v1/contractors", nil, listed)
	g := ui.Group{}
	for _, c := range all {
		if c.Active == nil || *c.Active {
			g.Options = append(g.Options, ui.Option{Value: c.ID, Label: c.Name})
		}
	}
	slices.SortFunc(g.Options, func(a, b ui.Option) int { return cmp.Compare(mx.NameKey(a.Label), mx.NameKey(b.Label)) })
	return []ui.Group{g}, err
}

// coverage are the places for which a contract is made: the nation, a region, an office.
func coverage(*screen.Request, contract) ([]ui.Group, error) {
	nation, regions, offices := ui.Group{}, ui.Group{Label: actionWords.Say("regions")}, ui.Group{Label: actionWords.Say("offices")}
	nation.Options = []ui.Option{{Value: mx.Nation, Label: screen.In(mx.Nation)}}
	for _, region := range mx.Regions() {
		regions.Options = append(regions.Options, ui.Option{Value: "region:" + region, Label: screen.In("region:" + region)})
	}
	for _, o := range mx.Offices() {
		offices.Options = append(offices.Options, ui.Option{Value: "office:" + o.Key, Label: o.Name})
	}
	return []ui.Group{nation, regions, offices}, nil
}

func covered(place string) map[string]any {
	kind, key, _ := strings.Cut(place, ":")
	switch kind {
	case "region":
		return map[string]any{"regions": []string{key}}
	case "office":
		return map[string]any{"offices": []string{key}}
	}
	return map[string]any{"nation": place == mx.Nation}
}
