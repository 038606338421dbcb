package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

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
	{"work_order", "/v1/work-orders", []string{"complaint", "notes"}}, {"delivery", "/v1/deliveries", []string{"cancel_reason"}},
}

// budget is listed per contract, with its contract.
var budget = kind{"contract_budget", "/v1/contracts/%s/budgets", nil}

// documents reads all listings.
func (a *audit) documents(ctx context.Context) (documents, error) {
	docs := documents{budget.aggregate: {}}
	for _, k := range kinds {
		listed := map[string]object{}
		err := a.list(ctx, k.path, listed)
		if errors.Is(err, errNoSuchPath) {
			continue // a release before the one that knows such documents, after a rollback
		}
		if err != nil {
			return nil, err
		}
		docs[k.aggregate] = listed
	}
	for id := range docs["contract"] {
		if err := a.list(ctx, fmt.Sprintf(budget.path, url.PathEscape(id)), docs[budget.aggregate]); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// list reads a listing to its end.
func (a *audit) list(ctx context.Context, path string, into map[string]object) error {
	query := url.Values{"limit": {"200"}}
	if strings.HasSuffix(path, "/budgets") {
		query = url.Values{} // it comes whole
	}
	for {
		var page struct {
			Items []object `json:"items"`
			Next  string   `json:"next_cursor"`
		}
		if err := a.get(ctx, path+"?"+query.Encode(), &page); err != nil {
			return err
		}
		for _, item := range page.Items {
			into[fmt.Sprint(item["id"])] = item
		}
		if page.Next == "" {
			return nil
		}
		query.Set("cursor", page.Next)
	}
}

func (a *audit) get(ctx context.Context, path string, into any) error {
	answer, err := a.Client.Do(ctx, client.Request{User: a.User, Method: http.MethodGet, Path: strings.TrimSuffix(path, "?")})
	if err != nil {
		return err
	}
	if answer.Problem().Rule() == "no-such-path" {
		return errNoSuchPath
	}
	if answer.Status != http.StatusOK {
		return fmt.Errorf("GET %s as %s: %s", path, a.User, answer)
	}
	return decode(answer.Body, into)
}

// errNoSuchPath: the installation's release has no such listing.
var errNoSuchPath = errors.New("no such path")

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
