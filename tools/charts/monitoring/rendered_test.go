package monitoring_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"gopkg.in/yaml.v3"
)

// object is what these tests look at of what the charts render.
type object struct {
	Kind     string
	Metadata struct {
		Name, Namespace string
		Labels          map[string]string
	}
	Spec struct {
		Groups   []yaml.Node
		Selector yaml.Node
		Ports    []struct{ Name string }
		// Endpoints are a ServiceMonitor's.
		Endpoints []struct {
			Port, Path  string
			HonorLabels bool `yaml:"honorLabels"`
		}
	}
}

// rendered are the objects of one of the renderings that scripts/check-charts.sh makes.
func rendered(t *testing.T, size string) (objects []object) {
	t.Helper()
	dir := os.Getenv("BITACORA_RENDERED")
	if dir == "" {
		t.Fatal("BITACORA_RENDERED names no folder: these tests are run by scripts/check-charts.sh")
	}
	content, err := os.ReadFile(filepath.Join(dir, size+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for decoder := yaml.NewDecoder(bytes.NewReader(content)); ; {
		var o object
		err := decoder.Decode(&o)
		if errors.Is(err, io.EOF) {
			return objects
		}
		if err != nil {
			t.Fatalf("%s: %v", size, err)
		}
		objects = append(objects, o)
	}
}

// watched is a service with its alerts, as it is rendered.
type watched struct {
	size, app, job, namespace string
	rules                     []rulefmt.Rule
}

// everyWatched are the services and the console of the nation's values, and the single binary, by the name of their chart. What is evaluated is what
// Prometheus itself accepts as rules.
func everyWatched(t *testing.T) map[string]watched {
	t.Helper()
	out := map[string]watched{}
	for _, size := range []string{"nation", "watched"} {
		for _, o := range rendered(t, size) {
			if o.Kind != "PrometheusRule" {
				continue
			}
			content, err := yaml.Marshal(map[string]any{"groups": o.Spec.Groups})
			if err != nil {
				t.Fatal(err)
			}
			groups, errs := rulefmt.Parse(content, false, model.UTF8Validation, promQL, slog.New(slog.DiscardHandler))
			if len(errs) > 0 {
				t.Fatalf("%s: %v", o.Metadata.Name, errors.Join(errs...))
			}
			app := o.Metadata.Labels["app.kubernetes.io/name"]
			out[app] = watched{size, app, o.Metadata.Name, o.Metadata.Namespace, groups.Groups[0].Rules}
		}
	}
	if len(out) != 7 {
		t.Fatalf("rules of five services, the console and the single binary are rendered, got %d", len(out))
	}
	return out
}

// scrapedAs finds how the ServiceMonitor of a service has it scraped: by exactly one Service, on a port that it has, at the address that
// run.Ops serves, under the program's own labels. The job is the Service's name then.
func (w watched) scrapedAs(t *testing.T) map[string]string {
	t.Helper()
	var monitor *object
	var services []object
	for _, o := range rendered(t, w.size) {
		switch {
		case o.Kind == "ServiceMonitor" && o.Metadata.Name == w.job:
			monitor = &o
		case o.Kind == "Service":
			services = append(services, o)
		}
	}
	if monitor == nil || len(monitor.Spec.Endpoints) != 1 {
		t.Fatalf("%s: no ServiceMonitor with one endpoint", w.job)
	}
	var selector struct {
		MatchLabels map[string]string `yaml:"matchLabels"`
	}
	if err := monitor.Spec.Selector.Decode(&selector); err != nil || len(selector.MatchLabels) == 0 {
		t.Fatalf("%s: selector: %v", w.job, err)
	}
	endpoint := monitor.Spec.Endpoints[0]
	var job string
	for _, s := range services {
		matches := s.Metadata.Namespace == monitor.Metadata.Namespace && len(s.Spec.Ports) == 1 && s.Spec.Ports[0].Name == endpoint.Port
		for name, value := range selector.MatchLabels {
			matches = matches && s.Metadata.Labels[name] == value
		}
		if !matches {
			continue
		}
		if job != "" {
			t.Fatalf("%s: selects %s and %s", w.job, job, s.Metadata.Name)
		}
		job = s.Metadata.Name
	}
	if job == "" || endpoint.Path != "/metrics" || !endpoint.HonorLabels {
		t.Fatalf("%s: its ServiceMonitor finds Service %q, %+v", w.job, job, endpoint)
	}
	return map[string]string{"namespace": monitor.Metadata.Namespace, "job": job, "service": job, "endpoint": endpoint.Port,
		"pod": job + "-0", "container": w.app, "instance": "10.0.0.1:8080"}
}
