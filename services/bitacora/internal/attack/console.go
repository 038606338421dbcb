package attack

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/server"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/visit"
)

// console fuzzes the pages as one demo user after the other until there were as many requests as were asked for.
func console(ctx context.Context, cfg Config, chance *rand.Rand) (*Result, error) {
	return alone(ctx, cfg, cfg.dir("console"), func(_ *server.Server, h *house) (*Result, error) {
		f := &fuzzer{prober: prober{ctx: ctx, house: h, users: devissuer.Users(), r: &Result{}}, chance: chance, until: time.Now().Add(cfg.Each)}
		if err := f.plant(); err != nil {
			return nil, fmt.Errorf("plant: %w", err)
		}
		return f.r, f.run(cfg.Pages)
	})
}

// fuzzer makes up what browsers send: addresses, parameters, forms, cookies and headers, out of those that pages have and of what is nasty.
type fuzzer struct {
	prober
	chance *rand.Rand
	until  time.Time
	// addresses and forms are those of everybody's pages.
	addresses []string
	forms     []visit.Form
	answered  map[int]int
	found     map[string]string
}

// nasty is what no page asks for.
var nasty = []string{"", "0", "-1", "99999999999999999999", "NaN", "null", "true", "..", "../../etc/passwd", "%00", "\x00", "\xff\xfe", "%2e%2e%2f", "\u202e", "ñ", "😀",
	"<script>fuzz()</script>", `"><img src=x onerror=fuzz()>`, "'; drop table x; --", "{{7*7}}", "${7*7}", "javascript:fuzz()", "//evil.example", `\\evil.example`,
	"http://evil.example/", "2026-13-45", "2026-W99", "1e400", "01941f29-7c00-7000-8000-00000000dead", "BSIST999999", "nation", "unit:BSIST000014", "office:", "*", "mine",
	strings.Repeat("9", 400), strings.Repeat("ñ", 5000), strings.Repeat("a/", 600), "\r\nSet-Cookie: x=y"}

func (f *fuzzer) any() string { return nasty[f.chance.IntN(len(nasty))] }

func (f *fuzzer) one(in int) bool { return f.chance.IntN(in) == 0 }

// run sends that many requests, once there are secrets.
func (f *fuzzer) run(requests int) error {
	f.answered, f.found = map[int]int{}, map[string]string{}
	for _, u := range f.users {
		if err := f.look(u); err != nil {
			return err
		}
	}
	each := max(1, requests/len(f.users)/4)
	for n := 0; f.asked < requests && time.Now().Before(f.until); n++ {
		u := f.users[n%len(f.users)]
		v, err := visit.SignIn(f.ctx, f.url, u.Name)
		if err != nil {
			return err
		}
		in := true
		for i := 0; i < min(each, requests-f.asked) && in && err == nil; i++ {
			in, err = f.try(u, v)
		}
		v.Close()
		if err != nil {
			return err
		}
	}
	f.r.Count = fmt.Sprintf("%d requests to %d addresses and %d forms (answers by status: %v)", f.asked, len(f.addresses), len(f.forms), f.answered)
	for _, key := range slices.Sorted(maps.Keys(f.found)) {
		f.r.found("%s: %s", key, f.found[key])
	}
	if f.asked < requests {
		f.r.found("only %d of %d requests", f.asked, requests)
	}
	return nil
}

// look collects the addresses and forms of somebody's pages, whose marks are another's to whoever sends them afterwards.
func (f *fuzzer) look(u devissuer.User) error {
	v, err := visit.SignIn(f.ctx, f.url, u.Name)
	if err != nil {
		return err
	}
	defer v.Close()
	pages, err := v.Crawl(f.ctx, "/", 1)
	if err != nil {
		return err
	}
	for _, p := range pages {
		f.judge(u, "GET "+p.Path, p)
		if !slices.Contains(f.addresses, p.Path) {
			f.addresses = append(f.addresses, p.Path)
		}
		f.forms = append(f.forms, slices.DeleteFunc(p.Forms(), func(form visit.Form) bool { return form.Action == "/salir" })...)
	}
	return nil
}

// try sends one request and judges its answer; in says whether the session goes on.
func (f *fuzzer) try(u devissuer.User, v *visit.Visitor) (in bool, err error) {
	r, err := f.request(u)
	if err != nil {
		return true, nil //nolint:nilerr // what no client can send is not sent
	}
	p, err := v.Do(r)
	if err != nil {
		f.note(u, r.Method+" "+r.URL.Path, "no answer", err.Error())
		return true, f.ctx.Err()
	}
	f.asked++
	f.answered[p.Status]++
	f.judge(u, r.Method+" "+r.URL.RequestURI(), p)
	return p.Status != http.StatusUnauthorized && !strings.HasPrefix(p.Location, "/entrar"), nil
}

// request is one that is made up.
func (f *fuzzer) request(u devissuer.User) (*http.Request, error) {
	method, body, address := http.MethodGet, "", f.address()
	if f.one(2) && len(f.forms) > 0 {
		form := f.forms[f.chance.IntN(len(f.forms))]
		values := f.values(u, form)
		address = form.Action
		if form.Posts() {
			method, body = http.MethodPost, values.Encode()
		} else {
			address += "?" + values.Encode()
		}
	} else if f.one(12) {
		method = []string{http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch, http.MethodPost}[f.chance.IntN(6)]
	}
	if f.one(40) {
		body += f.any() + "&%zz;" + f.any()
	}
	r, err := http.NewRequestWithContext(f.ctx, method, f.url+address, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	f.headers(r)
	return r, nil
}

// address is one that pages lead to, or one with something else in it.
func (f *fuzzer) address() string {
	path, query, _ := strings.Cut(f.addresses[f.chance.IntN(len(f.addresses))], "?")
	parts, q := strings.Split(path, "/"), url.Values{}
	if values, err := url.ParseQuery(query); err == nil {
		q = values
	}
	if f.one(3) {
		parts[f.chance.IntN(len(parts))] = url.PathEscape(f.any())
	}
	for name := range q {
		if f.one(3) {
			q.Set(name, f.any())
		}
	}
	for f.one(3) {
		q.Add([]string{"cursor", "unit_id", "q", "lugar", "cifra", "orden", "con", "state", "semana", "hecho", "historia", "asset_id", "a", "pendiente", "1.0.quantity", f.any()}[f.chance.IntN(16)], f.any())
	}
	return "/" + strings.TrimPrefix(strings.Join(parts, "/"), "/") + "?" + q.Encode()
}

// values are those of a form, some of them something else.
func (f *fuzzer) values(u devissuer.User, form visit.Form) url.Values {
	out := form.Values()
	for _, x := range form.Fields {
		switch {
		case x.Name == "" || x.Type == "submit" && f.one(2):
		case f.one(8):
			out.Del(x.Name)
		case x.Name == "idempotency_key" && f.one(2):
			out.Set(x.Name, fmt.Sprintf("fuzz-%s-%d", u.Name, f.chance.Uint32()))
		case len(x.Options) > 0 && f.one(2):
			out.Set(x.Name, x.Options[f.chance.IntN(len(x.Options))])
		case f.one(3):
			out.Add(x.Name, f.any())
			out.Set(x.Name, f.any())
		}
	}
	return out
}

// headers are what browsers, proxies and enemies put into requests.
func (f *fuzzer) headers(r *http.Request) {
	for name, values := range map[string][]string{
		"HX-Request": {"true", "x"}, "HX-Current-URL": {"http://evil.example/", "%zz", "/nacion?x"}, "HX-History-Restore-Request": {"true"}, "Range": {"bytes=0-1"},
		"Accept-Encoding": {"gzip;q=0", "br", "gzip, gzip"}, "X-Forwarded-For": {"1.2.3.4, ::1", "x"}, "Cookie": {"__Host-bitacora=x", "__Host-bitacora=" + strings.Repeat("y", 3000)},
		"Content-Type": {"application/json", "multipart/form-data", "multipart/form-data; boundary=x", "text/plain"}, "Sec-Fetch-Site": {"cross-site", "none"}, "Origin": {"null", "https://evil.example"},
		"X-Request-Id": {"<script>fuzz()"}, "Authorization": {"Bearer x"}, "If-Match": {`"1"`}, "Expect": {"100-continue"},
	} {
		if f.one(25) {
			r.Header.Set(name, values[f.chance.IntN(len(values))])
		}
	}
}

// judge holds an answer against what no page may be.
func (f *fuzzer) judge(u devissuer.User, asked string, p *visit.Page) {
	if p.Status >= http.StatusInternalServerError && p.Status != http.StatusServiceUnavailable {
		f.note(u, asked, "a failure", fmt.Sprintf("%d %.300s", p.Status, p.Body))
	}
	for what, text := range map[string]string{"markup that somebody sent": "<script>fuzz", "an element that somebody sent": "<img src=x", "a panic": "goroutine ", "a token": "eyJhbGciOi"} {
		if strings.Contains(p.Body, text) {
			f.note(u, asked, what, p.Body[:min(len(p.Body), 200)])
		}
	}
	if to := p.Header.Get("Location"); strings.Contains(to, "evil.example") && !strings.HasPrefix(to, "/") {
		f.note(u, asked, "it leads elsewhere", to)
	}
	if p.Header.Get("X") != "" || strings.Contains(strings.Join(p.Header.Values("Set-Cookie"), ""), "x=y") {
		f.note(u, asked, "a header that somebody sent", fmt.Sprint(p.Header))
	}
	if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") && p.Header.Get("Content-Security-Policy") == "" && !strings.HasPrefix(p.Path, "/docs") {
		f.note(u, asked, "a page without a policy", fmt.Sprint(p.Header))
	}
	for _, s := range f.secrets {
		for _, mark := range s.marks {
			if !s.known(u) && strings.Contains(p.Body, mark) && !strings.Contains(asked, mark) && !f.typed(asked, mark) {
				f.note(u, asked, "it knows of "+s.collection, mark)
			}
		}
	}
}

// typed says whether a word is in what forms carry, so that whoever sent another's form is shown it as what he typed himself.
func (f *fuzzer) typed(asked, mark string) bool {
	return strings.HasPrefix(asked, http.MethodPost) && slices.ContainsFunc(f.forms, func(form visit.Form) bool {
		return slices.ContainsFunc(form.Fields, func(x visit.Field) bool { return strings.Contains(x.Value, mark) || slices.Contains(x.Options, mark) })
	})
}

// note keeps one example of each finding.
func (f *fuzzer) note(u devissuer.User, asked, what, shown string) {
	method, path, _ := strings.Cut(asked, " ")
	key := what + " at " + method + " " + visit.Shape(path)
	if f.found[key] == "" {
		f.found[key] = fmt.Sprintf("%s: %.300s: %s", u.Name, asked, shown)
	}
}
