// Package describe writes what the outside may rely on, from the code: the OpenAPI description of each service, the JSON Schema of each
// event type, and the AsyncAPI description of the topics.
package describe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"
	"github.com/prometheus/client_golang/prometheus"
	"gopkg.in/yaml.v3"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"

	asset "github.com/bitacora-salud/bitacora/services/asset/app"
	delivery "github.com/bitacora-salud/bitacora/services/delivery/app"
	workorder "github.com/bitacora-salud/bitacora/services/workorder/app"
)

// Files are the descriptions by their path under api/.
func Files() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, p := range local.Parts() {
		s, err := Build(p)
		if err != nil {
			return nil, err
		}
		if files["openapi/"+p.Name+".yaml"], err = s.Rest.OpenAPIYAML(); err != nil {
			return nil, err
		}
	}
	for _, e := range Events() {
		for _, d := range e.Definitions {
			schema, err := json.MarshalIndent(Schema(e, d), "", "  ")
			if err != nil {
				return nil, fmt.Errorf("schema of %s: %w", d.Name, err)
			}
			files[SchemaFile(d)] = append(schema, '\n')
		}
	}
	var err error
	files["asyncapi.yaml"], err = asyncAPI()
	return files, err
}

// SchemaFile is where an event type's schema is, under api/.
func SchemaFile(d event.Definition) string { return "events/" + d.Type() + ".schema.json" }

// Build is a service that serves nobody: only to be asked for its operations.
func Build(p local.Part) (*service.Service, error) {
	s, err := p.New(service.Config{MaxInFlight: 1}, service.Deps{Guard: rest.Nobody{}, Logger: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), Version: "v1"})
	if err != nil {
		return nil, fmt.Errorf("service %s: %w", p.Name, err)
	}
	return s, nil
}

// Events lists the events of all services.
func Events() []service.Events {
	return slices.Concat(asset.Events(), workorder.Events(), delivery.Events())
}

// Schema is the JSON Schema of an event's value: what happened, and the aggregate's public state.
func Schema(e service.Events, d event.Definition) *jsonschema.Schema {
	r := &jsonschema.Reflector{DoNotReference: true, AllowAdditionalProperties: true, Anonymous: true, Mapper: mapper}
	change, state := r.ReflectFromType(d.Change), r.ReflectFromType(e.State)
	for _, name := range e.Private {
		state.Properties.Delete(name)
		state.Required = slices.DeleteFunc(state.Required, func(r string) bool { return r == name })
	}
	for _, s := range []*jsonschema.Schema{change, state} {
		s.Version = ""
		vocabularies(s, d.Change)
	}
	vocabularies(state, e.State)
	properties := jsonschema.NewProperties()
	properties.Set("change", change)
	properties.Set("state", state)
	return &jsonschema.Schema{Version: jsonschema.Version, ID: jsonschema.ID("urn:bitacora:event:" + d.Type()), Title: d.Type(), Description: d.Summary,
		Type: "object", Properties: properties, Required: []string{"change", "state"}}
}

// mapper describes the types that encode themselves.
func mapper(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[event.Time]():
		return &jsonschema.Schema{Type: "string", Format: "date-time", Description: "UTC with milliseconds"}
	case reflect.TypeFor[json.RawMessage]():
		return &jsonschema.Schema{}
	}
	return nil
}

// vocabularies names, in each string field that has one, the enumeration's values of today. Readers take unknown ones: new values
// ship one release after their readers.
func vocabularies(s *jsonschema.Schema, t reflect.Type) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
		if s.Items != nil {
			s = s.Items
		}
	}
	if t.Kind() != reflect.Struct || s.Properties == nil {
		return
	}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		property, ok := s.Properties.Get(name)
		if !ok {
			continue
		}
		if words := mx.Values(f.Tag.Get("vocabulary")); words != nil {
			property.Description = strings.TrimSpace(property.Description + " One of " + strings.Join(words, ", ") + "; more may come.")
		}
		vocabularies(property, f.Type)
	}
}

// asyncAPI describes the topics: what travels on each.
func asyncAPI() ([]byte, error) {
	channels, operations, messages := map[string]any{}, map[string]any{}, map[string]any{}
	byTopic := map[string][]event.Definition{}
	for _, e := range Events() {
		for _, d := range e.Definitions {
			byTopic[d.Topic] = append(byTopic[d.Topic], d)
			messages[d.Name] = map[string]any{"name": d.Type(), "title": d.Name, "summary": d.Summary, "contentType": "application/json",
				"headers": map[string]any{"$ref": "#/components/schemas/headers"}, "payload": map[string]any{"$ref": "./" + path.Clean(SchemaFile(d))}}
		}
	}
	for _, topic := range event.Topics() {
		carried, refs := map[string]any{}, []any{}
		id := strings.TrimPrefix(topic.Name, "bitacora.")
		for _, d := range byTopic[topic.Name] {
			carried[d.Name] = map[string]any{"$ref": "#/components/messages/" + d.Name}
			refs = append(refs, map[string]any{"$ref": "#/channels/" + id + "/messages/" + d.Name})
		}
		channels[id] = map[string]any{"address": topic.Name, "messages": carried,
			"description": "Published by the service " + topic.Owner + ". Key: the aggregate's id. The whole log is kept.",
			"bindings":    map[string]any{"kafka": map[string]any{"partitions": event.Partitions, "topicConfiguration": map[string]any{"cleanup.policy": []string{"delete"}, "retention.ms": -1}}}}
		operations["publish-"+id] = map[string]any{"action": "send", "channel": map[string]any{"$ref": "#/channels/" + id}, "messages": refs}
	}
	return encode(map[string]any{"asyncapi": "3.1.0",
		"info":     map[string]any{"title": "Bitácora: events", "version": "v1", "description": "CloudEvents 1.0 in binary content mode: the headers carry the attributes, the value is {change, state}. Besides the types below each aggregate may be published again as a whole: mx.bitacora.<aggregate>.snapshot.v1, with an empty change."},
		"channels": channels, "operations": operations, "components": map[string]any{"messages": messages, "schemas": map[string]any{"headers": headers()}}})
}

func headers() map[string]any {
	text := func(description string) map[string]any {
		return map[string]any{"type": "string", "description": description}
	}
	return map[string]any{"type": "object", "required": []string{"ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_aggregateversion", "ce_stateversion", "ce_actor"},
		"properties": map[string]any{
			"ce_specversion": text("1.0"), "ce_id": text("UUIDv7 of the event"), "ce_type": text("the event type"), "ce_source": text("/services/<service>"),
			"ce_subject": text("the aggregate's id"), "ce_time": text("when it was recorded, UTC"), "ce_aggregateversion": text("the version the event led to"),
			"ce_stateversion": text("the version of the state in the value; a reader keeps the highest"), "ce_actor": text("opaque id of who did it"),
			"ce_correlationid": text("the request it began with"), "traceparent": text("W3C trace context")}}
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("describe the events: %w", err)
	}
	return b.Bytes(), nil
}
