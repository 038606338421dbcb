package consume

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// Status is the state of a dead letter.
type Status string

// The states of a dead letter.
const (
	// Parked: it failed in a way that a retry is unlikely to change; it is retried at NextAt.
	Parked Status = "parked"
	// Waiting: a reference it needs is not there; it is retried when that changes, or at NextAt.
	Waiting Status = "waiting"
	// Cleared: it succeeded, or a newer event of its aggregate did. Its content is removed.
	Cleared Status = "cleared"
)

// DeadLetter is an event that a handler could not handle. It is in the store of the handler's service.
type DeadLetter struct {
	ID string `json:"id"`
	// Consumer is the consumer's name, or "relay" for an event that could not be published.
	Consumer  string `json:"consumer"`
	Status    Status `json:"status"`
	Topic     string `json:"topic"`
	Partition int    `json:"partition"`
	Offset    int64  `json:"offset"`
	// Aggregate is the record's key. A consumer keeps one letter per aggregate, with the latest event, which has the newest state.
	Aggregate    string `json:"aggregate,omitempty"`
	EventID      string `json:"event_id,omitempty"`
	Type         string `json:"type,omitempty"`
	StateVersion int64  `json:"state_version,omitempty"`
	// Headers and Value are the raw record (of the relay: no headers, and the outbox entry as value).
	Headers  []Header   `json:"headers,omitempty"`
	Value    []byte     `json:"value,omitempty"`
	Reason   string     `json:"reason"`
	Attempts int        `json:"attempts"`
	FirstAt  event.Time `json:"first_at"`
	LastAt   event.Time `json:"last_at"`
	NextAt   event.Time `json:"next_at"`
	// WaitsFor is the missing reference, WaitsVersion its version at the last try (0: it did not exist).
	WaitsFor     *docstore.Ref `json:"waits_for,omitempty"`
	WaitsVersion int64         `json:"waits_version,omitempty"`
}

// Header is one header of a dead letter's record.
type Header struct {
	Key   string `json:"key"`
	Value []byte `json:"value"`
}

// Record returns the record as it was received.
func (d *DeadLetter) Record() event.Record {
	r := event.Record{Topic: d.Topic, Partition: d.Partition, Offset: d.Offset, Key: d.Aggregate, Value: d.Value}
	for _, h := range d.Headers {
		r.Headers = append(r.Headers, event.Header(h))
	}
	return r
}

// DeadLetters are the dead letters of one service, of its consumers and its relay. To read them the context needs access to the nation, such as
// caller.AsSystem.
type DeadLetters struct {
	store   *docstore.Store
	letters *docstore.Collection[DeadLetter]
}

// OpenDeadLetters opens the collection. It must be called once per store, before that is migrated or checked.
func OpenDeadLetters(store *docstore.Store) *DeadLetters {
	spec := docstore.Spec{Name: "dead_letters", Indexes: []docstore.Index{
		{Fields: []string{"status"}},
		{Fields: []string{"consumer", "status"}},
		{Fields: []string{"consumer", "status"}, Sort: "next_at"},
	}}
	nation := func(*DeadLetter) []string { return []string{caller.Nation} }
	return &DeadLetters{store, docstore.Open(store, spec, nation)}
}

// List returns a page of the dead letters that are not cleared, of one consumer or (consumer "") of all.
func (d *DeadLetters) List(ctx context.Context, consumer string, after *docstore.Position, limit int) (*docstore.Page[DeadLetter], error) {
	q := docstore.Query{Where: []docstore.Condition{open}, After: after, Limit: limit}
	if consumer != "" {
		q.Where = append(q.Where, docstore.Eq("consumer", consumer))
	}
	return d.letters.Find(ctx, q)
}

var open = docstore.Condition{Field: "status", In: []any{string(Parked), string(Waiting)}}

// Get returns one dead letter, or docstore.ErrNotFound.
func (d *DeadLetters) Get(ctx context.Context, id string) (*DeadLetter, error) {
	return d.letters.Get(ctx, id)
}

// Redrive makes a dead letter due now: its consumer, in whichever process, retries it within about a second. Other consumers do not see it. It
// returns the number of those that are: 0 for one that is cleared.
func (d *DeadLetters) Redrive(ctx context.Context, id string) (n int, err error) {
	err = d.letters.Update(ctx, id, func(l *DeadLetter) ([]event.Event, error) {
		n = 0
		if l.Status != Cleared {
			l.NextAt, n = d.store.Now(), 1
		}
		return nil, nil
	})
	return n, err
}

// redrivePage is how many dead letters are read at once.
const redrivePage = 200

// RedriveAll is Redrive for a consumer's dead letters, at most so many; more says that there are others, to which another call comes: those that are
// due already are not counted again. The latest to be due come first, and what fails again meanwhile is not taken twice.
func (d *DeadLetters) RedriveAll(ctx context.Context, consumer string, most int) (n int, more bool, err error) {
	q := docstore.Query{Where: []docstore.Condition{open, docstore.Eq("consumer", consumer)}, Sort: "next_at", Desc: true, Limit: redrivePage}
	began := d.store.Now()
	for {
		page, err := d.letters.Find(ctx, q)
		if err != nil {
			return n, false, err
		}
		for _, l := range page.Docs {
			if !l.State.NextAt.After(began.Time) {
				return n, false, nil
			}
			if n == most {
				return n, true, nil
			}
			done, err := d.Redrive(ctx, l.ID)
			if err != nil {
				return n, false, err
			}
			n += done
		}
		if page.Next == nil {
			return n, false, nil
		}
		q.After = page.Next
	}
}

// Park stores l, and sets its Attempts, instants and, when empty, Status. If an uncleared letter with its ID holds a newer event, that one stays.
func (d *DeadLetters) Park(ctx context.Context, l DeadLetter) error {
	if l.Status == "" {
		l.Status = Parked
	}
	return d.store.Atomic(ctx, func(ctx context.Context) error {
		old, err := d.letters.Get(ctx, l.ID)
		if errors.Is(err, docstore.ErrNotFound) {
			fresh := l
			fresh.failed(d.store.Now(), nil)
			return d.letters.Insert(ctx, l.ID, &fresh)
		}
		if err != nil {
			return err
		}
		if old.Status != Cleared && old.StateVersion > l.StateVersion {
			return nil
		}
		return d.letters.Update(ctx, l.ID, func(stored *DeadLetter) ([]event.Event, error) {
			before := *stored
			*stored = l
			stored.failed(d.store.Now(), &before)
			return nil, nil
		})
	})
}

// The shortest and the longest wait between two tries of a dead letter.
const (
	firstRetry   = 10 * time.Second
	longestRetry = time.Hour
)

// failed counts a failed try; before is the stored letter, nil for a new one.
func (d *DeadLetter) failed(now event.Time, before *DeadLetter) {
	d.Attempts, d.FirstAt, d.LastAt = 1, now, now
	if before != nil && before.Status != Cleared {
		d.Attempts, d.FirstAt = before.Attempts+1, before.FirstAt
	}
	wait := longestRetry
	if d.Attempts < 10 {
		wait = min(firstRetry<<(d.Attempts-1), longestRetry)
	}
	d.NextAt = event.At(now.Add(wait))
}

// Clear marks the dead letter id as cleared unless its event is newer than this state version. It is no error if there is none.
func (d *DeadLetters) Clear(ctx context.Context, id string, version int64) error {
	err := d.letters.Update(ctx, id, func(l *DeadLetter) ([]event.Event, error) {
		if l.Status != Cleared && l.StateVersion <= version {
			l.Status, l.LastAt = Cleared, d.store.Now()
			l.Headers, l.Value, l.WaitsFor, l.WaitsVersion = nil, nil, nil, 0
		}
		return nil, nil
	})
	if errors.Is(err, docstore.ErrNotFound) {
		return nil
	}
	return err
}

// Due returns at most limit dead letters of the consumer whose NextAt has passed, the earliest first.
func (d *DeadLetters) Due(ctx context.Context, consumer string, limit int) ([]DeadLetter, error) {
	page, err := d.letters.Find(ctx, docstore.Query{
		Where: []docstore.Condition{docstore.Eq("consumer", consumer), open}, Sort: "next_at", Limit: limit})
	if err != nil {
		return nil, fmt.Errorf("dead letters of %s: %w", consumer, err)
	}
	now := d.store.Now()
	var due []DeadLetter
	for _, doc := range page.Docs {
		if doc.State.NextAt.After(now.Time) {
			break
		}
		due = append(due, doc.State)
	}
	return due, nil
}

// Arrived reads a page of the consumer's waiting dead letters and returns those whose reference has changed since their last try, and where the
// next page begins (nil after the last).
func (d *DeadLetters) Arrived(ctx context.Context, consumer string, after *docstore.Position, limit int) ([]DeadLetter, *docstore.Position, error) {
	page, err := d.letters.Find(ctx, docstore.Query{
		Where: []docstore.Condition{docstore.Eq("consumer", consumer), docstore.Eq("status", string(Waiting))}, After: after, Limit: limit})
	if err != nil {
		return nil, after, err
	}
	var refs []docstore.Ref
	for _, doc := range page.Docs {
		refs = append(refs, *doc.State.WaitsFor)
	}
	versions, err := d.versions(ctx, refs)
	if err != nil {
		return nil, after, err
	}
	var arrived []DeadLetter
	for _, doc := range page.Docs {
		if versions[*doc.State.WaitsFor] > doc.State.WaitsVersion {
			arrived = append(arrived, doc.State)
		}
	}
	return arrived, page.Next, nil
}

// versions returns the present versions of refs; those that do not exist are absent.
func (d *DeadLetters) versions(ctx context.Context, refs []docstore.Ref) (map[docstore.Ref]int64, error) {
	ids := map[string][]string{}
	for _, ref := range refs {
		ids[ref.Collection] = append(ids[ref.Collection], ref.ID)
	}
	out := map[docstore.Ref]int64{}
	for collection, of := range ids {
		docs, err := d.store.Driver().Load(ctx, collection, of)
		if err != nil {
			return nil, err
		}
		for _, doc := range docs {
			out[docstore.Ref{Collection: collection, ID: doc.ID}] = doc.Version
		}
	}
	return out, nil
}

// Count returns the number of the consumer's dead letters that are not cleared, at most limit.
func (d *DeadLetters) Count(ctx context.Context, consumer string, limit int) (int, error) {
	page, err := d.List(ctx, consumer, nil, limit)
	if err != nil {
		return 0, err
	}
	return len(page.Docs), nil
}
