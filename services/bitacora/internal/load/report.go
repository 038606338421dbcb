package load

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// Report is what became of a load.
type Report struct {
	// Took is how long it was on.
	Took time.Duration
	// Requests were sent, of them Writes; each is counted once, however often it was tried.
	Requests, Writes int
	// Again are tries that were not answered with success, by what came instead.
	Again map[string]int
	// Failed are requests that were not answered with success after all tries, by what came instead.
	Failed map[string]int
	// P99 and Slowest are times from asking to the final answer.
	P99, Slowest time.Duration
	// Acknowledged are the newest acknowledged versions of all documents written, as marks.
	Acknowledged []string
	// Lost are those that are not there, Twice the registrations that are there more often than they were acknowledged or in doubt.
	Lost, Twice []string
	// CaughtUp is how long after the end the figures included what was acknowledged last; negative when they did not.
	CaughtUp time.Duration
}

// Repeated is the number of tries after which a request was sent again, or given up.
func (r *Report) Repeated() int { return total(r.Again) }

// Failures is the number of requests that failed.
func (r *Report) Failures() int { return total(r.Failed) }

// OK says that nothing failed, nothing is lost, nothing is there twice and the figures are complete.
func (r *Report) OK() bool {
	return r.Failures() == 0 && len(r.Lost) == 0 && len(r.Twice) == 0 && r.CaughtUp >= 0
}

func total(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// String is the report in lines.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%.0f s of load: %d requests, of them %d writes; 99 %% within %s, slowest %s\n", r.Took.Seconds(), r.Requests, r.Writes, r.P99, r.Slowest)
	for _, what := range slices.Sorted(maps.Keys(r.Again)) {
		fmt.Fprintf(&b, "  %5d tries: %s\n", r.Again[what], what)
	}
	for _, what := range slices.Sorted(maps.Keys(r.Failed)) {
		fmt.Fprintf(&b, "  %5d FAILED: %s\n", r.Failed[what], what)
	}
	for _, what := range r.Lost {
		fmt.Fprintf(&b, "  LOST: %s\n", what)
	}
	for _, what := range r.Twice {
		fmt.Fprintf(&b, "  TWICE: %s\n", what)
	}
	fmt.Fprintf(&b, "  %d of %d documents are there as acknowledged; ", len(r.Acknowledged)-len(r.Lost), len(r.Acknowledged))
	if r.CaughtUp < 0 {
		b.WriteString("the figures are NOT complete\n")
	} else {
		fmt.Fprintf(&b, "figures complete after %s\n", r.CaughtUp)
	}
	return b.String()
}

// Row is the report as the row of a Markdown table: what, requests and writes, tries again, failed, documents found, times.
func (r *Report) Row(title string) string {
	return fmt.Sprintf("| %s | %d, %d | %d | %d | %d of %d | %s, %s | %s |", title, r.Requests, r.Writes, r.Repeated(), r.Failures(),
		len(r.Acknowledged)-len(r.Lost), len(r.Acknowledged), seconds(r.P99), seconds(r.Slowest), seconds(r.CaughtUp))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// look makes the report.
func (l *load) look(ctx context.Context, took time.Duration) (*Report, error) {
	r := &Report{Took: took, Requests: l.reads + l.writes, Writes: l.writes, Again: l.witness.again, Failed: l.refused}
	if len(l.took) > 0 {
		slices.Sort(l.took)
		r.P99, r.Slowest = l.took[len(l.took)*99/100].Round(time.Millisecond), l.took[len(l.took)-1].Round(time.Millisecond)
	}
	for of, version := range l.versions {
		r.Acknowledged = append(r.Acknowledged, fmt.Sprintf("%s/%s@%d", of.kind, of.id, version))
	}
	slices.Sort(r.Acknowledged)
	r.CaughtUp = l.catchUp(ctx)
	r.Lost = l.lost(ctx)
	var err error
	r.Twice, err = l.twice(ctx)
	return r, err
}

// catchUp waits until the figures include the last writes.
func (l *load) catchUp(ctx context.Context) time.Duration {
	begun := l.Now()
	last := l.marks[max(0, len(l.marks)-20):] // as many as a question takes
	a, err := l.quiet.Do(ctx, client.Request{User: "planner", Method: http.MethodGet,
		Path: "/v1/status/units/" + demo.SantaRosalia + "?min_as_of=" + url.QueryEscape(strings.Join(last, ","))})
	if err != nil || a.Status != http.StatusOK {
		return -1
	}
	return l.Now().Sub(begun).Round(time.Millisecond)
}

// paths are where documents are read.
var paths = map[string]string{"asset": "/v1/assets/", "work_order": "/v1/work-orders/", "delivery": "/v1/deliveries/"}

// lost reads every document that was written and lists those that are not there, or older than acknowledged.
func (l *load) lost(ctx context.Context) (out []string) {
	var mu sync.Mutex
	var all errgroup.Group
	all.SetLimit(4)
	for of, version := range l.versions {
		all.Go(func() error {
			a, err := l.quiet.Do(ctx, client.Request{User: "auditor", Method: http.MethodGet, Path: paths[of.kind] + of.id})
			if err != nil || a.Status != http.StatusOK || a.Version() < version {
				mu.Lock()
				defer mu.Unlock()
				out = append(out, fmt.Sprintf("%s/%s@%d: %v, %v", of.kind, of.id, version, a, err))
			}
			return nil
		})
	}
	_ = all.Wait() // what is lost is in out
	return out
}

// twice lists assets of this run that nobody was told of: a repeated registration that was carried out twice. As many as there are
// registrations in doubt may be there.
func (l *load) twice(ctx context.Context) (out []string, err error) {
	assets, err := client.List[struct{ ID, Brand string }](ctx, l.quiet, "auditor", "/v1/assets", url.Values{"unit_id": {demo.SantaRosalia}, "type_key": {"hospital_bed"}})
	if err != nil {
		return nil, err
	}
	for _, a := range assets {
		if _, acknowledged := l.versions[aggregate{"asset", a.ID}]; a.Brand == l.name && !acknowledged {
			out = append(out, "asset/"+a.ID)
		}
	}
	if len(out) <= l.doubtful {
		return nil, nil
	}
	return out, nil
}
