package attack

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/server"
)

// fuzzers are the demo users as whom requests are made up: between them they may run every operation.
var fuzzers = []string{"admin", "contracts", "engineer-bcs", "director-santa-rosalia", "contractor-a", "office-bcs", "planner", "technician", "requester-santa-rosalia", "auditor"}

// fuzz lets schemathesis make up requests from the OpenAPI files, as one user after the other, until there are as many as were asked for.
func fuzz(ctx context.Context, cfg Config, chance *rand.Rand) (*Result, error) {
	ops, err := operations(cfg.Specs)
	if err != nil {
		return nil, err
	}
	return alone(ctx, cfg, cfg.dir("fuzz"), func(s *server.Server, h *house) (*Result, error) {
		w := &judge{ops: ops, to: &url.URL{Scheme: "http", Host: s.Addr}, wrong: map[string]string{}, answered: map[int]int{}}
		if w.ids, err = population(ctx, h.patient, ops); err != nil {
			return nil, err
		}
		front := httptest.NewServer(w)
		defer front.Close()
		seed := chance.Uint32() % 1_000_000
		var mu sync.Mutex
		var said []string
		var lanes errgroup.Group
		lanes.SetLimit(3)
		until := time.Now().Add(cfg.Each)
		for n := 0; w.count() < cfg.Requests && time.Now().Before(until); n++ {
			lanes.Go(func() error {
				text := schemathesis(ctx, cfg, turn{services[n%len(services)], fuzzers[n/len(services)%len(fuzzers)], int(seed) + n}, front.URL, h.tokens)
				mu.Lock()
				defer mu.Unlock()
				if text != "" {
					said = append(said, text)
				}
				return nil
			})
		}
		_ = lanes.Wait() // what one says is in said
		r := &Result{Count: fmt.Sprintf("%d requests (answers by status: %s)", w.count(), w.table()), Findings: append(w.findings(), said...)}
		if w.count() < cfg.Requests {
			r.found("only %d of %d requests in %s", w.count(), cfg.Requests, cfg.Each)
		}
		return r, nil
	})
}

// turn is one run of schemathesis.
type turn struct {
	service, user string
	seed          int
}

// examples is how many requests are made up for each operation in a turn, beside those that try its bounds one by one.
const examples = "60"

// schemathesis runs once; what it finds against the description is answered.
func schemathesis(ctx context.Context, cfg Config, t turn, to string, tokens client.Tokens) string {
	token, err := tokens(t.user)
	if err != nil {
		return err.Error()
	}
	work, err := os.MkdirTemp(cfg.Folder, "schemathesis-")
	if err != nil {
		return err.Error()
	}
	c := exec.CommandContext(ctx, cfg.Schemathesis, "run", filepath.Join(cfg.Specs, t.service+".yaml"), "--url", to, "--header", "Authorization: Bearer "+token,
		"--phases", "coverage,fuzzing", "--max-examples", examples, "--seed", strconv.Itoa(t.seed), "--workers", "1", "--no-color", "--no-shrink",
		"--generation-database", "none", "--continue-on-failure", "--warnings", "off", "--request-timeout", "60", "--suppress-health-check", "all",
		"--checks", "response_schema_conformance,content_type_conformance,response_headers_conformance")
	var out bytes.Buffer
	c.Dir, c.Stdout, c.Stderr = work, &out, &out
	if err := c.Run(); err != nil {
		return fmt.Sprintf("%s as %s, seed %d: %v\n%.20000s", t.service, t.user, t.seed, err, out.String())
	}
	return ""
}

// judge stands before the installation and holds each answer's status against the description. The `default` answer of an operation is for
// what is the house's fault: here only 503 is taken for it. Ids that are made up name nothing: of two requests that carry one, the second is
// sent on about a document that there is.
type judge struct {
	ops []operation
	to  *url.URL
	ids map[string][]string // by collection

	mu       sync.Mutex
	n, sent  int
	wrong    map[string]string
	answered map[int]int
}

// ServeHTTP implements http.Handler.
func (j *judge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method, path, asked := r.Method, j.address(r.URL.Path), r.URL.RequestURI()
	if path != r.URL.Path {
		r.URL.Path, r.URL.RawPath = path, ""
	}
	proxy := httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(j.to) }, ModifyResponse: func(a *http.Response) error {
		j.note(method, path, a.StatusCode, asked)
		return nil
	}, ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
		if r.Context().Err() == nil { // the client is there and got no answer
			j.note(method, path, http.StatusBadGateway, asked+": "+err.Error())
		}
		w.WriteHeader(http.StatusBadGateway)
	}}
	proxy.ServeHTTP(w, r)
}

// address is the path that a request is sent on to.
func (j *judge) address(path string) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.sent++
	for _, o := range j.ops {
		collection, named := o.collection()
		if o.path == path { // "/v1/work-orders/sites" is no id
			return path
		}
		if known := j.ids[collection]; named && len(known) > 0 && j.sent%2 == 0 && o.matches.MatchString(path) {
			return o.at(known[j.sent/2%len(known)])
		}
	}
	return path
}

// population lists some documents of each collection.
func population(ctx context.Context, c *client.Client, ops []operation) (map[string][]string, error) {
	ids := map[string][]string{}
	setup := demo.Setup{Client: c, User: "auditor"}
	for _, o := range ops {
		if collection, named := o.collection(); !named && o.method == http.MethodGet && slices.Contains(o.queries, "limit") {
			listed, err := setup.Listed(ctx, o.path+"?limit=20", nil)
			if err != nil {
				return nil, err
			}
			ids[collection] = listed
		}
	}
	return ids, nil
}

// note judges one answer.
func (j *judge) note(method, path string, status int, said string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.n++
	j.answered[status]++
	i := slices.IndexFunc(j.ops, func(o operation) bool { return o.method == method && o.matches.MatchString(path) })
	what := "no such operation"
	ok := slices.Contains([]int{400, 401, 404, 405, 414, 431, 204, 200}, status) // also HEAD and OPTIONS
	if i >= 0 {
		what, ok = j.ops[i].id, slices.Contains(j.ops[i].statuses, strconv.Itoa(status))
	}
	if ok || status == http.StatusServiceUnavailable || status == http.StatusNotModified && method == http.MethodGet {
		return
	}
	key := fmt.Sprintf("%s: %d is not described", what, status)
	if j.wrong[key] == "" {
		j.wrong[key] = fmt.Sprintf("%s: %s %.300s", key, method, said)
	}
}

func (j *judge) count() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.n
}

func (j *judge) findings() []string { return slices.Sorted(maps.Values(j.wrong)) }

// table is how many answers had which status.
func (j *judge) table() string {
	var parts []string
	for _, s := range slices.Sorted(maps.Keys(j.answered)) {
		parts = append(parts, fmt.Sprintf("%d: %d", s, j.answered[s]))
	}
	return strings.Join(parts, ", ")
}
