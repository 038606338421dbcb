// Package relay brings what was committed to the topics. A command leaves its events in the outbox of the document it wrote, in the
// same write; the Relay of that service publishes them and takes them out again:
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
//  1. Read the pending documents, as they are on a majority: what a new primary could roll back is not seen. Those just written by
//     this process come first (Wake); once a second a sweep takes those whose oldest event has waited for 5 s, whoever wrote them.
//  2. Attach to each event the document's public state as it is now, with its version: the body without the fields whose names begin
//     with "_" and without what the Spec's set of events withholds.
//  3. Publish the events of all documents in one call, those of one document in order, acknowledged by all in-sync replicas.
//  4. File what was acknowledged in the history collection, by event id.
//  5. Remove exactly these events from the outboxes.
//
// A crash anywhere leaves the events in the outbox: they are published again, which changes nothing at consumers, and filed again,
// which changes nothing at all. So does a second relay: there is no leader and no lease, and a record that a slow relay writes after
// a newer one carries its older state version. Of one document's events the first that cannot be published now stops the later ones.
//
// Store or broker away: the relay waits and tries again for ever; the outbox grows. What can never be published (a public state above
// 256 KB, a record the broker refuses for good) is filed in the history and parked as a dead letter of the consumer "relay", so that
// it holds up nobody, and is tried again with back-off, with the state of then.
//
// An aggregate's history is what is filed and what is still in the outbox: see Relay.History.
//
// Republish is for when the topics themselves are lost or new: it publishes the present state of every document.
package relay
