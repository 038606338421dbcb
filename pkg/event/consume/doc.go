// Package consume lets a service hear what others published: a Consumer reads topics as one member of a group, hands the events to
// a handler and only then commits. What the handler does is therefore done at least once, and must be such that doing it again, or
// late, changes nothing. Two kinds of handlers keep that promise without thinking:
//
//	// A projection keeps the newest state of each aggregate. It gets one batch, the newest event of each.
//	consume.Fold(func(ctx context.Context, batch []event.Envelope) error {
//		docs := …                                  // Versioned{ID: e.Subject, Version: e.StateVersion, State: …e.State…}
//		_, err := units.PutManyIfNewer(ctx, docs)  // an older version changes nothing
//		return err
//	})
//
//	// A reaction changes a document of its own because something happened elsewhere. It gets each event, those of one aggregate in
//	// their order, those of others side by side; it reads the state (never the change), and does nothing unless that is newer than
//	// what it knew.
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
//   - Unavailable (docstore.ErrUnavailable, a deadline, a network's error, a lost race): the consumer waits and tries the same again, for ever,
//     with jittered back-off. Nothing is committed, nothing is parked, nothing is lost.
//   - Hopeless (event.Permanent, a fault.Error, a definite answer of the store such as docstore.ErrNotFound or *docstore.ErrExists,
//     content that does not decode, a panic): the event is parked as a dead letter in the service's own store, and the rest flows.
//   - Anything else is most likely a mistake in the program: tried six times within about two seconds, then parked.
//   - NotYet: tried again for a moment, then parked as waiting for that reference.
//
// A dead letter holds the latest event of its aggregate and the reason. The consumer itself tries it again: after 10 s, 20 s, … 1 h,
// when DeadLetters.Redrive asks for it (only this handler sees it), and when the reference it waits for has changed in this store, by
// whomever: a look once a second, so that neither a restart nor another replica loses the arrival. Later events of a parked key are
// tried as they come, and the success of one as new clears the dead letter. Cleared ones keep their bookkeeping and lose their content.
//
// Types that the consumer does not know are counted and acknowledged. The context of a handler carries the service's own access
// ("consumer:<name>" is the actor of what it raises), the correlation id and the trace of the event, and a deadline.
package consume
