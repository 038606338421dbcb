package rest

import (
	"context"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/program"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/store"
)

type programQuery struct {
	rest.Paging
	FiscalYear []int64 `query:"fiscal_year,explode"`
}

func programs(s *service.Service, all *store.Collections, do program.Commands) {
	c := all.Programs
	rest.Create(s.Rest, rest.Op{ID: "program.create", Roles: auth.Roles{auth.ContractAdministrator, auth.Admin}, Path: "/v1/programs", Summary: "Register a programme"}, c,
		func(ctx context.Context, id string, in *program.Create) error { return do.Create(ctx, id, *in) })
	rest.List[programQuery](s.Rest, rest.Op{ID: "program.list", Roles: auth.Everybody, Path: "/v1/programs", Summary: "List programmes"}, c, rest.Order{})
	rest.Read(s.Rest, rest.Op{ID: "program.read", Roles: auth.Everybody, Path: "/v1/programs/{id}", Summary: "Read a programme"}, c)
	rest.Change(s.Rest, rest.Op{ID: "program.change", Roles: auth.Roles{auth.ContractAdministrator, auth.Admin}, Path: "/v1/programs/{id}", Summary: "Change facts of a programme"}, c,
		func(ctx context.Context, id string, patch rest.Patch[program.Facts]) error {
			return do.Change(ctx, id, patch.Apply)
		})
	rest.Action(s.Rest, rest.Op{ID: "program.add_line", Roles: auth.Roles{auth.ContractAdministrator, auth.OfficeAdministrator, auth.Admin}, Path: "/v1/programs/{id}/add-line", Summary: "Plan work in a unit", ByRight: true,
		Description: "Adds a line to the programme; the answer is the programme, whose latest_line_id is the new line."}, c,
		func(ctx context.Context, id string, in *program.AddLine) error {
			in.LineID = all.Lines.NewID(ctx, in.LineID)
			return awaited(ctx, s, func(ctx context.Context) error { return do.AddLine(ctx, id, *in) })
		})
	service.History(s, rest.Op{ID: "program.history", Roles: auth.Everybody, Path: "/v1/programs/{id}/history", Summary: "What happened to a programme"}, c)
	lines(s, all.Lines)
}

type lineQuery struct {
	rest.Paging
	ProgramID []string `query:"program_id,explode"`
	UnitID    []string `query:"unit_id,explode"`
	Office    []string `query:"office,explode"`
	Element   []string `query:"element,explode" vocabulary:"area_element"`
	TypeKey   []string `query:"equipment_type_key,explode"`
	From      string   `query:"from" field:"-" format:"date" doc:"First day on which the work is to begin; with to, at most 186 days later. Without to, that many days"`
	To        string   `query:"to" field:"-" format:"date" doc:"Last day on which the work is to begin"`
}

// Where is what from and to mean together: the days on which work begins, each of which an index finds.
func (q *lineQuery) Where(context.Context) ([]docstore.Condition, error) {
	days, err := program.Days(q.From, q.To)
	if err != nil || days == nil {
		return nil, err
	}
	return []docstore.Condition{{Field: "planned_start", In: days}}, nil
}

// lines are read by the institution's own, each within their places: a contractor sees the orders that were given to it, not what is planned.
func lines(s *service.Service, c *docstore.Collection[program.Line]) {
	const one = "/v1/program-lines/{id}"
	rest.List[lineQuery](s.Rest, rest.Op{ID: "program_line.list", Roles: auth.Institution, Path: "/v1/program-lines", Summary: "List what is planned, by unit and time",
		Description: "Lines of all programmes. The orders that carry a line out are listed by their program_line_id."}, c, rest.Order{})
	rest.Read(s.Rest, rest.Op{ID: "program_line.read", Roles: auth.Institution, Path: one, Summary: "Read a line of a programme"}, c)
	service.History(s, rest.Op{ID: "program_line.history", Roles: auth.Institution, Path: one + "/history", Summary: "What happened to a line of a programme"}, c)
}
