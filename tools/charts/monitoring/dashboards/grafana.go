package main

import "strings"

// What these dashboards use of Grafana's JSON model (schema version 41, Grafana 11 and newer).
type (
	dashboard struct {
		UID           string      `json:"uid"`
		Title         string      `json:"title"`
		Description   string      `json:"description"`
		Tags          []string    `json:"tags"`
		Timezone      string      `json:"timezone"`
		SchemaVersion int         `json:"schemaVersion"`
		Refresh       string      `json:"refresh"`
		Time          period      `json:"time"`
		Templating    variables   `json:"templating"`
		Links         []link      `json:"links"`
		Panels        []panelJSON `json:"panels"`
	}
	period struct {
		From string `json:"from"`
		To   string `json:"to"`
	}
	variables struct {
		List []variable `json:"list"`
	}
	variable struct {
		Name       string      `json:"name"`
		Label      string      `json:"label"`
		Type       string      `json:"type"`
		Datasource *datasource `json:"datasource,omitempty"`
		Query      string      `json:"query"`
		Refresh    int         `json:"refresh,omitempty"`
		Sort       int         `json:"sort,omitempty"`
		Multi      bool        `json:"multi,omitempty"`
		IncludeAll bool        `json:"includeAll,omitempty"`
	}
	datasource struct {
		Type string `json:"type"`
		UID  string `json:"uid"`
	}
	link struct {
		Title       string   `json:"title"`
		Type        string   `json:"type"`
		Tags        []string `json:"tags"`
		AsDropdown  bool     `json:"asDropdown"`
		IncludeVars bool     `json:"includeVars"`
		KeepTime    bool     `json:"keepTime"`
	}
	panelJSON struct {
		ID          int         `json:"id"`
		Type        string      `json:"type"`
		Title       string      `json:"title"`
		Description string      `json:"description,omitempty"`
		GridPos     grid        `json:"gridPos"`
		Datasource  *datasource `json:"datasource,omitempty"`
		FieldConfig *fields     `json:"fieldConfig,omitempty"`
		Targets     []target    `json:"targets,omitempty"`
	}
	grid struct {
		H int `json:"h"`
		W int `json:"w"`
		X int `json:"x"`
		Y int `json:"y"`
	}
	fields struct {
		Defaults defaults `json:"defaults"`
	}
	defaults struct {
		Unit string `json:"unit"`
		Min  int    `json:"min"`
	}
	target struct {
		RefID        string `json:"refId"`
		Expr         string `json:"expr"`
		LegendFormat string `json:"legendFormat"`
	}
)

// row is a line of panels under a title.
type row struct {
	title  string
	panels []panel
}

// panel draws queries over time. In a query ALL stands for the selector of what was chosen above, ONLY for its inside where more is asked.
type panel struct {
	title, unit, about string
	queries            []query
}

type query struct{ expr, legend string }

const (
	width, height = 24, 8
	chosen        = `namespace="$namespace",job=~"$job"`
)

func board(uid, title, about string, rows ...row) dashboard {
	prometheus := &datasource{Type: "prometheus", UID: "${datasource}"}
	d := dashboard{UID: "bitacora-" + uid, Title: "Bitácora: " + title, Description: about, Tags: []string{"bitacora"}, Timezone: "browser", SchemaVersion: 41,
		Refresh: "30s", Time: period{"now-3h", "now"},
		Links: []link{{Title: "Bitácora", Type: "dashboards", Tags: []string{"bitacora"}, AsDropdown: true, IncludeVars: true, KeepTime: true}},
		Templating: variables{[]variable{
			{Name: "datasource", Label: "Data source", Type: "datasource", Query: "prometheus"},
			{Name: "namespace", Label: "Namespace", Type: "query", Datasource: prometheus, Refresh: 2, Sort: 1,
				Query: "label_values(bitacora_http_requests_in_flight_limit, namespace)"},
			{Name: "job", Label: "Service", Type: "query", Datasource: prometheus, Refresh: 2, Sort: 1, Multi: true, IncludeAll: true,
				Query: `label_values(bitacora_http_requests_in_flight_limit{namespace="$namespace"}, job)`},
		}}}
	y := 0
	for _, r := range rows {
		d.Panels = append(d.Panels, panelJSON{ID: len(d.Panels) + 1, Type: "row", Title: r.title, GridPos: grid{1, width, 0, y}})
		y++
		w := width / len(r.panels)
		for i, p := range r.panels {
			out := panelJSON{ID: len(d.Panels) + 1, Type: "timeseries", Title: p.title, Description: p.about, Datasource: prometheus,
				GridPos: grid{height, w, i * w, y}, FieldConfig: &fields{defaults{Unit: p.unit}}}
			for j, q := range p.queries {
				expr := strings.ReplaceAll(strings.ReplaceAll(q.expr, "ALL", "{"+chosen+"}"), "ONLY", chosen)
				out.Targets = append(out.Targets, target{string(rune('A' + j)), expr, q.legend})
			}
			d.Panels = append(d.Panels, out)
		}
		y += height
	}
	return d
}

// draw is a panel of one query.
func draw(title, unit, about, expr, legend string) panel {
	return panel{title, unit, about, []query{{expr, legend}}}
}

// quantiles is a panel of the median and the 99th of 100 of a histogram.
func quantiles(title, about, selected, by, legend string) panel {
	p := panel{title: title, unit: "s", about: about}
	for _, q := range []struct{ value, name string }{{"0.5", "p50"}, {"0.99", "p99"}} {
		p.queries = append(p.queries, query{"histogram_quantile(" + q.value + ", sum by (" + by + ", le) (rate(" + selected + "[$__rate_interval])))", q.name + " " + legend})
	}
	return p
}
