// Command effects looks for values of a chart that change nothing: each leaf of values.yaml is set to something else, and what is
// rendered must differ, with at least one of the files of values to begin with.
//
//	go run ./effects CHART PART,… VALUES.yaml [VALUES.yaml ...]
//
// Of the charts within only the parts named are looked at: the others are alike.
package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
)

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: effects CHART PART,... VALUES.yaml [VALUES.yaml ...]")
		os.Exit(2)
	}
	if err := check(os.Stdout, os.Args[1], strings.Split(os.Args[2], ","), os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, "effects:", err)
		os.Exit(1)
	}
}

// other are values of every shape a leaf may have; the schema refuses those of the wrong one.
var other = []any{
	true, false, 7, 8, "other", "7s", "7Gi", "debug", "Always", "ClusterIP", "NodePort", "PLAIN", "https://other.example",
	[]any{"other.example:9092"}, []any{"10.0.0.0/8"}, []any{7}, []any{map[string]any{"name": "other"}}, map[string]any{"other": "value"},
	map[string]any{"requests": map[string]any{"cpu": "7m"}},
	30007, "sha256:" + strings.Repeat("7", 64),
}

func check(out io.Writer, folder string, parts, files []string) error {
	var bases []base
	for _, file := range files {
		b := base{folder: folder}
		var err error
		if b.values, err = chartutil.ReadValuesFile(file); err != nil {
			return err
		}
		if b.rendered, err = render(folder, b.values); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		bases = append(bases, b)
	}
	c, err := loader.Load(folder)
	if err != nil {
		return err
	}
	values := leaves(c, parts)
	var idle []error
	for _, v := range values {
		if !slices.ContainsFunc(bases, func(b base) bool { return b.feels(v) }) {
			idle = append(idle, fmt.Errorf("%s changes nothing", strings.Join(v.path, ".")))
		}
	}
	if len(idle) == 0 {
		_, err = fmt.Fprintf(out, "%d values, each changes what is rendered\n", len(values))
	}
	return errors.Join(append(idle, err)...)
}

// leaf is a value that holds no others.
type leaf struct {
	path  []string
	value any
}

// leaves are those of the chart and of its parts, the latter under their names.
func leaves(c *chart.Chart, parts []string) (found []leaf) {
	var walk func(at []string, values map[string]any)
	walk = func(at []string, values map[string]any) {
		for _, key := range slices.Sorted(maps.Keys(values)) {
			path := append(slices.Clone(at), key)
			if inner, ok := values[key].(map[string]any); ok && len(inner) > 0 && key != "resources" {
				walk(path, inner)
			} else {
				found = append(found, leaf{path, values[key]})
			}
		}
	}
	walk(nil, c.Values)
	for _, part := range c.Dependencies() {
		if slices.Contains(parts, part.Name()) {
			own := maps.Clone(part.Values)
			delete(own, "global") // said once, by the chart itself
			walk([]string{part.Name()}, own)
		}
	}
	return found
}

// base are values with what they render.
type base struct {
	folder   string
	values   map[string]any
	rendered map[string]string
}

// feels says whether another value there renders something else, or is one that the templates refuse beside the others.
func (b base) feels(v leaf) bool {
	return slices.ContainsFunc(other, func(value any) bool {
		if shape(value) != shape(v.value) {
			return false // Helm would warn of it at length
		}
		if inner, ok := value.(map[string]any); ok {
			value = maps.Clone(inner) // Helm writes defaults into it
		}
		rendered, err := render(b.folder, set(b.values, v.path, value))
		return errors.Is(err, errRefused) || err == nil && !maps.Equal(rendered, b.rendered)
	})
}

func shape(value any) string {
	switch value.(type) {
	case map[string]any:
		return "map"
	case []any:
		return "list"
	case bool, string:
		return fmt.Sprintf("%T", value)
	default:
		return "number"
	}
}

// set is a copy of values with the one at the path replaced.
func set(values map[string]any, path []string, value any) map[string]any {
	changed := maps.Clone(values)
	if changed == nil {
		changed = map[string]any{}
	}
	if len(path) > 1 {
		inner, _ := changed[path[0]].(map[string]any)
		value = set(inner, path[1:], value)
	}
	changed[path[0]] = value
	return changed
}

// errRefused is a template's `fail`; what a schema refuses is another error.
var errRefused = errors.New("refused by a template")

// render answers what each template becomes. The chart is loaded anew: Helm writes into it what dependencies are off.
func render(folder string, values map[string]any) (map[string]string, error) {
	c, err := loader.Load(folder)
	if err != nil {
		return nil, err
	}
	if err := chartutil.ProcessDependenciesWithMerge(c, values); err != nil {
		return nil, err
	}
	release := chartutil.ReleaseOptions{Name: "bitacora", Namespace: "bitacora", IsInstall: true}
	complete, err := chartutil.ToRenderValues(c, values, release, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	rendered, err := engine.Render(c, complete)
	if err != nil {
		err = fmt.Errorf("%w: %w", errRefused, err)
	}
	return rendered, err
}
