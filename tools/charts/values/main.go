// Command values writes each chart's values.yaml, values.schema.json and README.md from the commented values in charts/lib/values.
//
// A comment above a key is its description. A comment line "@schema {…}" adds to the key's JSON schema, which otherwise follows from the
// default: its type, and for an object exactly the keys that are there. "@chart" behind a key says that its values are another chart's.
//
//	go run ./values [-check] ../../charts
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"
)

// service are the parts of the values of a service on MongoDB and Kafka.
var service = []string{"pods", "requests", "mongodb", "kafka", "around", "global"}

// sources are the parts of each chart's values, in order.
var sources = map[string][]string{
	"asset": service, "workorder": service, "delivery": service, "status": service, "people": service,
	"console": {"pods", "console", "mongodb", "around", "global"}, "single": {"single", "global"}, "bitacora": {"umbrella", "global"},
}

func main() {
	check := flag.Bool("check", false, "say which files are not what they should be, instead of writing them")
	flag.Parse()
	stale, err := writeAll(flag.Arg(0), *check)
	if err != nil {
		fmt.Fprintln(os.Stderr, "values:", err)
		os.Exit(1)
	}
	for _, path := range stale {
		fmt.Fprintln(os.Stderr, "values:", path, "is not what charts/lib/values says: run scripts/charts.sh values")
	}
	if len(stale) > 0 {
		os.Exit(1)
	}
}

func writeAll(charts string, check bool) (stale []string, err error) {
	for chart, parts := range sources {
		files, err := generate(charts, chart, parts)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", chart, err)
		}
		for name, content := range files {
			path := filepath.Join(charts, chart, name)
			if there, err := os.ReadFile(path); err == nil && bytes.Equal(there, content) {
				continue
			}
			if check {
				stale = append(stale, path)
			} else if err := os.WriteFile(path, content, 0o644); err != nil {
				return nil, err
			}
		}
	}
	return stale, nil
}

func generate(charts, chart string, parts []string) (map[string][]byte, error) {
	text := []byte("# Written by scripts/charts.sh from charts/lib/values; edit there.\n\n")
	for _, part := range parts {
		b, err := os.ReadFile(filepath.Join(charts, "lib/values", part+".yaml"))
		if err != nil {
			return nil, err
		}
		text = append(text, b...)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	top, err := describe(doc.Content[0], "", "")
	if err != nil {
		return nil, err
	}
	top.schema["$schema"] = "http://json-schema.org/draft-07/schema#"
	properties := top.schema["properties"].(map[string]any)
	// Whether a chart is enabled is its parent's question; Helm shows the answer, and every parent's global values, to the chart too.
	properties["enabled"] = map[string]any{"type": "boolean", "description": "Whether the umbrella chart includes this one."}
	properties["lib"] = map[string]any{"type": "object", "description": "Helm's place for the library chart's values: there are none."}
	if chart == "bitacora" {
		delete(properties, "enabled")
	}
	schema, err := json.MarshalIndent(top.schema, "", "  ")
	if err != nil {
		return nil, err
	}
	readme, err := document(charts, chart, top)
	return map[string][]byte{"values.yaml": withoutMarks(text), "values.schema.json": append(schema, '\n'), "README.md": readme}, err
}

// withoutMarks is the text without the lines that are only for this program.
func withoutMarks(text []byte) []byte {
	var out []string
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "# @schema") {
			continue
		}
		out = append(out, strings.TrimSuffix(line, " # @chart"))
	}
	return []byte(strings.Join(out, "\n"))
}

// entry is one value: its schema, and what the README says of it and of what is in it.
type entry struct {
	schema map[string]any
	rows   []row
}

type row struct{ path, kind, fallback, text string }

func describe(node *yaml.Node, path, comment string) (entry, error) {
	text, extra, err := split(comment)
	if err != nil {
		return entry{}, fmt.Errorf("%s: %w", path, err)
	}
	e := entry{schema: map[string]any{}}
	if text != "" {
		e.schema["description"] = text
	}
	kind := map[string]string{"!!str": "string", "!!int": "integer", "!!bool": "boolean", "!!seq": "array", "!!map": "object"}[node.ShortTag()]
	if kind == "" {
		return e, fmt.Errorf("%s: a value is a text, a whole number, true or false, a list or an object, not %s", path, node.ShortTag())
	}
	e.schema["type"] = kind
	if kind == "object" && extra["additionalProperties"] == nil {
		e.schema["additionalProperties"] = false
	}
	for name, value := range extra {
		e.schema[name] = value
	}
	if kind != "object" || len(node.Content) == 0 || extra["additionalProperties"] != nil {
		fallback, err := compact(node)
		e.rows = []row{{path, kind, fallback, text}}
		return e, err
	}
	if text != "" {
		e.rows = append(e.rows, row{path, kind, "", text})
	}
	return e, e.members(node, path)
}

func (e *entry) members(node *yaml.Node, path string) error {
	properties := map[string]any{}
	e.schema["properties"] = properties
	for i := 0; i < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		member, err := describe(value, strings.TrimPrefix(path+"."+key.Value, "."), key.HeadComment)
		if err != nil {
			return err
		}
		if strings.Contains(key.LineComment+value.LineComment+value.HeadComment, "@chart") {
			member.schema["additionalProperties"] = true
		}
		properties[key.Value] = member.schema
		e.rows = append(e.rows, member.rows...)
	}
	return nil
}

// split parts a comment into its text and what it adds to the schema. Only the last block counts: what is before an empty line is about
// the file.
func split(comment string) (text string, extra map[string]any, err error) {
	blocks := strings.Split(comment, "\n\n")
	var lines []string
	for _, line := range strings.Split(blocks[len(blocks)-1], "\n") {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "#"))
		if schema, ok := strings.CutPrefix(line, "@schema "); ok {
			if err := json.Unmarshal([]byte(schema), &extra); err != nil {
				return "", nil, fmt.Errorf("@schema: %w", err)
			}
		} else if line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, " "), extra, nil
}

func compact(node *yaml.Node) (string, error) {
	var value any
	if err := node.Decode(&value); err != nil {
		return "", err
	}
	b, err := json.Marshal(value)
	return string(b), err
}

func document(charts, chart string, top entry) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(charts, chart, "Chart.yaml"))
	if err != nil {
		return nil, err
	}
	var meta struct{ Name, Description, Version string }
	if err := yaml.Unmarshal(b, &meta); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "# %s\n\n%s. Version %s.\n\n`deploy/README.md` says how an installation is planned, installed and kept. This page is written by\n`scripts/charts.sh` from the comments in `charts/lib/values`.\n\n| value | type | default | |\n|---|---|---|---|\n",
		meta.Name, strings.TrimSuffix(meta.Description, "."), meta.Version)
	for _, r := range top.rows {
		fallback := ""
		if r.fallback != "" {
			fallback = "`" + strings.ReplaceAll(r.fallback, "|", `\|`) + "`"
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", r.path, r.kind, fallback, strings.ReplaceAll(r.text, "|", `\|`))
	}
	return out.Bytes(), nil
}
