package tally

import (
	"fmt"
	"math"
	"reflect"
	"strings"
)

// hundredths is the factor by which numbers with decimals are stored in cells.
const hundredths = 100

// Fill sets the fields of figures, a pointer to a struct of int64, float64, structs, pointers to structs, and maps of these by string. A cell's
// name is the path of JSON names to its field; the key of a map may contain any characters. Cells without a field are ignored; a field of another kind panics.
func (c Cells) Fill(figures any) {
	v := reflect.ValueOf(figures).Elem()
	for cell, n := range c {
		set(v, cell, n)
	}
}

func set(v reflect.Value, path string, n int64) {
	switch v.Kind() {
	case reflect.Int64:
		v.SetInt(n)
	case reflect.Float64:
		v.SetFloat(float64(n) / hundredths)
	case reflect.Pointer:
		inner := v
		if v.IsNil() {
			inner = reflect.New(v.Type().Elem())
		}
		set(inner.Elem(), path, n)
		v.Set(inner)
	case reflect.Struct:
		name, rest, _ := strings.Cut(path, ".")
		for i := range v.NumField() {
			if nameOf(v.Type().Field(i)) == name {
				set(v.Field(i), rest, n)
			}
		}
	case reflect.Map:
		key, rest := path, ""
		if v.Type().Elem().Kind() == reflect.Struct {
			at := strings.LastIndexByte(path, '.')
			key, rest = path[:max(at, 0)], path[at+1:]
		}
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		value := reflect.New(v.Type().Elem()).Elem()
		if old := v.MapIndex(reflect.ValueOf(key)); old.IsValid() {
			value.Set(old)
		}
		set(value, rest, n)
		v.SetMapIndex(reflect.ValueOf(key), value)
	default:
		panic(fmt.Sprintf("figures of kind %s", v.Kind()))
	}
}

func nameOf(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// RowsOf is the inverse of Fill: it returns a row for each number in figures that is not 0.
func RowsOf(figures any) []Row { return read(nil, reflect.ValueOf(figures), "") }

func read(rows []Row, v reflect.Value, path string) []Row {
	in := func(name string) string {
		if path == "" {
			return name
		}
		return path + "." + name
	}
	switch v.Kind() {
	case reflect.Int64:
		if n := v.Int(); n != 0 {
			rows = append(rows, Row{path, n})
		}
	case reflect.Float64:
		if n := Hundredths(v.Float()); n != 0 {
			rows = append(rows, Row{path, n})
		}
	case reflect.Pointer:
		if !v.IsNil() {
			rows = read(rows, v.Elem(), path)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			rows = read(rows, v.Field(i), in(nameOf(v.Type().Field(i))))
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			rows = read(rows, it.Value(), in(it.Key().String()))
		}
	}
	return rows
}

// Hundredths returns q in hundredths, rounded. Whole numbers add up without rounding errors, in any order.
func Hundredths(q float64) int64 { return int64(math.Round(q * hundredths)) }
