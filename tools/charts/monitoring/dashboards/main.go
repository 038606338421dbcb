// Command dashboards writes Grafana's dashboards as JSON. What they ask is checked by the tests beside it.
//
//	go run ./dashboards [-check] ../../../deploy/grafana
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	check := flag.Bool("check", false, "say which files are not what they should be, instead of writing them")
	flag.Parse()
	stale, err := writeAll(flag.Arg(0), *check)
	if err != nil {
		fmt.Fprintln(os.Stderr, "dashboards:", err)
		os.Exit(1)
	}
	for _, path := range stale {
		fmt.Fprintln(os.Stderr, "dashboards:", path, "is not what tools/charts/monitoring/dashboards says: run scripts/charts.sh values")
	}
	if len(stale) > 0 {
		os.Exit(1)
	}
}

func writeAll(dir string, check bool) (stale []string, err error) {
	for _, d := range []dashboard{overview(), events(), store()} {
		var content bytes.Buffer
		encoder := json.NewEncoder(&content)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(d); err != nil {
			return nil, err
		}
		path := filepath.Join(dir, strings.TrimPrefix(d.UID, "bitacora-")+".json")
		if there, err := os.ReadFile(path); err == nil && bytes.Equal(there, content.Bytes()) {
			continue
		}
		if check {
			stale = append(stale, path)
		} else if err := os.WriteFile(path, content.Bytes(), 0o644); err != nil {
			return nil, err
		}
	}
	return stale, nil
}
