// Package relay publishes committed events. A command's write puts its events into the outbox of the document; the Relay of that service
// publishes them and removes them from there:
//
//	var r *relay.Relay
//	store := docstore.NewStore(driver, docstore.Options{Committed: func(refs []docstore.Ref) { r.Wake(refs) }})
//	dead := consume.OpenDeadLetters(store)
//	r, err = relay.New(store, bus, dead, relay.Config{Service: "asset"}, logger, registerer)
//	go r.Run(ctx)       // until shutdown,
//	err = r.Flush(ctx)  // then once more, when writers have stopped
//
// # One round
//
//  1. Read the pending documents with majority read concern, so that no event is published that a new primary rolls back. Those just written
//     by this process come first (Wake); once a second a sweep takes those of any process whose oldest event has waited for 5 s.
//  2. Add to each event the document's present public state with its version: the body without the fields whose names begin with "_" and
//     those that the Spec's set of events withholds.
//  3. Publish the events of all documents in one call, those of one document in order, and wait until all in-sync replicas acknowledge.
//  4. Store the acknowledged events in the history collection, by event id.
//  5. Remove exactly these events from the outboxes.
//
// After a crash at any step the events are still in the outbox: they are published again, which consumers ignore, and stored again under the
// same ids. A second relay does the same: there is no leader and no lease, and a record that a slow relay writes after a newer one carries its
// older state version. An event that cannot be published now holds up the later ones of its document.
//
// While store or broker do not answer, the relay retries for ever and the outbox grows. An event that can never be published (a public state
// above 256 KiB, a record that the broker refuses for good) is stored in the history and parked as a dead letter of the consumer "relay", so
// that it holds up no other; it is retried with back-off, with the document's state at that time.
//
// An aggregate's history is what is in that collection and in its outbox: see Relay.History.
//
// Republish is for topics that were lost or are new: it publishes the present state of every document.
package relay
