package mongodoc

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// A process that is killed between the statements of a transaction leaves it open on the server, and with it a lock on every document that
// it had changed: writes of others wait for it, or are refused as conflicts, until the server ends it, 60 to 90 seconds later. So whoever
// waits for longer than a write ever takes looks for transactions of its own user in which nothing has happened for long, and ends them.
// A user may see and end its own sessions; no right is needed for it. A process that was not killed but held up loses nothing but time:
// its next statement, or its commit, is answered that the transaction is gone, and it begins again.
const (
	// blockedAfter is how long a write takes before it looks for what stands in its way, and how long until it looks again.
	blockedAfter = time.Second
	// forsakenAfter is longer than a process that lives leaves between two statements, which it sends one right after the other.
	forsakenAfter = 3 * time.Second
	// lookTimeout bounds one look.
	lookTimeout = 2 * time.Second
)

// watch looks for forsaken transactions while a call takes too long, until stop.
func (d *Driver) watch(ctx context.Context) (stop func()) {
	watching, done := context.WithCancel(ctx)
	late := time.AfterFunc(blockedAfter, func() {
		tick := time.NewTicker(blockedAfter)
		defer tick.Stop()
		for watching.Err() == nil {
			d.endForsaken(watching)
			select {
			case <-watching.Done():
			case <-tick.C:
			}
		}
	})
	return func() {
		late.Stop()
		done()
	}
}

// endForsaken ends the transactions of this user in which nothing has happened for long. One caller looks at a time, once a second: for
// the others that is as good.
func (d *Driver) endForsaken(ctx context.Context) {
	now := time.Now().UnixNano()
	last := d.looked.Load()
	if now-last < int64(blockedAfter) || !d.looked.CompareAndSwap(last, now) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	ids, err := d.forsaken(ctx)
	if err == nil && len(ids) > 0 {
		d.log.WarnContext(ctx, "transactions of a process that is gone hold documents: they are ended", "transactions", len(ids))
		err = d.client.Database("admin").RunCommand(ctx, bson.D{{Key: "killSessions", Value: ids}}).Err()
	}
	if err != nil && ctx.Err() == nil {
		d.log.WarnContext(ctx, "cannot look for transactions of a process that is gone: the server ends them by itself, after transactionLifetimeLimitSeconds", "error", fault(err))
	}
}

// forsaken are the sessions of those transactions, as killSessions takes them.
func (d *Driver) forsaken(ctx context.Context) ([]bson.D, error) {
	cursor, err := d.client.Database("admin").Aggregate(ctx, mongo.Pipeline{
		{{Key: "$currentOp", Value: bson.D{{Key: "allUsers", Value: false}, {Key: "idleSessions", Value: true}}}},
		{{Key: "$match", Value: bson.D{{Key: "type", Value: "idleSession"},
			{Key: "transaction.timeInactiveMicros", Value: bson.D{{Key: "$gte", Value: forsakenAfter.Microseconds()}}}}}},
		{{Key: "$project", Value: bson.D{{Key: "id", Value: "$lsid.id"}}}},
	})
	if err != nil {
		return nil, err
	}
	var found []struct {
		ID bson.Binary `bson:"id"`
	}
	if err := cursor.All(ctx, &found); err != nil {
		return nil, err
	}
	ids := make([]bson.D, len(found))
	for i, f := range found {
		ids[i] = bson.D{{Key: "id", Value: f.ID}}
	}
	return ids, nil
}
