package scenario

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// figures are the numbers of a status by their path: "by_type.hospital_bed.total". What is not there is 0.
type figures map[string]float64

func (f figures) flatten(prefix string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			f.flatten(strings.TrimPrefix(prefix+"."+k, "."), inner)
		}
	case float64:
		f[prefix] = v
	}
}

// plus is the sum of two figures.
func (f figures) plus(o figures) figures {
	sum := maps.Clone(f)
	for k, n := range o {
		sum[k] += n
	}
	return sum
}

// differences lists where got is not what was expected, in words.
func differences(expected, got figures) []string {
	keys := map[string]bool{}
	for k := range expected {
		keys[k] = true
	}
	for k := range got {
		keys[k] = true
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if math.Abs(expected[k]-got[k]) > 1e-6 {
			out = append(out, fmt.Sprintf("%s: expected %g, found %g", k, expected[k], got[k]))
		}
	}
	return out
}

// view is where figures are read.
type view struct{ name, path string }

func (w *walk) views() []view {
	v := []view{{"unit", "/v1/status/units/" + w.Unit}}
	if !w.counts {
		return v
	}
	if office := w.names["office"]; office != "" {
		v = append(v, view{"office", "/v1/status/offices/" + office})
	}
	return append(v, view{"state", "/v1/status/states/" + w.names["state"]}, view{"nation", "/v1/status/nation"})
}

// look reads figures that include all marks.
func (w *walk) look(v view, marks []string) (figures, error) {
	path := v.path
	if len(marks) > 0 {
		path += "?min_as_of=" + strings.Join(marks, ",")
	}
	d, err := w.get(planner, path)
	if err != nil {
		return nil, err
	}
	f := figures{}
	if f.flatten("", d.at("figures")); len(f) == 0 {
		return nil, fmt.Errorf("GET %s: an answer without figures: %.200s", path, d.Body)
	}
	return f, nil
}

// readBefore notes the figures before the walk.
func (w *walk) readBefore() error {
	for _, v := range w.views() {
		f, err := w.look(v, w.marks)
		if err != nil {
			return err
		}
		w.before[v.name] = f
	}
	w.marks = nil
	w.names["assets_before"] = fmt.Sprint(w.before["unit"]["assets.total"])
	if nation, ok := w.before["nation"]; ok {
		w.names["assets_before"] += fmt.Sprintf(", in the nation: %g", nation["assets.total"])
	}
	return nil
}

// check reads the figures of the unit, its office, its state and the nation, and compares each number with the one before the walk
// plus what has happened since. The marks are the versions that they have to include.
func (w *walk) check(marks ...string) error {
	var unit figures
	for _, v := range w.views() {
		got, err := w.look(v, marks)
		if err != nil {
			return err
		}
		if v.name == "unit" {
			unit = got
		}
		var wrong []string
		if v.name == "unit" || !w.Busy {
			wrong = differences(w.before[v.name].plus(w.due), got)
		} else {
			wrong = lacking(unit, got)
		}
		if len(wrong) > 0 {
			return errors.New("figures of the " + v.name + ": " + strings.Join(wrong, "; "))
		}
	}
	return nil
}

// lacking lists where the figures of a group are less than those of one of its units.
func lacking(unit, group figures) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(unit)) {
		if group[k] < unit[k]-1e-6 {
			out = append(out, fmt.Sprintf("%s: expected at least the unit's %g, found %g", k, unit[k], group[k]))
		}
	}
	return out
}
