// Package contract shows contracts: their ceilings as what is accrued, committed and left, by fiscal year, and the orders that wait for money.
package contract

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/history"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/order"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Screens are the screens of contracts.
func Screens() []screen.Screen {
	return slices.Concat([]screen.Screen{{Pattern: "/contratos", Show: list}, registering.Screen(), {Pattern: "/contratos/{id}", Show: show}, appointing.Screen(),
		{Pattern: "/contratistas", Show: companyList}, companyRegistering.Screen(), {Pattern: "/contratistas/{id}", Show: companyShow}, {Pattern: "/designaciones/{id}", Show: appointmentShow}},
		family.Screens(), companyFamily.Screens(), appointmentFamily.Screens())
}

type contract struct {
	ID string `json:"id"`
	record.Allowed
	Number       string `json:"number"`
	Name         string `json:"name"`
	ContractorID string `json:"contractor_id"`
	Law          string `json:"law"`
	Article      string `json:"article"`
	LegalRegime  string `json:"legal_regime"`
	ValidFrom    string `json:"valid_from"`
	ValidTo      string `json:"valid_to"`
	Coverage     struct {
		Nation  bool     `json:"nation"`
		Regions []string `json:"regions"`
		Offices []string `json:"offices"`
	} `json:"coverage"`
	Lots  []lot `json:"lots"`
	Lines []struct {
		Concept     string   `json:"concept"`
		MeasureUnit string   `json:"measure_unit"`
		UnitPrice   mx.Money `json:"unit_price"`
	} `json:"lines"`
	Amendments []struct {
		FiscalYear int      `json:"fiscal_year"`
		Number     string   `json:"reference"`
		Maximum    mx.Money `json:"max_amount"`
	} `json:"amendments"`
}

// Whole says that it is the document: what a service answers else is none.
func (c *contract) Whole() bool { return c.ID != "" }

type budget struct {
	FiscalYear int      `json:"fiscal_year"`
	Lot        int      `json:"lot"`
	Floor      mx.Money `json:"min_amount"`
	Ceiling    mx.Money `json:"ceiling"`
	Committed  mx.Money `json:"committed"`
	Accrued    mx.Money `json:"accrued"`
	Available  mx.Money `json:"available"`
}

// listed bounds the contracts that a page shows.
const listed = 400

type listView struct {
	Heading ui.PageHeading
	Rows    []ui.Row
	Empty   *ui.Emptiness
	// Links are what else is offered here.
	Links []ui.Link
}

func list(r *screen.Request) (screen.Page, error) {
	all, _, err := record.All[contract](r.Context(), r.API, "/v1/contracts", nil, listed)
	if err != nil {
		return screen.Page{}, err
	}
	slices.SortFunc(all, func(a, b contract) int {
		return cmp.Or(cmp.Compare(b.ValidTo, a.ValidTo), cmp.Compare(a.Number, b.Number))
	})
	names, clock := record.NamesFor(r), record.Reader(r)
	v := listView{Heading: ui.PageHeading{Title: words.Say("list")}, Rows: make([]ui.Row, len(all))}
	record.Each(len(all), func(i int) {
		c := all[i]
		v.Rows[i] = ui.Row{Href: "/contratos/" + url.PathEscape(c.ID), Title: c.Name, Lines: []string{strings.Join(filled(c.Number, names.Contractor(c.ContractorID)), " · "), words.Say("valid", clock.Date(c.ValidFrom), clock.Date(c.ValidTo))}}
		if clock.Past(c.ValidTo) {
			v.Rows[i].Badges = []ui.Badge{{Look: "idle", Icon: ui.IconDash, Word: words.Say("over")}}
		}
	})
	if len(all) == 0 {
		v.Empty = &ui.Emptiness{Title: words.Say("none")}
	}
	v.Links = []ui.Link{{Href: "/contratistas", Text: words.Say("companies")}}
	if administers(r) {
		v.Links = slices.Insert(v.Links, 0, ui.Link{Href: registering.Pattern, Text: actionWords.Say("nuevo_title")})
		v.Links = append(v.Links, ui.Link{Href: "/programa", Text: words.Say("programme")}, ui.Link{Href: "/entregas", Text: words.Say("deliveries")})
	}
	return screen.Page{Title: words.Say("list"), Body: listBody(v)}, nil
}

func filled(parts ...string) []string {
	return slices.DeleteFunc(parts, func(s string) bool { return s == "" })
}

type view struct {
	Heading ui.PageHeading
	Title   string
	Money   ui.Budget
	Minimum string
	Years   *ui.Table
	Facts   []ui.Fact
	Prices  *ui.Table
	Waiting []ui.Row
	// History leads to the contract's.
	History string
	// Waits says how many orders wait for money and leads to them, WaitingOrder in which order Waiting is.
	Waits        ui.Link
	WaitingOrder string
	Done         *ui.Note
	Buttons      []act.Button
	// Links are what else is offered here; Appointed are those who may commit the contract's money.
	Links           []ui.Link
	AppointedTitle  string
	Appointed       []ui.Row
	AppointedFailed *ui.Failure
	Logbook         record.Logbook
	BudgetFailed    *ui.Failure
	WaitingFailed   *ui.Failure
}

func show(r *screen.Request) (screen.Page, error) {
	var c contract
	path := "/v1/contracts/" + url.PathEscape(r.PathValue("id"))
	m, err := r.API.Get(r.Context(), path, &c)
	if err != nil {
		return screen.Page{}, err
	}
	var budgets record.Page[budget]
	_, err = r.API.Get(r.Context(), path+"/budgets", &budgets)
	names, clock := record.NamesFor(r), record.Reader(r)
	v := view{History: history.Of("contratos", c.ID), Heading: ui.PageHeading{Back: &ui.Link{Href: "/contratos", Text: words.Say("list")}, Where: c.Name, Title: cmp.Or(names.Contractor(c.ContractorID), c.Number),
		Lines: []string{words.Say("valid_without_vat", clock.Date(c.ValidFrom), clock.Date(c.ValidTo))}}}
	if away := api.AwayOf(err); away != nil {
		v.BudgetFailed = record.Missing(r, words.Say("budget_away"), away)
	} else if err != nil {
		return screen.Page{}, err
	}
	v.money(budgets.Items, r.Now.In(r.Zone).Year())
	v.facts(c)
	if !r.Who.Is("contractor") {
		v.waiting(r, names)
	}
	v.Done, v.Buttons = family.Done(r), family.Buttons(r, c.ID, m.Version, c)
	if r.URL.Query().Get("hecho") == "nuevo" {
		v.Done = &ui.Note{Look: "ok", Icon: ui.IconCheck, Title: actionWords.Say("nuevo_done"), Alert: true}
	}
	if err := v.appointees(r, c, clock); err != nil {
		return screen.Page{}, err
	}
	if v.Logbook, err = record.LogbookOf(r, clock, "/v1/contracts/", c.ID, 12, words.Say("history_away")); err != nil {
		return screen.Page{}, err
	}
	return screen.Page{Title: v.Heading.Title, Body: body(v)}, nil
}

// current is the fiscal year of which a page says first what is left: that of today, the next that the contract has before its first one, its
// last after it. What a year leaves does not pass on to the next, so years are not summed.
func current(all []budget, today int) int {
	years := make([]int, len(all))
	for i, b := range all {
		years[i] = b.FiscalYear
	}
	slices.Sort(years)
	i, _ := slices.BinarySearch(years, today)
	return years[min(i, len(years)-1)]
}

// money is what is left of the lots of the current year, and each year.
func (v *view) money(all []budget, today int) {
	if len(all) == 0 {
		return
	}
	slices.SortFunc(all, func(a, b budget) int { return cmp.Or(a.FiscalYear-b.FiscalYear, a.Lot-b.Lot) })
	lots := slices.ContainsFunc(all, func(b budget) bool { return b.Lot != all[0].Lot })
	t := &ui.Table{ID: "ejercicios", Cards: true, Columns: []ui.Column{{Label: words.Say("year")}, {Label: words.Say("maximum"), Number: true}, {Label: words.Say("accrued"), Number: true}, {Label: words.Say("committed"), Number: true}, {Label: words.Say("left"), Number: true}}}
	now := current(all, today)
	for _, b := range all {
		if b.FiscalYear == now {
			v.Money.Maximum += b.Ceiling.AmountCents
			v.Money.Accrued += b.Accrued.AmountCents
			v.Money.Committed += b.Committed.AmountCents
			v.Money.Left += b.Available.AmountCents
			v.Money.Minimum += b.Floor.AmountCents
		}
		year := strconv.Itoa(b.FiscalYear)
		if lots {
			year += " · " + words.Say("lot", b.Lot)
		}
		t.Rows = append(t.Rows, []ui.Cell{{Text: year}, {Text: ui.Money(b.Ceiling.AmountCents), Label: words.Say("maximum")}, {Text: ui.Money(b.Accrued.AmountCents), Label: words.Say("accrued")},
			{Text: ui.Money(b.Committed.AmountCents), Label: words.Say("committed")}, {Text: ui.Money(b.Available.AmountCents), Label: words.Say("left"), Strong: true}})
	}
	v.Years = t
	v.Title = words.Say("left_of", ui.Money(v.Money.Left), ui.Money(v.Money.Maximum), now)
	if v.Money.Minimum > 0 {
		key := "minimum"
		if v.Money.Accrued >= v.Money.Minimum {
			key = "minimum_reached"
		}
		v.Minimum = words.Say(key, ui.Money(v.Money.Minimum), ui.Percent(v.Money.Minimum, v.Money.Maximum))
	}
}

func (v *view) facts(c contract) {
	add := func(key, value string) {
		if value != "" {
			v.Facts = append(v.Facts, ui.Fact{Label: words.Say(key), Value: value})
		}
	}
	add("number", c.Number)
	add("law", strings.Join(filled(record.Label("legal_regime", c.LegalRegime), c.Law), " · "))
	var covers []string
	if c.Coverage.Nation {
		covers = append(covers, screen.In("nation"))
	}
	for _, region := range c.Coverage.Regions {
		covers = append(covers, record.Label("region", region))
	}
	for _, office := range c.Coverage.Offices {
		covers = append(covers, screen.In("office:"+office))
	}
	add("covers", strings.Join(covers, ", "))
	for _, a := range c.Amendments {
		add("amendment", words.Say("amendment_value", a.Number, a.FiscalYear, ui.Money(a.Maximum.AmountCents)))
	}
	if len(c.Lines) > 0 {
		t := &ui.Table{ID: "precios", Cards: true, Columns: []ui.Column{{Label: words.Say("concept")}, {Label: words.Say("unit")}, {Label: words.Say("price"), Number: true}}}
		for _, l := range c.Lines {
			t.Rows = append(t.Rows, []ui.Cell{{Text: l.Concept}, {Text: record.Label("measure_unit", l.MeasureUnit), Label: words.Say("unit")}, {Text: ui.Money(l.UnitPrice.AmountCents), Label: words.Say("price")}})
		}
		v.Prices = t
	}
}

// shown bounds the orders that wait for money, on this page; looked those that are looked at to find the most urgent of them.
const (
	shown  = 20
	looked = 400
)

// waiting are the approved orders that nobody has been given yet, in the order in which they are given out; Waits leads to all of them.
func (v *view) waiting(r *screen.Request, names *record.Names) {
	all, more, err := record.AllLatest[record.Order](r.Context(), r.API, "/v1/work-orders", url.Values{"state": {"approved"}}, looked)
	if away := api.AwayOf(err); away != nil {
		v.WaitingFailed = record.Missing(r, words.Say("orders_away"), away)
		return
	}
	if err != nil {
		return // who may not see orders sees none
	}
	v.Waits = ui.Link{Href: "/por-revisar?state=approved", Text: words.Count("waiting", len(all))}
	if more {
		v.Waits.Text = words.Say("waiting_more", ui.Number(len(all)))
	}
	slices.SortStableFunc(all, order.ByUrgency)
	if len(all) > 1 {
		v.WaitingOrder = order.UrgentFirst()
	}
	if len(all) > shown {
		v.WaitingOrder += " " + words.Say("waiting_shown", shown)
		all = all[:shown]
	}
	names.Orders(all)
	v.Waiting = make([]ui.Row, len(all))
	record.Each(len(all), func(i int) {
		o := all[i]
		thing, _ := names.Thing(o)
		estimate := words.Say("no_estimate")
		if o.Estimate != nil {
			estimate = words.Say("estimate", ui.Money(o.Estimate.AmountCents))
		}
		clock := record.ClockAt(r, o.TimeZone)
		v.Waiting[i] = ui.Row{Href: "/ordenes/" + url.PathEscape(o.ID), Title: thing, Badges: []ui.Badge{record.Badge("priority", o.Priority)},
			Lines: []string{names.UnitOf(o), estimate, words.Say("requested", clock.Near(o.RequestedAt))}}
		if !o.ScheduledEnd.IsZero() {
			v.Waiting[i].Due = &ui.Due{Text: words.Say("due", clock.Near(o.ScheduledEnd)), Late: o.ScheduledEnd.Before(r.Now)}
		}
	})
}
