package ui

// Badge is a state: an icon, a word and a colour, in this order of importance. The colour alone says nothing.
type Badge struct{ Look, Icon, Word string }

// look is the colour and the icon of a state. The word comes from the table of labels.
type look struct{ class, icon string }

var (
	fine    = look{"ok", IconCheck}
	wrong   = look{"bad", IconCross}
	urgent  = look{"bad", IconAlert}
	careful = look{"warn", IconHalf}
	waiting = look{"warn", IconClock}
	under   = look{"info", IconPlay}
	plain   = look{"idle", IconDash}
)

// looks says how each value of a vocabulary looks.
var looks = map[string]map[string]look{
	"priority":        {"urgent": urgent, "high": {"warn", IconUp}, "medium": {"info", IconDash}, "low": plain},
	"functioning":     {"working": fine, "limited": careful, "not_working": wrong, "unknown": plain},
	"use":             {"in_use": fine, "not_in_use": plain},
	"custody":         {"at_unit": fine, "in_transit": {"warn", IconTruck}, "on_loan": {"warn", IconTruck}, "off_site_repair": {"warn", IconTruck}},
	"quarantine":      {"quarantined": wrong, "not_quarantined": fine},
	"asset_lifecycle": {"draft": {"warn", IconTag}, "active": fine, "retired": plain},
	"order_state": {"requested": {"info", IconPage}, "approved": {"info", IconCheck}, "assigned": {"info", IconPerson}, "in_progress": under, "on_hold": {"warn", IconPause},
		"completed": waiting, "accepted": fine, "returned": wrong, "declined": plain, "cancelled": plain},
	"delivery_state": {"draft": {"info", IconPage}, "dispatched": {"info", IconTruck}, "arrived": waiting, "confirmed": fine, "cancelled": plain},
	"line_outcome":   {"accepted": fine, "accepted_with_reservation": careful, "rejected": wrong, "missing": plain},
	"unit_state":     {"planned": plain, "open": fine, "suspended": {"warn", IconPause}, "closed": plain},
}

// BadgeOf is how a value of a vocabulary is shown; word is its label. A value that a newer release wrote looks plain.
func BadgeOf(vocabulary, value, word string) Badge {
	l, known := looks[vocabulary][value]
	if !known {
		l = plain
	}
	return Badge{l.class, l.icon, word}
}
