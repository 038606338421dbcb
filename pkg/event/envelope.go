package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// Envelope is an event in a topic: CloudEvents 1.0 in binary content mode. The record's headers are the attributes, its value is
// {"change": …, "state": …}.
type Envelope struct {
	Entry
	Source string
	// Subject is the aggregate's id, and the record's key.
	Subject string
	// StateVersion is the version of State, which may be newer than the event's own (Entry.Version).
	StateVersion int64
	// State is the aggregate's public state when the event was published.
	State json.RawMessage
	// Topic is where it is published; Partition and Offset are set in a received envelope.
	Topic     string
	Partition int
	Offset    int64
}

// MaxStateBytes bounds the public state of an aggregate (256 KiB): a larger one cannot be published.
const MaxStateBytes = 256 << 10

type payload struct {
	Change json.RawMessage `json:"change"`
	State  json.RawMessage `json:"state"`
}

// Record encodes e as a record of e.Topic. A state above MaxStateBytes is a *PermanentError.
func (e Envelope) Record() (Record, error) {
	if len(e.State) > MaxStateBytes {
		return Record{}, Permanent(fmt.Errorf("public state of %s is %d bytes, more than %d", e.Subject, len(e.State), MaxStateBytes))
	}
	value, err := e.value()
	if err != nil {
		return Record{}, Permanent(fmt.Errorf("encode event %s: %w", e.ID, err))
	}
	headers := []Header{
		{"ce_specversion", []byte("1.0")}, {"ce_id", []byte(e.ID)}, {"ce_type", []byte(e.Type)}, {"ce_source", []byte(e.Source)},
		{"ce_subject", []byte(e.Subject)}, {"ce_time", []byte(e.At.String())}, {"content-type", []byte("application/json")},
		{"ce_aggregateversion", strconv.AppendInt(nil, e.Version, 10)}, {"ce_stateversion", strconv.AppendInt(nil, e.StateVersion, 10)},
		{"ce_actor", []byte(e.Actor)},
	}
	if e.Correlation != "" {
		headers = append(headers, Header{"ce_correlationid", []byte(e.Correlation)})
	}
	if e.Trace != "" {
		headers = append(headers, Header{"traceparent", []byte(e.Trace)})
	}
	return Record{Topic: e.Topic, Key: e.Subject, Value: value, Headers: headers, Time: e.At.Time}, nil
}

// value encodes change and state. HTML escapes would turn each < and & into six bytes, and a record that was accepted by its
// size could become too large.
func (e Envelope) value() ([]byte, error) {
	var b bytes.Buffer
	b.Grow(len(e.Change) + len(e.State) + len(`{"change":,"state":}`) + 1)
	to := json.NewEncoder(&b)
	to.SetEscapeHTML(false)
	if err := to.Encode(payload{e.Change, e.State}); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Decode reads a record. Its error is a *PermanentError that says what is missing.
func Decode(r Record) (Envelope, error) {
	e := Envelope{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset}
	var at, version, stateVersion string
	fields := map[string]*string{"ce_id": &e.ID, "ce_type": &e.Type, "ce_source": &e.Source, "ce_subject": &e.Subject, "ce_time": &at,
		"ce_aggregateversion": &version, "ce_stateversion": &stateVersion, "ce_actor": &e.Actor,
		"ce_correlationid": &e.Correlation, "traceparent": &e.Trace}
	for _, h := range r.Headers {
		if p := fields[h.Key]; p != nil {
			*p = string(h.Value)
		}
	}
	var body payload
	err := json.Unmarshal(r.Value, &body)
	e.Change, e.State = body.Change, body.State
	errs := []error{err}
	for name, v := range map[string]string{"ce_id": e.ID, "ce_type": e.Type, "ce_subject": e.Subject} {
		if v == "" {
			errs = append(errs, fmt.Errorf("header %s is missing", name))
		}
	}
	if err == nil && (len(e.State) == 0 || e.State[0] != '{') {
		errs = append(errs, errors.New("value has no state"))
	}
	if e.At, err = ParseTime(at); err != nil {
		errs = append(errs, fmt.Errorf("header ce_time: %w", err))
	}
	e.Version, err = strconv.ParseInt(version, 10, 64)
	errs = append(errs, err)
	e.StateVersion, err = strconv.ParseInt(stateVersion, 10, 64)
	errs = append(errs, err)
	if r.Key != e.Subject {
		errs = append(errs, fmt.Errorf("key %q is not the subject", r.Key))
	}
	if err := errors.Join(errs...); err != nil {
		return e, Permanent(fmt.Errorf("%s[%d]@%d: %w", r.Topic, r.Partition, r.Offset, err))
	}
	return e, nil
}
