package rest

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
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
		report, err := unit.Importer{Commands: do, Existing: func(ctx context.Context, ids []string) (map[string]*unit.Unit, error) {
			docs, err := c.LoadMany(ctx, ids)
			out := make(map[string]*unit.Unit, len(docs))
			for id, d := range docs {
				out[id] = &d.State
			}
			return out, err
		}}.Import(ctx, bytes.NewReader(in.RawBody), in.DryRun)
		if err != nil {
			return nil, err
		}
		return &importOutput{*report}, nil
	})
}
