package delivery

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// exception is what was not as announced of one line: a reason, which says by itself whether the goods are reserved, rejected, missing or
// surplus, and a quantity. What is accepted is always the remainder.
type exception struct {
	line, n int
	// kind is what follows from the reason: reserved, rejected, missing or surplus; both are "" while none is chosen.
	kind, reason string
	// quantity is the number in text; text is as it was typed.
	quantity int
	text     string
	dueOn    string
	wrong    map[string]string
}

// Kinds of exceptions, and the vocabularies of their reasons. The order is that of the choice.
const (
	reserved = "reserved"
	rejected = "rejected"
	missing  = "missing"
	surplus  = "surplus"
)

var reasons = []struct{ kind, vocabulary string }{{reserved, "line_reason_reservation"}, {rejected, "line_reason_rejected"}, {missing, "line_reason_missing"}, {surplus, ""}}

// reservedDays is how long something may be owed, unless somebody says another day.
const reservedDays = 15

// maxExceptions bounds the exceptions of one line, as the API does for each kind.
const maxExceptions = 20

// name is the name of one of the exception's fields: "3.0.reason".
func (e exception) name(field string) string { return fmt.Sprintf("%d.%d.%s", e.line, e.n, field) }

// read takes the exceptions out of a form or an address. What names no line of the delivery is left out.
func read(q url.Values, d record.Delivery, clock ui.Clock) []exception {
	var out []exception
	for _, l := range d.Lines {
		for n := range maxExceptions {
			e := exception{line: l.Line, n: n}
			if _, there := q[e.name("reason")]; !there {
				continue
			}
			e.kind, e.reason, _ = strings.Cut(q.Get(e.name("reason")), ":")
			e.text, e.dueOn = strings.TrimSpace(q.Get(e.name("quantity"))), q.Get(e.name("due_on"))
			e.quantity, _ = strconv.Atoi(e.text)
			if e.kind == reserved && e.dueOn == "" {
				e.dueOn = clock.Now.In(clock.Zone).AddDate(0, 0, reservedDays).Format(time.DateOnly)
			}
			out = append(out, e)
		}
	}
	return changed(out, q, d)
}

// changed adds an exception to the line that the pressed button names, or takes one away.
func changed(all []exception, q url.Values, d record.Delivery) []exception {
	if line, err := strconv.Atoi(q.Get("mas")); err == nil && line >= 1 && line <= len(d.Lines) {
		n := 0
		for _, e := range all {
			if e.line == line {
				n = max(n, e.n+1)
			}
		}
		if n < maxExceptions {
			all = append(all, exception{line: line, n: n, text: "1", quantity: 1})
		}
	}
	if line, n, ok := strings.Cut(q.Get("quitar"), "."); ok {
		all = slices.DeleteFunc(all, func(e exception) bool { return strconv.Itoa(e.line) == line && strconv.Itoa(e.n) == n })
	}
	slices.SortStableFunc(all, func(a, b exception) int { return a.line - b.line })
	return all
}

// carry writes the exceptions as fields of a form or an address.
func carry(all []exception) url.Values {
	q := url.Values{}
	for _, e := range all {
		reason := e.kind
		if e.reason != "" {
			reason += ":" + e.reason
		}
		q.Set(e.name("reason"), reason)
		q.Set(e.name("quantity"), e.text)
		if e.kind == reserved {
			q.Set(e.name("due_on"), e.dueOn)
		}
	}
	return q
}

// sum is what becomes of a line or a delivery: Announced + Surplus = Accepted + Reserved + Rejected + Missing.
type sum struct{ Announced, Accepted, Reserved, Rejected, Missing, Surplus int }

func (s sum) plus(o sum) sum {
	return sum{s.Announced + o.Announced, s.Accepted + o.Accepted, s.Reserved + o.Reserved, s.Rejected + o.Rejected, s.Missing + o.Missing, s.Surplus + o.Surplus}
}

// whole is all that is accounted for.
func (s sum) whole() int { return s.Announced + s.Surplus }

// counted is what becomes of a line with its exceptions.
func counted(l record.Line, all []exception) sum {
	s := sum{Announced: l.Dispatched}
	for _, e := range all {
		if e.line != l.Line || e.quantity < 1 {
			continue
		}
		switch e.kind {
		case reserved:
			s.Reserved += e.quantity
		case rejected:
			s.Rejected += e.quantity
		case missing:
			s.Missing += e.quantity
		case surplus:
			s.Surplus += e.quantity
		}
	}
	s.Accepted = s.Announced + s.Surplus - s.Reserved - s.Rejected - s.Missing
	return s
}

// total is what becomes of the delivery.
func total(d record.Delivery, all []exception) (s sum) {
	for _, l := range d.Lines {
		s = s.plus(counted(l, all))
	}
	return s
}

// check looks for what cannot be sent, and says in the exceptions' own words what to do. The API has the last word.
func check(d record.Delivery, all []exception, clock ui.Clock) (wrong []ui.Offence) {
	today := clock.Now.In(clock.Zone).Format(time.DateOnly)
	say := func(e *exception, field, key string, args ...any) {
		if e.wrong == nil {
			e.wrong = map[string]string{}
		}
		e.wrong[field] = words.Say(key, args...)
		typed := map[string]string{"reason": e.kind + e.reason, "quantity": e.text, "due_on": e.dueOn}[field]
		wrong = append(wrong, ui.Offence{Field: e.name(field), Text: e.wrong[field], Fault: ui.FaultOf(typed)})
	}
	for i := range all {
		e := &all[i]
		name := nameOf(d, e.line)
		if !e.known() {
			say(e, "reason", "wrong_reason", name)
		}
		if n, err := strconv.Atoi(e.text); err != nil || n < 1 {
			say(e, "quantity", "wrong_quantity", name)
		}
		if e.kind == reserved && (len(e.dueOn) != len(today) || e.dueOn < today) {
			say(e, "due_on", "wrong_due", name)
		}
	}
	for _, l := range d.Lines {
		if s := counted(l, all); s.Accepted < 0 {
			for i := range all {
				if all[i].line == l.Line {
					say(&all[i], "quantity", "wrong_sum", nameOf(d, l.Line), ui.Number(l.Dispatched), ui.Number(s.Reserved+s.Rejected+s.Missing-s.Surplus))
					break
				}
			}
		}
	}
	return wrong
}

// known says whether the reason is one that there is.
func (e exception) known() bool {
	for _, r := range reasons {
		if r.kind == e.kind {
			return r.vocabulary == "" && e.reason == "" || r.vocabulary != "" && e.reason != "" && record.Known(r.vocabulary, e.reason)
		}
	}
	return false
}

// confirmation is the body of the API's confirm: each line once.
func confirmation(d record.Delivery, all []exception) map[string]any {
	var lines []map[string]any
	for _, l := range d.Lines {
		s := counted(l, all)
		line := map[string]any{"line": l.Line, "accepted": s.Accepted}
		if s.Surplus > 0 {
			line["surplus"] = s.Surplus
		}
		for _, e := range all {
			if e.line != l.Line {
				continue
			}
			switch e.kind {
			case reserved:
				line["reservations"] = more(line["reservations"], map[string]any{"reason": e.reason, "quantity": e.quantity, "due_on": e.dueOn})
			case rejected:
				line["rejections"] = more(line["rejections"], map[string]any{"reason": e.reason, "quantity": e.quantity})
			case missing:
				line["shortages"] = more(line["shortages"], map[string]any{"reason": e.reason, "quantity": e.quantity})
			}
		}
		lines = append(lines, line)
	}
	return map[string]any{"lines": lines}
}

func more(list any, one map[string]any) []map[string]any {
	all, _ := list.([]map[string]any)
	return append(all, one)
}
