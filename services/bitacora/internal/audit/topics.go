package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// record is the newest record of an aggregate.
type record struct {
	version int64
	state   object
}

// topics reads all topics from their beginning, and goes on from where it was.
type topics struct {
	bus   event.Bus
	group string
	names []string
	sub   event.Subscription

	taken  int64 // records so far
	events map[string]int
	newest map[string]map[string]record
}

// listen joins the topics as a group of its own, which commits nothing and is forgotten by the broker.
func listen(bus event.Bus) (*topics, error) {
	t := &topics{bus: bus, group: "bitacora.audit." + uuid.NewString(), events: map[string]int{}, newest: map[string]map[string]record{}}
	for _, topic := range event.Topics() {
		t.names = append(t.names, topic.Name)
	}
	var err error
	t.sub, err = bus.Subscribe(t.group, t.names)
	return t, err
}

func (t *topics) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return t.sub.Close(ctx)
}

// silence is how long the broker may bring nothing while there is more to read.
const silence = time.Minute

// read reads to where the topics end now.
func (t *topics) read(ctx context.Context) error {
	lag, err := t.bus.Lag(ctx, t.group, t.names) // nothing is committed: all there is
	if err != nil {
		return err
	}
	end := int64(0)
	for _, n := range lag {
		end += n
	}
	for t.taken < end {
		waiting, cancel := context.WithTimeout(ctx, silence)
		records, err := t.sub.Fetch(waiting, 1000)
		cancel()
		if err != nil {
			return fmt.Errorf("read the topics: %w", err)
		}
		if len(records) == 0 {
			return fmt.Errorf("read the topics: %d of %d records came, then none for %s", t.taken, end, silence)
		}
		for _, r := range records {
			if err := t.take(r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *topics) take(r event.Record) error {
	e, err := event.Decode(r)
	if err != nil {
		return err
	}
	t.taken++
	// mx.bitacora.asset.registered.v1
	words := strings.Split(e.Type, ".")
	if len(words) < 3 {
		return fmt.Errorf("event %s has the type %q", e.ID, e.Type)
	}
	of := words[2]
	t.events[of]++
	if t.newest[of] == nil {
		t.newest[of] = map[string]record{}
	}
	if old, ok := t.newest[of][e.Subject]; ok && old.version > e.StateVersion {
		return nil
	}
	n := record{version: e.StateVersion}
	if err := decode(e.State, &n.state); err != nil {
		return fmt.Errorf("state of %s: %w", e.ID, err)
	}
	t.newest[of][e.Subject] = n
	return nil
}

// published compares documents with the newest records.
func (a *audit) published(f *finding, docs documents) {
	for _, k := range append(slices.Clone(kinds), budget) {
		listed, newest := docs[k.aggregate], a.topics.newest[k.aggregate]
		for id, doc := range listed {
			r, ok := newest[id]
			if !ok {
				f.wrong = append(f.wrong, fmt.Sprintf("%s/%s is in its service and not on the topic", k.aggregate, id))
				continue
			}
			if fields := differ(doc, r.state, k.withheld); len(fields) > 0 {
				f.wrong = append(f.wrong, fmt.Sprintf("%s/%s: the topic's version %d says otherwise: %s", k.aggregate, id, r.version, strings.Join(fields, ", ")))
			}
		}
		for id := range maps.Keys(newest) {
			if listed[id] == nil {
				f.wrong = append(f.wrong, fmt.Sprintf("%s/%s is on the topic and not in its service", k.aggregate, id))
			}
		}
		f.add("%-16s %6d in the service, %6d on the topic with %6d events, the last of each saying the same", k.aggregate, len(listed), len(newest), a.topics.events[k.aggregate])
	}
	// Lines of programmes are not listed; their programmes count them.
	planned := int64(0)
	for _, p := range docs["program"] {
		planned += number(p["lines"])
	}
	lines := int64(len(a.topics.newest["program_line"]))
	if planned != lines {
		f.wrong = append(f.wrong, fmt.Sprintf("programmes count %d lines, the topic has %d", planned, lines))
	}
	f.add("%-16s %6d in the service, %6d on the topic with %6d events", "program_line", planned, lines, a.topics.events["program_line"])
}
