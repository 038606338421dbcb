package relay

import (
	"context"
	"fmt"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// Behind compares published records with the store. It returns a line such as "assets/<id> is at version 3, version 5 was published" for each
// document that is missing or older in the store: since only committed events are published, the store has lost data. Records of other topics
// and undecodable ones are ignored.
func Behind(ctx context.Context, store *docstore.Store, records []event.Record) (lost []string, err error) {
	newest := map[string]map[string]int64{}
	for _, r := range records {
		e, err := event.Decode(r)
		if err != nil {
			continue
		}
		if newest[r.Topic] == nil {
			newest[r.Topic] = map[string]int64{}
		}
		newest[r.Topic][e.Subject] = max(newest[r.Topic][e.Subject], e.StateVersion)
	}
	return Lacks(ctx, store, newest)
}

// Lacks compares versions that are known of elsewhere, by topic and id of the aggregate, with the store, and returns lines as Behind does.
func Lacks(ctx context.Context, store *docstore.Store, newest map[string]map[string]int64) (lost []string, err error) {
	has, at := map[string]map[string]int64{}, map[string]string{}
	for _, spec := range store.Specs() {
		if spec.Topic() == "" || newest[spec.Topic()] == nil {
			continue
		}
		if has[spec.Topic()] == nil {
			has[spec.Topic()], at[spec.Topic()] = map[string]int64{}, spec.Name
		}
		ids := make([]string, 0, len(newest[spec.Topic()]))
		for id := range newest[spec.Topic()] {
			ids = append(ids, id)
		}
		docs, err := store.Driver().Load(ctx, spec.Name, ids)
		if err != nil {
			return nil, err
		}
		for _, d := range docs {
			has[spec.Topic()][d.ID] = d.Version
		}
	}
	for topic, versions := range has {
		for id, version := range newest[topic] {
			switch is, ok := versions[id]; {
			case !ok:
				lost = append(lost, fmt.Sprintf("%s/%s is not there, version %d was published", at[topic], id, version))
			case is < version:
				lost = append(lost, fmt.Sprintf("%s/%s is at version %d, version %d was published", at[topic], id, is, version))
			}
		}
	}
	return lost, nil
}
