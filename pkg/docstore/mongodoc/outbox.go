package mongodoc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// oldestEntry is the instant of a document's oldest outbox entry, by which the partial index is ordered.
const oldestEntry = fieldOutbox + ".0.at"

// waiting is met by documents with something in the outbox; the planner needs it to see that the partial index will do.
var waiting = bson.E{Key: fieldOutbox + ".0", Value: bson.D{{Key: "$exists", Value: true}}}

// PendingOf implements docstore.Driver.
func (d *Driver) PendingOf(ctx context.Context, refs []docstore.Ref) ([]docstore.Pending, error) {
	ctx, cancel := d.deadline(ctx)
	defer cancel()
	byCollection := map[string][]string{}
	for _, r := range refs {
		byCollection[r.Collection] = append(byCollection[r.Collection], r.ID)
	}
	var out []docstore.Pending
	for name, ids := range byCollection {
		for part := range slices.Chunk(ids, maxIDs) {
			filter := bson.D{{Key: fieldID, Value: bson.D{{Key: "$in", Value: part}}}, waiting}
			found, err := d.pending(ctx, name, filter, options.Find().SetHint(idIndex))
			if err != nil {
				return nil, err
			}
			out = append(out, found...)
		}
	}
	return out, nil
}

// PendingBefore implements docstore.Driver.
func (d *Driver) PendingBefore(ctx context.Context, collections []string, at time.Time, limit int) ([]docstore.Pending, error) {
	ctx, cancel := d.deadline(ctx)
	defer cancel()
	filter := bson.D{waiting, {Key: oldestEntry, Value: bson.D{{Key: "$lt", Value: event.At(at).String()}}}}
	var out []docstore.Pending
	for _, name := range collections {
		found, err := d.pending(ctx, name, filter, options.Find().SetSort(bson.D{{Key: oldestEntry, Value: 1}}).SetLimit(int64(limit)))
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	slices.SortStableFunc(out, func(a, b docstore.Pending) int { return a.Outbox[0].At.Compare(b.Outbox[0].At.Time) })
	return out[:min(len(out), limit)], nil
}

// pending reads documents with their outboxes: only what a majority has, and no entry that this driver has removed.
func (d *Driver) pending(ctx context.Context, name string, filter bson.D, opts *options.FindOptionsBuilder) (out []docstore.Pending, err error) {
	err = d.afterRemovals(ctx, func(ctx context.Context, _ *mongo.Session) error {
		return collect(ctx, d.collection(name).majority, filter, opts, func(_ bson.Raw, s stored) error {
			text, err := jsonValue(s.outbox)
			if err != nil {
				return fmt.Errorf("outbox of %s/%s: %w", name, s.ID, err)
			}
			p := docstore.Pending{Collection: name, Document: s.Document}
			if err := json.Unmarshal(text, &p.Outbox); err != nil {
				return fmt.Errorf("outbox of %s/%s: %w", name, s.ID, err)
			}
			out = append(out, p)
			return nil
		})
	})
	return out, err
}

// Published files in one unordered command, then removes entries in one for each collection, acknowledged by the primary alone: losing it only
// publishes them again. It implements docstore.Driver.
func (d *Driver) Published(ctx context.Context, filed []docstore.Write, entries map[docstore.Ref][]string) error {
	ctx, cancel := d.deadline(ctx)
	defer cancel()
	for _, err := range d.ApplyMany(ctx, filed) {
		if exists, ok := errors.AsType[*docstore.ErrExists](err); err != nil && (!ok || exists.Key != "_id") {
			return err
		}
	}
	models := map[string][]mongo.WriteModel{}
	for ref, ids := range entries {
		pull := bson.D{{Key: "$pull", Value: bson.D{{Key: fieldOutbox, Value: bson.D{{Key: "id", Value: bson.D{{Key: "$in", Value: ids}}}}}}}}
		models[ref.Collection] = append(models[ref.Collection],
			mongo.NewUpdateOneModel().SetFilter(bson.D{{Key: fieldID, Value: ref.ID}}).SetUpdate(pull))
	}
	return d.afterRemovals(ctx, func(ctx context.Context, session *mongo.Session) error {
		var errs []error
		for name, m := range models {
			_, err := d.collection(name).relaxed.BulkWrite(ctx, m, options.BulkWrite().SetOrdered(false))
			errs = append(errs, fault(err))
		}
		d.removed.note(session.OperationTime())
		return errors.Join(errs...)
	})
}

// removals is how far the server's clock was when this driver last removed entries.
type removals struct {
	mu sync.Mutex
	at *bson.Timestamp
}

// afterRemovals runs do in a session that sees what the driver removed before, so that no entry is found pending, and published
// again, just because a majority has not heard of its removal yet.
func (d *Driver) afterRemovals(ctx context.Context, do func(context.Context, *mongo.Session) error) error {
	session, err := d.client.StartSession(options.Session().SetCausalConsistency(true))
	if err != nil {
		return fault(err)
	}
	defer session.EndSession(context.WithoutCancel(ctx)) // in memory only: no transaction is open
	d.removed.mu.Lock()
	last := d.removed.at
	d.removed.mu.Unlock()
	if last != nil {
		if err := session.AdvanceOperationTime(last); err != nil {
			return fault(err)
		}
	}
	return do(mongo.NewSessionContext(ctx, session), session)
}

// note keeps the time of a removal.
func (r *removals) note(at *bson.Timestamp) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at != nil && (r.at == nil || at.After(*r.at)) {
		r.at = at
	}
}

// Backlog implements docstore.Driver.
func (d *Driver) Backlog(ctx context.Context, collections []string) (documents int64, oldest time.Time, err error) {
	ctx, cancel := d.deadline(ctx)
	defer cancel()
	for _, name := range collections {
		c := d.collection(name)
		n, err := c.CountDocuments(ctx, bson.D{waiting, {Key: oldestEntry, Value: bson.D{{Key: "$gte", Value: ""}}}})
		if err != nil {
			return 0, time.Time{}, fault(err)
		}
		if n == 0 {
			continue
		}
		documents += n
		at, err := first(ctx, c)
		if err != nil {
			return 0, time.Time{}, err
		}
		if !at.IsZero() && (oldest.IsZero() || at.Before(oldest)) {
			oldest = at
		}
	}
	return documents, oldest, nil
}

// first is the instant of a collection's oldest entry, zero when there is none any more.
func first(ctx context.Context, c *collection) (time.Time, error) {
	raw, err := c.FindOne(ctx, bson.D{waiting}, options.FindOne().SetSort(bson.D{{Key: oldestEntry, Value: 1}}).
		SetProjection(bson.D{{Key: fieldOutbox + ".at", Value: 1}})).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fault(err)
	}
	text, _ := raw.Lookup(strings.Split(oldestEntry, ".")...).StringValueOK()
	at, err := event.ParseTime(text)
	return at.Time, err
}
