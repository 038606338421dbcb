package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
)

// record is the newest record of an aggregate.
type record struct {
	version int64
	state   object
}

// topics is what all topics tell, read from their beginning and on from where it was.
type topics struct {
	replay *consume.Replay
	events map[string]int
	newest map[string]map[string]record
}

func listen(bus event.Bus) *topics {
	return &topics{replay: consume.NewReplay(bus, "bitacora.audit", event.TopicNames()), events: map[string]int{}, newest: map[string]map[string]record{}}
}

// read reads to where the topics end now.
func (t *topics) read(ctx context.Context) error {
	if _, err := t.replay.ToEnd(ctx, t.take); err != nil {
		return fmt.Errorf("read the topics: %w", err)
	}
	return nil
}

func (t *topics) take(r event.Record) error {
	e, err := event.Decode(r)
	if err != nil {
		return err
	}
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
		if listed == nil {
			f.add("%-16s unknown to this release, %6d on the topic", k.aggregate, len(newest))
			continue
		}
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
	// Programmes count their lines.
	planned := int64(0)
	for _, p := range docs["program"] {
		planned += number(p["lines"])
	}
	lines := int64(len(a.topics.newest["program_line"]))
	if planned != lines {
		f.wrong = append(f.wrong, fmt.Sprintf("programmes count %d lines, the topic has %d", planned, lines))
	}
}
