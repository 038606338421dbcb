package describe

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const module = "github.com/bitacora-salud/bitacora/"

// rooms of a service that are no concept of its domain.
var rooms = []string{"rest", "store", "react"}

// refusals are rules by HTTP status.
type refusals map[int][]string

// sources reads packages, each once.
type sources struct {
	root string
	read map[string]refusals
}

// Refusals are the files that say which rules each concept of each service refuses by, by their path below root: read from the calls of
// package fault in the concept's package and in those of ours that it imports.
func Refusals(root string) (map[string][]byte, error) {
	src := sources{root, map[string]refusals{}}
	files := map[string][]byte{}
	services, err := filepath.Glob(filepath.Join(root, "services", "*", "internal", "rest"))
	if err != nil {
		return nil, err
	}
	for _, room := range services {
		rel, err := filepath.Rel(root, filepath.Dir(room))
		if err != nil {
			return nil, err
		}
		concepts, err := os.ReadDir(filepath.Dir(room))
		if err != nil {
			return nil, err
		}
		of := map[string]refusals{}
		for _, c := range concepts {
			if !c.IsDir() || slices.Contains(rooms, c.Name()) {
				continue
			}
			if of[c.Name()], err = src.rules(filepath.ToSlash(filepath.Join(rel, c.Name()))); err != nil {
				return nil, err
			}
		}
		if files[filepath.ToSlash(filepath.Join(rel, "rest", "refusals.go"))], err = source(of); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// rules of a package, by its path below the module's.
func (s sources) rules(pkg string) (refusals, error) {
	if known, ok := s.read[pkg]; ok {
		return known, nil
	}
	found := refusals{}
	s.read[pkg] = found
	dir := filepath.Join(s.root, filepath.FromSlash(pkg))
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		if err := s.file(path.Join(pkg, e.Name()), file, found); err != nil {
			return nil, err
		}
	}
	for status := range found {
		slices.Sort(found[status])
		found[status] = slices.Compact(found[status])
	}
	return found, nil
}

// shared are packages whose refusals the edge describes by itself.
var shared = []string{"pkg/fault", "pkg/docstore", "pkg/rest", "pkg/auth"}

func (s sources) file(name string, file *ast.File, found refusals) (err error) {
	for _, imported := range file.Imports {
		pkg, ours := strings.CutPrefix(strings.Trim(imported.Path.Value, `"`), module)
		if !ours || slices.Contains(shared, pkg) {
			continue
		}
		of, err := s.rules(pkg)
		if err != nil {
			return err
		}
		for status, rules := range of {
			found[status] = append(found[status], rules...)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		status, rule := refusal(n)
		if status == 0 {
			return true
		}
		text, ok := rule.(*ast.BasicLit)
		if !ok {
			err = fmt.Errorf("%s: a rule must be written where it refuses, as a text, so that it is found", name)
			return false
		}
		said, quoted := strconv.Unquote(text.Value)
		if quoted != nil {
			err = fmt.Errorf("%s: %w", name, quoted)
			return false
		}
		found[status] = append(found[status], said)
		return true
	})
	return err
}

// refusal is the status and the rule of a call or literal of package fault; 0 of anything else.
func refusal(n ast.Node) (status int, rule ast.Expr) {
	switch n := n.(type) {
	case *ast.CallExpr:
		switch {
		case isFault(n.Fun, "Invalidf") && len(n.Args) > 1:
			return http.StatusUnprocessableEntity, n.Args[1]
		case isFault(n.Fun, "Conflictf") && len(n.Args) > 0:
			return http.StatusConflict, n.Args[0]
		}
	case *ast.CompositeLit:
		if !isFault(n.Type, "Error") {
			return 0, nil
		}
		for _, e := range n.Elts {
			field, ok := e.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			switch name, _ := field.Key.(*ast.Ident); {
			case name != nil && name.Name == "Rule":
				rule = field.Value
			case name != nil && name.Name == "Kind":
				for kind, of := range map[string]int{"Forbidden": http.StatusForbidden, "NotFound": http.StatusNotFound, "Conflict": http.StatusConflict,
					"Invalid": http.StatusUnprocessableEntity, "Unauthenticated": http.StatusUnauthorized, "UnknownReference": http.StatusUnprocessableEntity} {
					if isFault(field.Value, kind) {
						status = of
					}
				}
			}
		}
		return status, rule
	}
	return 0, nil
}

func isFault(e ast.Expr, name string) bool {
	selector, ok := e.(*ast.SelectorExpr)
	if !ok || selector.Sel.Name != name {
		return false
	}
	pkg, ok := selector.X.(*ast.Ident)
	return ok && pkg.Name == "fault"
}

// source is the Go file of a service's refusals.
func source(of map[string]refusals) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("// Code generated by `make generate` from the concepts' sources. DO NOT EDIT.\n\npackage rest\n\n")
	fmt.Fprintf(&b, "import %q\n\n", module+"pkg/rest")
	b.WriteString("// refusals are the rules by which each concept of the service refuses, by HTTP status.\nvar refusals = map[string]rest.Refusals{\n")
	for _, concept := range slices.Sorted(maps.Keys(of)) {
		if len(of[concept]) == 0 {
			continue
		}
		fmt.Fprintf(&b, "%q: {\n", concept)
		for _, status := range slices.Sorted(maps.Keys(of[concept])) {
			fmt.Fprintf(&b, "%d: {", status)
			for _, rule := range of[concept][status] {
				fmt.Fprintf(&b, "\n%q,", rule)
			}
			b.WriteString("\n},\n")
		}
		b.WriteString("},\n")
	}
	b.WriteString("}\n")
	return format.Source(b.Bytes())
}

// Stale lists those of the files that are not what they should be on disk.
func Stale(root string, files map[string][]byte) (stale []string, err error) {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		is, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil && !os.IsNotExist(err) {
			return nil, err
		}
		if !bytes.Equal(is, files[name]) {
			stale = append(stale, name)
		}
	}
	return stale, nil
}
