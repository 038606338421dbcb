package asset

import (
	"encoding/json"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Own are the ids of the open orders that are the caller's own; all says that the caller sees the whole asset, by its place. admits says
// whether the caller holds one of some scopes.
func (a *Asset) Own(admits func(scopes []string) bool) (ids []string, all bool) {
	if admits(a.Place.Scopes()) {
		return nil, true
	}
	for _, o := range a.Orders {
		if admits(o.doers()) {
			ids = append(ids, o.ID)
		}
	}
	return ids, false
}

// Seen is an asset's document as the caller may see it. Who has no more than an order on it (a contractor, a technician) sees the asset by that, and of the others neither that
// they are there nor who speaks by them; what the asset is said to be stays, it is a fact of the asset.
func Seen(doc []byte, admits func(scopes []string) bool) ([]byte, error) {
	var a struct {
		mx.Place
		Orders []OpenOrder `json:"open_orders"`
	}
	if err := json.Unmarshal(doc, &a); err != nil {
		return nil, err
	}
	own, all := (&Asset{Place: a.Place, Orders: a.Orders}).Own(admits)
	if all {
		return doc, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(doc, &fields); err != nil {
		return nil, err
	}
	a.Orders = slices.DeleteFunc(a.Orders, func(o OpenOrder) bool { return !slices.Contains(own, o.ID) })
	orders, err := json.Marshal(a.Orders)
	if err != nil {
		return nil, err
	}
	fields["open_orders"] = orders
	for _, name := range []string{"functioning", "hands_on"} {
		if fields[name] == nil {
			continue
		}
		if fields[name], err = Unnamed(fields[name], own); err != nil {
			return nil, err
		}
	}
	return json.Marshal(fields)
}

// Unnamed is a word or a change without its order and whose it is, unless the order is one of own.
func Unnamed(word json.RawMessage, own []string) (json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(word, &fields); err != nil {
		return nil, err
	}
	var order string
	if err := json.Unmarshal(fields["order_id"], &order); fields["order_id"] == nil || err != nil || slices.Contains(own, order) {
		return word, nil
	}
	delete(fields, "order_id")
	if fields["by"] != nil {
		fields["by"] = json.RawMessage(`""`) // events promise that it is there, and answers are of the same types
	}
	return json.Marshal(fields)
}
