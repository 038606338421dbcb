package rest

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/pkg/table"
	"github.com/bitacora-salud/bitacora/services/asset/internal/unit"
)

type importInput struct {
	DryRun  bool   `query:"dry_run" doc:"Only say what would happen"`
	RawBody []byte `contentType:"application/octet-stream"`
}

type importOutput struct {
	Body table.Report
}

// maxImport bounds an uploaded file: the whole national catalogue is about 25 MB.
const maxImport = 64 << 20

// importTimeout bounds an import of that size.
const importTimeout = 10 * time.Minute

func unitImports(s *service.Service, c *docstore.Collection[unit.Unit], do unit.Commands) {
	op := rest.Op{ID: "unit.import", Roles: auth.Roles{auth.Admin}, Path: "/v1/units/import", Method: http.MethodPost, Summary: "Import units from a file (CSV, XLSX)",
		Description: "Takes the official CLUES layout and the short one by their headings, which stand in one of the first 20 rows. Separator (comma, semicolon, tab, bar), line ends and encoding (UTF-8, UTF-16, Windows-1252) of a text are told by content; of a workbook (.xlsx) every sheet that has the headings is read. Rows that a quotation mark has made one value of are rejected, each of them. Every row is accounted for: created, changed, unchanged, or rejected with its number, column and reason. What a file lacks is never blanked; importing the same file again changes nothing.",
		MaxBody:     maxImport, Timeout: importTimeout}
	rest.Handle(s.Rest, op, func(ctx context.Context, in *importInput) (*importOutput, error) {
		report, err := unit.Importer{Commands: do, Existing: existing(c), Taken: takenBy("unit")}.Import(ctx, in.RawBody, in.DryRun)
		if err != nil {
			return nil, err
		}
		return &importOutput{*report}, nil
	})
}

// existing finds units by the CLUES that they have, or that they are called by, however it is spelt, and by their keys of the institution.
func existing(c *docstore.Collection[unit.Unit]) func(ctx context.Context, clues, keys []string) ([]*unit.Unit, error) {
	return func(ctx context.Context, clues, keys []string) ([]*unit.Unit, error) {
		found, err := c.LoadMany(ctx, clues)
		if err != nil {
			return nil, err
		}
		for field, values := range map[string][]string{"clues": clues, docstore.KeyField(unit.IDKey): clues, docstore.KeyField(unit.InstituteKey): keys} {
			if len(values) == 0 {
				continue
			}
			in := docstore.Condition{Field: field}
			for _, v := range values {
				in.In = append(in.In, v)
			}
			page, err := c.Find(ctx, docstore.Query{Where: []docstore.Condition{in}, Limit: len(values)})
			if err != nil {
				return nil, err
			}
			for _, d := range page.Docs {
				found[d.ID] = &d
			}
		}
		out := make([]*unit.Unit, 0, len(found))
		for _, d := range found {
			out = append(out, &d.State)
		}
		return out, nil
	}
}

// takenBy makes the reason why a row with a key that another document has is rejected.
func takenBy(what string) func(error) *fault.Error {
	return func(err error) *fault.Error {
		exists, ok := errors.AsType[*docstore.ErrExists](err)
		if !ok {
			return nil
		}
		refused := fault.Conflictf("already-exists", "", "another %s has this %s", what, exists.Key)
		refused.Field, refused.Rule = exists.Key, cmp.Or(exists.Rule, refused.Rule)
		return refused
	}
}
