package event_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// The events of one kind of document are declared once, as variables of the domain package that raises them.
var (
	pumps   = event.NewSet(event.Assets, "pump")
	started = event.Define[pumpStarted](pumps, "pump.started", "A pump was switched on.")
)

type pumpStarted struct {
	Reason string `json:"reason"`
}

// A domain raises an Event; the store adds id, version and actor; the relay adds the document's state and sends the envelope.
func Example() {
	raised := started.New(pumpStarted{Reason: "repaired"})
	change, err := json.Marshal(raised.Change)
	if err != nil {
		panic(err)
	}
	sent := event.Envelope{
		Entry: event.Entry{ID: "e1", Type: raised.Type, Version: 2, At: event.At(time.Date(2025, 8, 8, 16, 0, 0, 0, time.UTC)),
			Actor: "ana", Change: change},
		Topic: started.Topic, Subject: "p1", StateVersion: 2, State: json.RawMessage(`{"id":"p1","state":"on"}`),
	}
	record, err := sent.Record()
	if err != nil {
		panic(err)
	}
	fmt.Println(record.Topic, record.Key, string(record.Value))

	got, err := event.Decode(record)
	if err != nil {
		panic(err)
	}
	fmt.Println(got.Type, "of", got.Subject, "version", got.Version, "by", got.Actor, "at", got.At)

	record.Headers = nil
	_, err = event.Decode(record)
	fmt.Println("without headers it is refused:", err != nil)
	// Output:
	// bitacora.assets p1 {"change":{"reason":"repaired"},"state":{"id":"p1","state":"on"}}
	// mx.bitacora.pump.started.v1 of p1 version 2 by ana at 2025-08-08T16:00:00.000Z
	// without headers it is refused: true
}
