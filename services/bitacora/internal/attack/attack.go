// Package attack does to an installation of its own what an enemy, a power cut and a careless client do, at random from a seed, and says what
// it found. It serves on the loopback, under folders and databases of its own, and ends the processes that it started. It is a test's tool.
package attack

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
)

// Config is what an attack is given. Program, Specs, Folder and Out are required.
type Config struct {
	// Program is the single binary, Services the folder of the four services' programs ("" leaves out what needs MongoDB and Kafka).
	Program, Services string
	// Specs is the folder of the OpenAPI files.
	Specs string
	// Schemathesis is its command; "" leaves out what it does.
	Schemathesis string
	// Folder is where what is attacked keeps its data.
	Folder string
	// MongoURI and Brokers are real servers; "" leaves out what needs them. Name begins the names of all databases and topics there.
	MongoURI, Brokers, Name string
	// Seed makes the choices; a run with the same seed chooses the same.
	Seed uint64
	// Kills is how many processes are killed on each store and how often the power is cut, Requests how many requests schemathesis sends, Rounds how often each race is run.
	Kills, Requests, Rounds int
	// Pages is how many requests are sent to the console.
	Pages int
	// Harms matches the names of what may be done to folders, nil all of it; Folders is on how many it is, drawn by lot.
	Harms   *regexp.Regexp
	Folders int
	// Each bounds a kind that goes on until it has its count, Within all of them together: the last kind may have what the others left.
	Each, Within time.Duration
	Out          io.Writer
}

// Result is what a kind of attack did and found.
type Result struct {
	Kind  string
	Count string
	// Findings are what should not be so; a kind that did less than it was asked for says so here.
	Findings []string
	Took     time.Duration
}

// kind is one kind of attack on a store.
type kind struct {
	name string
	run  func(context.Context, Config, *rand.Rand) (*Result, error)
	// needs says what of the configuration must be there; "" when all is.
	needs func(Config) string
}

func nothing(Config) string { return "" }

var kinds = []kind{
	{"probes", probes, nothing},
	{"races", races, nothing},
	{"console", console, nothing},
	{"damaged-folders", damaged, nothing},
	{"kills-sqlite", killsAlone, nothing},
	{"kills-mongodb", killsApart, func(cfg Config) string {
		if cfg.MongoURI == "" || cfg.Brokers == "" || cfg.Services == "" {
			return "MONGODB_URI, KAFKA_BROKERS and the services' programs"
		}
		return ""
	}},
	{"power-cuts", powerCuts, canCutPower},
	{"schemathesis", fuzz, func(cfg Config) string {
		if cfg.Schemathesis == "" {
			return "schemathesis"
		}
		return ""
	}},
}

// Kinds names what there is.
func Kinds() (names []string) {
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// Run attacks in the kinds named, one after the other, and answers what each found. An error says that one could not be carried out.
func Run(ctx context.Context, cfg Config, names []string) (results []*Result, err error) {
	end := time.Now().Add(cfg.Within)
	each := cfg.Each
	for _, k := range kinds {
		if !slices.Contains(names, k.name) {
			continue
		}
		cfg.Each = min(each, time.Until(end))
		if k.name == kinds[len(kinds)-1].name {
			cfg.Each = time.Until(end)
		}
		if missing := k.needs(cfg); missing != "" {
			fmt.Fprintf(cfg.Out, "%s: left out: %s is needed\n", k.name, missing)
			continue
		}
		fmt.Fprintf(cfg.Out, "%s: seed %d\n", k.name, cfg.Seed)
		begun := time.Now()
		r, err := k.run(ctx, cfg, rand.New(rand.NewPCG(cfg.Seed, 0))) //nolint:gosec // choices of a test, not secrets
		if err != nil {
			return results, fmt.Errorf("%s: %w", k.name, err)
		}
		r.Kind, r.Took = k.name, time.Since(begun).Round(time.Second)
		results = append(results, r)
		fmt.Fprintf(cfg.Out, "%s\n", r)
	}
	return results, nil
}

// String is the result in lines.
func (r *Result) String() string {
	if len(r.Findings) == 0 {
		return fmt.Sprintf("%s: %s in %s: nothing found", r.Kind, r.Count, r.Took)
	}
	return fmt.Sprintf("%s: %s in %s: %d FINDINGS\n  %s", r.Kind, r.Count, r.Took, len(r.Findings), strings.Join(r.Findings, "\n  "))
}

// Row is the result as the row of a Markdown table.
func (r *Result) Row() string {
	found := "nothing"
	if len(r.Findings) > 0 {
		found = fmt.Sprintf("%d, of them: %s", len(r.Findings), strings.ReplaceAll(strings.ReplaceAll(r.Findings[0], "\n", " "), "|", "\\|"))
	}
	return fmt.Sprintf("| %s | %s | %s | %s |", r.Kind, r.Count, found, r.Took)
}

// found adds a finding.
func (r *Result) found(format string, args ...any) {
	r.Findings = append(r.Findings, fmt.Sprintf(format, args...))
}

type object = map[string]any

// ask sends a request and wants it done.
func ask(ctx context.Context, c *client.Client, user, method, path string, body any) (out object, err error) {
	_, err = c.Done(ctx, client.Request{User: user, Method: method, Path: path, Body: body}, &out)
	return out, err
}
