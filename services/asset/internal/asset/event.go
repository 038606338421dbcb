package asset

import "github.com/bitacora-salud/bitacora/pkg/event"

// The events of an asset. Their state is the Asset.
var (
	Events = event.NewSet(event.Assets, "asset", private...)

	Registered         = event.Define[RegisteredChange](Events, "asset.registered", "An asset was registered, by hand or because a delivery was confirmed")
	DetailsChanged     = event.Define[DetailsChange](Events, "asset.details_changed", "Descriptive facts changed: tag, serial number, brand, area")
	Activated          = event.Define[FactChange](Events, "asset.activated", "A draft became an active asset")
	FunctioningChanged = event.Define[FactChange](Events, "asset.functioning_changed", "The asset works, works with limits, does not work, or nobody knows")
	UseChanged         = event.Define[FactChange](Events, "asset.use_changed", "The asset is in use, or not and why")
	CustodyChanged     = event.Define[FactChange](Events, "asset.custody_changed", "Where the asset physically is")
	QuarantineChanged  = event.Define[FactChange](Events, "asset.quarantine_changed", "The asset was put into quarantine or released")
	OrdersChanged      = event.Define[OrderChange](Events, "asset.orders_changed", "A work order on the asset was opened, assigned or closed")
	OrderOnRetired     = event.Define[OrderChange](Events, "asset.order_on_retired", "A work order turned out to be open on an asset that is retired or voided: both were recorded at the same moment, and the order is to be ended")
	LateConfirmed      = event.Define[LateConfirmedChange](Events, "asset.late_entries_confirmed", "The unit confirmed what was recorded of the asset more than seven days after it happened")
	AssetRetired       = event.Define[FactChange](Events, "asset.retired", "An asset was retired: it is no longer part of what the unit has")
	AssetVoided        = event.Define[FactChange](Events, "asset.voided", "An asset's registration was a mistake and was taken back; what it had is free again")
	AssetRetyped       = event.Define[RetypedChange](Events, "asset.retyped", "An asset is of another equipment type than it was registered as")
	PlaceFollowed      = event.Define[PlaceChange](Events, "asset.place_followed", "The asset's unit belongs to another office, region or state now")
)

// RegisteredChange says by which way an asset came into the register.
type RegisteredChange struct {
	Source string  `json:"source" enum:"manual,delivery"`
	Origin *Origin `json:"origin,omitempty"`
}

// DetailsChange lists the fields that changed.
type DetailsChange struct {
	Fields []string `json:"fields"`
}

// FactChange is a fact's new value and the one before.
type FactChange struct {
	From       string     `json:"from"`
	To         string     `json:"to"`
	Reason     string     `json:"reason,omitempty"`
	OccurredAt event.Time `json:"occurred_at"`
	OrderID    string     `json:"order_id,omitempty"`
	// Overtaken says that another word stands, a later one or that of an open order: the value stayed what it was.
	Overtaken bool `json:"overtaken,omitempty"`
}

// LateConfirmedChange lists the facts whose late entries the unit confirmed.
type LateConfirmedChange struct {
	Facts []string `json:"facts"`
}

// OrderChange says which order and whether it is open.
type OrderChange struct {
	OrderID string `json:"order_id"`
	Open    bool   `json:"open"`
}

// RetypedChange is the type before and after.
type RetypedChange struct {
	FromTypeID  string `json:"from_type_id"`
	FromTypeKey string `json:"from_type_key"`
	ToTypeID    string `json:"to_type_id"`
	ToTypeKey   string `json:"to_type_key"`
}

// PlaceChange is the office before and after.
type PlaceChange struct {
	FromOffice string `json:"from_office"`
	ToOffice   string `json:"to_office"`
}
