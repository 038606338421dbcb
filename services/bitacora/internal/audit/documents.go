package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
)

// object is a document as JSON has it, with numbers as they were written.
type object = map[string]any

// documents are all documents by aggregate and id.
type documents map[string]map[string]object

// kind is one kind of aggregate: its name, where it is listed, and the fields that no event carries.
type kind struct {
	aggregate, path string
	withheld        []string
}

var kinds = []kind{
	{"unit", "/v1/units", nil}, {"equipment_type", "/v1/equipment-types", nil}, {"asset", "/v1/assets", []string{"notes", "distinct_reason", "discrepancies", "possible_duplicates"}}, {"stock_item", "/v1/stock", nil},
	{"contractor", "/v1/contractors", nil}, {"contract", "/v1/contracts", nil}, {"appointment", "/v1/appointments", nil}, {"program", "/v1/programs", nil},
	{"program_line", "/v1/program-lines", nil},
	{"work_order", "/v1/work-orders", []string{"complaint", "notes"}}, {"delivery", "/v1/deliveries", []string{"cancel_reason"}},
}

// budget is listed per contract, with its contract.
var budget = kind{"contract_budget", "/v1/contracts/%s/budgets", nil}

// documents reads all listings.
func (a *audit) documents(ctx context.Context) (documents, error) {
	docs := documents{budget.aggregate: {}}
	for _, k := range kinds {
		items, err := client.List[json.RawMessage](ctx, a.Client, a.User, k.path, nil)
		if refused, ok := errors.AsType[*client.Refusal](err); ok && refused.Problem().Rule() == "no-such-path" {
			continue // a release before the one that knows such documents, after a rollback
		}
		if err == nil {
			err = docs.add(k.aggregate, items)
		}
		if err != nil {
			return nil, err
		}
	}
	for id := range docs["contract"] {
		var whole struct {
			Items []json.RawMessage `json:"items"`
		}
		err := a.Client.Get(ctx, a.User, fmt.Sprintf(budget.path, url.PathEscape(id)), &whole)
		if err == nil {
			err = docs.add(budget.aggregate, whole.Items)
		}
		if err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// add adds what was listed of a kind, which may be nothing.
func (d documents) add(aggregate string, items []json.RawMessage) error {
	if d[aggregate] == nil {
		d[aggregate] = map[string]object{}
	}
	for _, item := range items {
		var doc object
		if err := decode(item, &doc); err != nil {
			return err
		}
		d[aggregate][fmt.Sprint(doc["id"])] = doc
	}
	return nil
}

func decode(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return d.Decode(into)
}

// derived is what answers say of any document and no event does: it is worked out from other documents.
const derived = "discrepancies"

// differ lists the fields of a document that its newest event does not say, or says otherwise.
func differ(listed, published object, withheld []string) (fields []string) {
	for name := range listed {
		if _, there := published[name]; !there && name != derived && !slices.Contains(withheld, name) {
			fields = append(fields, name)
		}
	}
	for name, value := range published {
		if !same(value, listed[name]) {
			fields = append(fields, name)
		}
	}
	slices.Sort(fields)
	return fields
}

func same(a, b any) bool {
	x, errX := json.Marshal(a) // keys in order
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
