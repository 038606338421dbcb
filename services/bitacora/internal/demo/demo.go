// Package demo loads the demonstration into an installation, through the same REST interface as any client. Every step goes under a
// fixed id and Idempotency-Key: cut off anywhere and begun again, it adds what is missing and nothing twice.
package demo

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
)

const (
	// SantaRosalia is the unit that the article is about.
	SantaRosalia = "BSIST000014"
	// admin is the user who loads it.
	admin = "admin"
)

// Load loads the demonstration into the installation at base ("http://127.0.0.1:8080"); token answers a demo user's bearer token.
func Load(ctx context.Context, base string, token func(user string) (string, error)) error {
	c := client.New(client.Config{Base: func(string) string { return base }, Tokens: token})
	defer c.Close()
	s := Setup{Client: c, User: admin}
	for _, step := range []struct {
		name string
		run  func(context.Context, Setup) error
	}{{"units", units}, {"equipment types", types}, {"contractors", contractors}, {"contract", contract}, {"programme", program}, {"assets", assets}, {"figures", figures}} {
		if err := step.run(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

// units imports the real units and registers those of Mulegé with their areas.
func units(ctx context.Context, s Setup) error {
	file, err := Units()
	if err != nil {
		return err
	}
	var report struct {
		Rejected int `json:"rejected"`
		Errors   []struct {
			Row    int    `json:"row"`
			Reason string `json:"reason"`
		} `json:"errors"`
	}
	if _, err := s.Client.Done(ctx, client.Request{User: s.User, Method: http.MethodPost, Path: "/v1/units/import", Key: "demo/units", CSV: file}, &report); err != nil {
		return err
	}
	if report.Rejected > 0 {
		return fmt.Errorf("import: %d rows rejected, the first in row %d: %s", report.Rejected, report.Errors[0].Row, report.Errors[0].Reason)
	}
	places, err := Places()
	if err != nil {
		return err
	}
	for _, p := range places {
		if _, err := s.Unit(ctx, p.ID()); err != nil {
			return err
		}
		for _, name := range p.Areas {
			if _, err := s.Area(ctx, p.ID(), name); err != nil {
				return err
			}
		}
	}
	return nil
}

// figuresLimit bounds the wait for the figures; they come by themselves, also after it.
const figuresLimit = 30 * time.Second

// figures waits until the nation's figures count the units, so that whoever looks first sees the whole.
func figures(ctx context.Context, s Setup) error {
	units, err := countOwn(ctx, s)
	if err != nil {
		return err
	}
	_ = client.Until(ctx, figuresLimit, func() (bool, error) {
		var nation struct {
			Units int `json:"units"`
		}
		return s.Client.Get(ctx, s.User, "/v1/status/nation", &nation) == nil && nation.Units >= units, nil
	}) // they come by themselves, also after it
	return nil
}

// countOwn counts the institution's own medical units that the nation's totals count.
func countOwn(ctx context.Context, s Setup) (n int, err error) {
	units, err := client.List[struct {
		Own   bool   `json:"own"`
		State string `json:"operation_state"`
	}](ctx, s.Client, s.User, "/v1/units", url.Values{"kind": {"medical_unit"}})
	for _, u := range units {
		if u.Own && u.State != "planned" && u.State != "closed" {
			n++
		}
	}
	return n, err
}

func types(ctx context.Context, s Setup) error {
	list, err := Types()
	if err != nil {
		return err
	}
	for _, t := range list {
		if _, err := s.Type(ctx, fmt.Sprint(t["key"])); err != nil {
			return err
		}
	}
	return nil
}

// ContractorName is the made-up name of a contractor of the demonstration: "A" or "B".
func ContractorName(letter string) string { return "Contratista " + letter + " (demostración)" }

func contractors(ctx context.Context, s Setup) error {
	if err := s.Contractor(ctx, devissuer.DemoContractorA, ContractorName("A")); err != nil {
		return err
	}
	return s.Contractor(ctx, devissuer.DemoContractorB, ContractorName("B"))
}

func pesos(n int) map[string]any { return map[string]any{"amount_cents": n * 100, "currency": "MXN"} }

// The demonstration's contract runs beyond 2025, so that orders can be assigned under it today.
const firstYear, lastYear = 2025, 2030

// contract registers a contract of made-up terms, with a budget for each year, and appoints who may commit its money.
func contract(ctx context.Context, s Setup) error {
	var lots []any
	for year := firstYear; year <= lastYear; year++ {
		lots = append(lots, map[string]any{"fiscal_year": year, "lot": 1, "min_amount": pesos(4_000_000), "max_amount": pesos(10_000_000)})
	}
	id := ContractID
	_, err := s.Ensure(ctx, "demo/contract", "/v1/contracts", map[string]any{
		"id": id, "number": "DEMO-CNM-2025", "name": "Contrato Nacional de Mantenimiento 2025 (demostración: términos y montos inventados)",
		"kind": "maintenance", "contractor_id": devissuer.DemoContractorA, "legal_regime": "other", "open_contract": true,
		"valid_from": fmt.Sprintf("%d-01-01", firstYear), "valid_to": fmt.Sprintf("%d-12-31", lastYear), "coverage": map[string]any{"nation": true}, "lots": lots})
	if err != nil {
		return err
	}
	return s.Appoint(ctx, "demo/appointment", AppointmentID, "contracts", id, fmt.Sprintf("%d-01-01", firstYear))
}

// program registers the programme with a line for the bathrooms of Santa Rosalía; the quantity is made up.
func program(ctx context.Context, s Setup) error {
	id, err := s.Program(ctx)
	if err != nil {
		return err
	}
	area, err := s.Area(ctx, SantaRosalia, "Baños")
	if err != nil {
		return err
	}
	_, err = s.Ensure(ctx, "demo/program-line", "/v1/programs/"+id+"/add-line", map[string]any{
		"line_id": fixedID(seriesLines, 1), "unit_id": SantaRosalia, "area_id": area, "element": "floors",
		"description": "Sustitución de pisos en baños (cantidad inventada)", "quantity": 42.5, "measure_unit": "m2",
		"planned_start": "2025-08-01", "planned_end": "2025-12-15"})
	return err
}

// assets registers the power plant.
func assets(ctx context.Context, s Setup) error {
	kind, err := s.Type(ctx, "power_plant")
	if err != nil {
		return err
	}
	area, err := s.Area(ctx, SantaRosalia, "Casa de máquinas")
	if err != nil {
		return err
	}
	_, err = s.Ensure(ctx, "demo/power-plant", "/v1/assets", map[string]any{"id": PlantID, "unit_id": SantaRosalia, "type_id": kind,
		"area_id": area, "functioning": "working", "use": "in_use"})
	return err
}
