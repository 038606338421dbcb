// Package consume processes the events that other services publish: a Consumer reads topics as one member of a group, calls a handler with the
// events and commits after that. So each event is handled at least once, and handling it again, or late, must change nothing. Two kinds of
// handlers have that property:
//
//	// A projection keeps the newest state of each aggregate. It gets one batch, the newest event of each.
//	consume.Fold(func(ctx context.Context, batch []event.Envelope) error {
//		docs := …                                  // Versioned{ID: e.Subject, Version: e.StateVersion, State: …e.State…}
//		_, err := units.PutManyIfNewer(ctx, docs)  // an older version changes nothing
//		return err
//	})
//
//	// A reaction changes a document of its own because something happened elsewhere. It gets each event, those of one aggregate in
//	// order, different aggregates concurrently; it reads the state (never the change), and does nothing unless that is newer than what
//	// it stored before.
//	consume.React(func(ctx context.Context, e event.Envelope) error {
//		return consume.IfNewer(ctx, store, deliveryRefs, docstore.Versioned[DeliveryRef]{ID: e.Subject, Version: e.StateVersion, State: …},
//			func(ctx context.Context) error {
//				if _, err := unitRefs.Get(ctx, unit); errors.Is(err, docstore.ErrNotFound) {
//					return consume.NotYet(docstore.Ref{Collection: "unit_refs", ID: unit})
//				}
//				return assets.Insert(ctx, id, asset, …)
//			})
//	})
//
// # What an error means
//
//   - Unavailable (docstore.ErrUnavailable, a deadline, a network error, a lost race): the consumer retries for ever, with jittered back-off.
//     Nothing is committed, parked or lost.
//   - Permanent (event.Permanent, a fault.Error, a definite answer of the store such as docstore.ErrNotFound or *docstore.ErrExists,
//     content that does not decode, a panic): the event is parked as a dead letter in the service's own store, and the next ones are handled.
//   - Any other error is most likely a mistake in the program: the event is tried six times within about two seconds, then parked.
//   - NotYet: the event is retried for a moment, then parked as waiting for that reference.
//
// A dead letter holds the latest event of its aggregate and the reason. The consumer itself retries it: after 10 s, 20 s, … 1 h, after
// DeadLetters.Redrive, and when the reference that it waits for has changed in this store. That is checked once a second, so that it works
// after a restart and when another replica stored the reference. Later events of a parked aggregate are handled as they come, and the success
// of one as new clears the dead letter. A cleared one keeps its counts and instants and loses its content.
//
// Events of unknown types are counted and acknowledged. The context of a handler has the service's own access ("consumer:<name>" is the actor
// of what it raises), the event's correlation id and trace, and a deadline.
package consume
