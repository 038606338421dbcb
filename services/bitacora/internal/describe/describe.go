// Package describe writes what the outside may rely on, from the code: the OpenAPI description of each service, the JSON Schema of each
// event type, and the AsyncAPI description of the topics.
package describe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"gopkg.in/yaml.v3"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
)

// Files are the descriptions by their path under api/.
func Files() (map[string][]byte, error) {
	files := map[string][]byte{}
	var operations []rest.Operation
	for _, p := range local.Parts() {
		s, err := Build(p)
		if err != nil {
			return nil, err
		}
		if files["openapi/"+p.Name+".yaml"], err = s.Rest.OpenAPIYAML(); err != nil {
			return nil, err
		}
		operations = append(operations, s.Rest.Operations()...)
	}
	files["permissions.md"], files["labels.md"] = permissions(operations), labels()
	publishing, err := Publishing()
	if err != nil {
		return nil, err
	}
	for name, schema := range schemas(publishing) {
		content, err := json.MarshalIndent(schema, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("schema %s: %w", name, err)
		}
		files[name] = append(content, '\n')
	}
	files["asyncapi.yaml"], err = asyncAPI(publishing)
	return files, err
}

// Build is a service that serves nobody: only to be asked for its operations.
func Build(p local.Part) (*service.Service, error) {
	s, err := p.New(service.Config{MaxInFlight: 1}, service.Deps{Guard: rest.Nobody{}, Logger: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), Version: "v1"})
	if err != nil {
		return nil, fmt.Errorf("service %s: %w", p.Name, err)
	}
	return s, nil
}

// Publishing are the collections of all services that raise events: what each raises, and the state that goes with it.
func Publishing() ([]docstore.Spec, error) {
	var all []docstore.Spec
	for _, p := range local.Parts() {
		s, err := Build(p)
		if err != nil {
			return nil, err
		}
		all = append(all, s.Store.Specs()...)
	}
	return slices.DeleteFunc(all, func(spec docstore.Spec) bool { return spec.Events == nil }), nil
}

// asyncAPI describes the topics: what travels on each.
func asyncAPI(publishing []docstore.Spec) ([]byte, error) {
	channels, operations := map[string]any{}, map[string]any{}
	for _, topic := range event.Topics() {
		id := strings.TrimPrefix(topic.Name, "bitacora.")
		channels[id] = map[string]any{"address": topic.Name, "messages": messages(publishing, topic.Name), "bindings": ref("#/components/channelBindings/topic"),
			"description": "Published by the service " + topic.Owner + ". Key: the aggregate's id. The whole log is kept."}
		operations["publish-"+id] = map[string]any{"action": "send", "channel": ref("#/channels/" + id)} // all that the channel carries
	}
	return encode(map[string]any{"asyncapi": "3.1.0", "defaultContentType": "application/json",
		"info":     map[string]any{"title": "Bitácora: events", "version": "v1", "description": "CloudEvents 1.0 in binary content mode: the headers carry the attributes, the value is {change, state}. Besides the types below each aggregate may be published again as a whole: mx.bitacora.<aggregate>.snapshot.v1, with an empty change."},
		"channels": channels, "operations": operations, "components": map[string]any{"schemas": map[string]any{"headers": headers()},
			"channelBindings": map[string]any{"topic": map[string]any{"kafka": map[string]any{"partitions": event.Partitions,
				"topicConfiguration": map[string]any{"cleanup.policy": []string{"delete"}, "retention.ms": -1}}}}}})
}

// messages are the events that travel on a topic.
func messages(publishing []docstore.Spec, topic string) map[string]any {
	carried := map[string]any{}
	for _, c := range publishing {
		for _, d := range c.Events.Definitions() {
			if d.Topic == topic {
				carried[d.Name] = map[string]any{"name": d.Type(), "title": d.Name, "summary": d.Summary,
					"headers": ref("#/components/schemas/headers"), "payload": ref("./" + SchemaFile(d))}
			}
		}
	}
	return carried
}

func ref(to string) map[string]any { return map[string]any{"$ref": to} }

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
