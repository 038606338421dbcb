package attack

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/server"
)

// secret is a document, and who may know that it exists: those with a grant at one of its places, or in the nation.
type secret struct {
	collection, id string
	places         []string
	// staff: the institution's own people all may.
	staff bool
	// marks are words that no answer to anybody else may hold.
	marks []string
}

// known says whether a demo user may know of a document.
func (s secret) known(u devissuer.User) bool {
	return slices.ContainsFunc(u.Grants, func(grant string) bool {
		role, place, _ := strings.Cut(grant, "@")
		return place == "nation" || slices.Contains(s.places, place) || s.staff && role != "contractor" && role != "technician"
	})
}

// prober is a run of probes.
type prober struct {
	ctx context.Context
	*house
	users   []devissuer.User
	ops     []operation
	secrets []secret
	r       *Result
	asked   int
}

// probes probes as every demo user.
func probes(ctx context.Context, cfg Config, _ *rand.Rand) (*Result, error) {
	ops, err := operations(cfg.Specs)
	if err != nil {
		return nil, err
	}
	return alone(ctx, cfg, cfg.dir("probes"), func(_ *server.Server, h *house) (*Result, error) {
		p := &prober{ctx: ctx, house: h, users: devissuer.Users(), ops: ops, r: &Result{}}
		return p.r, p.run()
	})
}

// run asks every operation as each of the users about every document that this one may not know of: the answer must be, to the letter, the
// one about what does not exist; no listing, however filtered, may hold a trace of it; and what is written must leave it as it was.
func (p *prober) run() error {
	if err := p.plant(); err != nil {
		return fmt.Errorf("plant: %w", err)
	}
	before, err := p.versions()
	if err != nil {
		return err
	}
	for _, u := range p.users {
		for _, op := range p.ops {
			if err := p.probe(u, op); err != nil {
				return err
			}
		}
		if err := p.smuggle(u); err != nil {
			return err
		}
	}
	after, err := p.versions()
	for id, version := range before {
		if err == nil && after[id] != version {
			p.r.found("%s was version %s and is %s after the probes", id, version, after[id])
		}
	}
	p.r.Count = fmt.Sprintf("%d requests: %d operations as %d users about %d documents", p.asked, len(p.ops), len(p.users), len(p.secrets))
	return err
}

// send asks once; refused and answered alike are fine.
func (p *prober) send(user, method, path string, body any) (*client.Answer, error) {
	p.asked++
	q := client.Request{User: user, Method: method, Path: path, Body: body}
	if method == http.MethodPatch {
		q.Version = 1
	}
	return p.once.Do(p.ctx, q)
}

var requestID = regexp.MustCompile(`urn:bitacora:request:[^"]+`)

// probe asks one operation as one user.
func (p *prober) probe(u devissuer.User, op operation) error {
	collection, named := op.collection()
	if !named {
		if op.method == http.MethodGet {
			return p.list(u, op)
		}
		return nil // what makes documents is smuggle's
	}
	for _, s := range p.secrets {
		if s.collection != collection || s.known(u) {
			continue
		}
		ghost := uuid.Must(uuid.NewV7()).String()
		switch collection {
		case "units", "status/units":
			ghost = "BSIST999999"
		case "status/offices":
			ghost = "no-such-office"
		}
		for _, body := range bodies(op) {
			there, err := p.send(u.Name, op.method, op.at(s.id), body)
			if err != nil {
				return err
			}
			none, err := p.send(u.Name, op.method, op.at(ghost), body)
			if err != nil {
				return err
			}
			said := requestID.ReplaceAllString(string(there.Body), "")
			if there.Status < 400 || there.Status >= 500 || there.Status != none.Status || said != requestID.ReplaceAllString(string(none.Body), "") {
				p.r.found("%s %s as %s: %s; of what does not exist: %s", op.method, op.at(s.id), u.Name, there, none)
			}
		}
	}
	return nil
}

// bodies are what an operation is sent: nothing in particular, and the smallest thing that it takes.
func bodies(op operation) []any {
	if op.method == http.MethodGet {
		return []any{nil}
	}
	return []any{object{}, op.body}
}

// list asks for a listing as it is, and with each of its filters set to what somebody else's documents say.
func (p *prober) list(u devissuer.User, op operation) error {
	queries := []string{"?limit=200"}
	for _, name := range op.queries {
		for _, s := range p.secrets {
			if value := s.value(name); value != "" && !s.known(u) {
				queries = append(queries, "?limit=200&"+name+"="+url.QueryEscape(value))
			}
		}
	}
	if strings.HasPrefix(op.path, "/v1/status/") {
		queries = []string{""}
	}
	slices.Sort(queries)
	for _, q := range slices.Compact(queries) {
		a, err := p.send(u.Name, op.method, op.path+q, nil)
		if err != nil {
			return err
		}
		if a.Status >= 500 {
			p.r.found("GET %s%s as %s: %s", op.path, q, u.Name, a)
		}
		for _, s := range p.secrets {
			for _, mark := range s.marks {
				if !s.known(u) && a.Status < 300 && strings.Contains(string(a.Body), mark) {
					p.r.found("GET %s%s as %s shows %s of %s/%s", op.path, q, u.Name, mark, s.collection, s.id)
				}
			}
		}
	}
	return nil
}

// value is what a filter of that name would be set to by somebody who looks for the document; "" where there is nothing.
func (s secret) value(filter string) string {
	for _, place := range s.places {
		kind, key, _ := strings.Cut(place, ":")
		if filter == kind || filter == kind+"_id" || filter == "supplier_id" && kind == "contractor" {
			return key
		}
	}
	if filter == strings.TrimSuffix(strings.ReplaceAll(s.collection, "-", "_"), "s")+"_id" {
		return s.id
	}
	return ""
}

// smuggle writes documents that name somebody else's: none may be taken.
func (p *prober) smuggle(u devissuer.User) error {
	for _, unit := range p.secrets {
		if unit.collection != "units" || unit.known(u) {
			continue
		}
		for _, s := range p.secrets {
			if s.collection != "assets" || s.known(u) {
				continue
			}
			for path, body := range map[string]object{
				"/v1/assets":      {"unit_id": unit.id, "type_id": plantType},
				"/v1/deliveries":  {"unit_id": unit.id, "lines": []object{{"type_id": plantType, "quantity": 1}}},
				"/v1/work-orders": {"unit_id": unit.id, "type": "corrective", "priority": "medium", "target": object{"kind": "asset", "asset_id": s.id}},
			} {
				a, err := p.send(u.Name, http.MethodPost, path, body)
				if err != nil {
					return err
				}
				if a.Status < 400 || a.Status >= 500 {
					p.r.found("POST %s for %s and asset %s as %s: %s", path, unit.id, s.id, u.Name, a)
				}
			}
		}
	}
	return nil
}

// versions reads every document as an auditor, who may: what the probes may not have changed.
func (p *prober) versions() (map[string]string, error) {
	out := map[string]string{}
	for _, s := range p.secrets {
		if strings.HasPrefix(s.collection, "status") {
			continue
		}
		a, err := p.patient.Do(p.ctx, client.Request{User: "auditor", Method: http.MethodGet, Path: "/v1/" + s.collection + "/" + s.id})
		if err != nil {
			return nil, err
		}
		out[s.collection+"/"+s.id] = fmt.Sprint(a.Status, " ", a.Header.Get("ETag"))
	}
	return out, nil
}
