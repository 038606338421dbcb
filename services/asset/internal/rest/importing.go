package rest

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/asset/internal/unit"
)

type importInput struct {
	DryRun  bool   `query:"dry_run" doc:"Only say what would happen"`
	RawBody []byte `contentType:"text/csv"`
}

type importOutput struct {
	Body unit.Report
}

// maxImport bounds an uploaded file: the whole national catalogue is about 25 MB.
const maxImport = 64 << 20

// importTimeout bounds an import of that size.
const importTimeout = 10 * time.Minute

func imports(s *service.Service, c *docstore.Collection[unit.Unit], do unit.Commands) {
	op := rest.Op{ID: "unit.import", Path: "/v1/units/import", Method: http.MethodPost, Summary: "Import units from a CSV file",
		Description: "Takes the official CLUES layout and the short one by their headings. Every row is accounted for: created, changed, unchanged, or rejected with its number, column and reason. What a file lacks is never blanked; importing the same file again changes nothing.",
		MaxBody:     maxImport, Timeout: importTimeout}
	rest.Handle(s.Rest, op, func(ctx context.Context, in *importInput) (*importOutput, error) {
		report, err := unit.Importer{Commands: do, Existing: byCLUES(c), Refusal: taken}.Import(ctx, bytes.NewReader(in.RawBody), in.DryRun)
		if err != nil {
			return nil, err
		}
		return &importOutput{*report}, nil
	})
}

// byCLUES finds units by the CLUES that they have, or that they are called by.
func byCLUES(c *docstore.Collection[unit.Unit]) func(context.Context, []string) ([]*unit.Unit, error) {
	return func(ctx context.Context, clues []string) ([]*unit.Unit, error) {
		values := make([]any, len(clues))
		for i, v := range clues {
			values[i] = v
		}
		page, err := c.Find(ctx, docstore.Query{Where: []docstore.Condition{{Field: "clues", In: values}}, Limit: len(clues)})
		if err != nil {
			return nil, err
		}
		out := make([]*unit.Unit, 0, len(page.Docs))
		for i := range page.Docs {
			out = append(out, &page.Docs[i].State)
		}
		called, err := c.LoadMany(ctx, clues)
		for _, d := range called {
			if !slices.Contains(clues, d.State.CLUES) {
				out = append(out, &d.State)
			}
		}
		return out, err
	}
}

// taken is the reason why a row with a key that another unit has is rejected.
func taken(err error) *fault.Error {
	exists, ok := errors.AsType[*docstore.ErrExists](err)
	if !ok {
		return nil
	}
	return fault.Conflictf("already-exists", "", "another unit has this %s", exists.Key)
}
