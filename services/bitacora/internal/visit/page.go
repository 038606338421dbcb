package visit

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// Form is a form of a page's content: what would be sent as it is shown.
type Form struct {
	Action, Method string
	Fields         []Field
}

// Field is a field of a form. Options are the values of one that is chosen from.
type Field struct {
	Name, Type, Value string
	Options           []string
	// Mode is the keyboard that is offered ("decimal"), Max the longest value, 0 where nothing is said.
	Mode string
	Max  int
}

// Values are the fields as the page shows them.
func (f Form) Values() url.Values {
	out := url.Values{}
	for _, x := range f.Fields {
		if x.Name != "" && (x.Type != "radio" && x.Type != "submit" || x.Value != "") {
			out.Set(x.Name, x.Value)
		}
	}
	return out
}

// Posts says whether the form writes.
func (f Form) Posts() bool { return f.Method == http.MethodPost }

// Has says whether there is a field of that name.
func (f Form) Has(name string) bool {
	return slices.ContainsFunc(f.Fields, func(x Field) bool { return x.Name == name })
}

// Forms are the forms of <main>.
func (p *Page) Forms() (out []Form) {
	main := find(p.tree(), func(n *html.Node) bool { return n.Data == "main" })
	for _, n := range all(main, "form") {
		f := Form{Action: attribute(n, "action"), Method: strings.ToUpper(attribute(n, "method"))}
		if f.Action == "" {
			f.Action = p.Path
		}
		for in := range n.Descendants() {
			if in.Type == html.ElementNode {
				f.add(in)
			}
		}
		out = append(out, f)
	}
	return out
}

// add adds what an element is of the form.
func (f *Form) add(n *html.Node) {
	name := attribute(n, "name")
	switch n.Data {
	case "textarea":
		f.Fields = append(f.Fields, Field{Name: name, Type: "textarea", Value: text(n), Max: number(n, "maxlength")})
	case "select":
		x := Field{Name: name, Type: "select"}
		for _, o := range all(n, "option") {
			x.Options = append(x.Options, attribute(o, "value"))
			if has(o, "selected") {
				x.Value = attribute(o, "value")
			}
		}
		f.Fields = append(f.Fields, x)
	case "button":
		f.Fields = append(f.Fields, Field{Name: name, Type: "submit", Value: attribute(n, "value")})
	case "input":
		x := Field{Name: name, Type: attribute(n, "type"), Value: attribute(n, "value"), Mode: attribute(n, "inputmode"), Max: number(n, "maxlength")}
		if x.Type != "radio" {
			f.Fields = append(f.Fields, x)
			return
		}
		i := slices.IndexFunc(f.Fields, func(y Field) bool { return y.Type == "radio" && y.Name == name })
		if i < 0 {
			i, f.Fields = len(f.Fields), append(f.Fields, Field{Name: name, Type: "radio"})
		}
		f.Fields[i].Options = append(f.Fields[i].Options, x.Value)
		if has(n, "checked") {
			f.Fields[i].Value = x.Value
		}
	}
}

// Links are the addresses of this console that the page leads to, without those that sign out or are no pages.
func (p *Page) Links() (out []string) {
	for _, n := range all(p.tree(), "a") {
		to, _, _ := strings.Cut(attribute(n, "href"), "#")
		if strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") && !strings.HasPrefix(to, "/salir") && !strings.HasPrefix(to, "/entrar") && !slices.Contains(out, to) {
			out = append(out, to)
		}
	}
	return out
}

func (p *Page) tree() *html.Node {
	n, err := html.Parse(strings.NewReader(p.Body))
	if err != nil { // a reader of a string does not fail
		return &html.Node{}
	}
	return n
}

func find(n *html.Node, is func(*html.Node) bool) *html.Node {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && is(d) {
			return d
		}
	}
	return &html.Node{}
}

func all(n *html.Node, tag string) (out []*html.Node) {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == tag {
			out = append(out, d)
		}
	}
	return out
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func number(n *html.Node, name string) int {
	i, _ := strconv.Atoi(attribute(n, name))
	return i
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}
