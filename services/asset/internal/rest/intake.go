package rest

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/pkg/table"
	"github.com/bitacora-salud/bitacora/services/asset/internal/asset"
	"github.com/bitacora-salud/bitacora/services/asset/internal/equipment"
	"github.com/bitacora-salud/bitacora/services/asset/internal/store"
	"github.com/bitacora-salud/bitacora/services/asset/internal/unit"
)

type assetImport struct {
	DryRun  bool     `query:"dry_run" doc:"Only say what would happen"`
	Sheet   string   `query:"sheet" maxLength:"100" doc:"Read this sheet of a workbook alone"`
	Heading int      `query:"heading" minimum:"0" maximum:"20" doc:"Row of the headings, where they are not found; of the sheet, or of a text"`
	Order   string   `query:"date_order" enum:"day_first,month_first" doc:"Which number of 03/04/2019 is the day; without it the file's own dates decide, and if they do not, such a date rejects its row"`
	Columns []string `query:"columns,explode" maxItems:"40" example:"[\"inventory_tag=6\"]" doc:"Positions of the columns, counted from 1, in place of what the headings of the sheet (or of a text) say"`
	Kinds   []string `query:"types,explode" maxItems:"200" example:"[\"DESFRIBILADOR=defibrillator\"]" doc:"What a type is called in the file, and the key of the type that is meant; for names that the catalogue does not know"`
	RawBody []byte   `contentType:"application/octet-stream"`
}

// maxAssetImport bounds an uploaded file: far above 200,000 rows, which is what is read.
const maxAssetImport = 64 << 20

func assetImports(s *service.Service, c *store.Collections, do asset.Commands) {
	op := rest.Op{ID: "asset.import", Roles: auth.Roles{auth.BiomedicalEngineer, auth.Admin}, Path: "/v1/assets/import", Method: http.MethodPost, Summary: "Import assets from a file (CSV, XLSX)",
		Description: "Takes an inventory by its headings, which stand in one of the first 20 rows of a text or of each sheet of a workbook. Every row is accounted for: created, changed, unchanged, or rejected with its number, column, value and reason; none is merged with another, guessed or lost. A row is about an asset that is there if it has its tag and unit, or, without a tag, if it says the same as one that was imported. What a file lacks is never blanked; the same file again changes nothing, and goes on where an import was cut short.",
		MaxBody:     maxAssetImport, Timeout: importTimeout}
	rest.Handle(s.Rest, op, func(ctx context.Context, in *assetImport) (*importOutput, error) {
		how, err := in.reading()
		if err != nil {
			return nil, err
		}
		// Each row is a command of its own, recognised by what it says: the request's would be remembered by every asset, and list all of them.
		ctx = caller.WithCommand(ctx, nil)
		report, err := asset.Importer{Commands: do, Known: register{c}, NewID: s.Store.NewID, Taken: takenBy("asset")}.Import(ctx, in.RawBody, how)
		if err != nil {
			return nil, err
		}
		return &importOutput{*report}, nil
	})
}

func (in *assetImport) reading() (asset.Reading, error) {
	how := asset.Reading{Options: table.Options{Order: table.Order(in.Order), Sheet: in.Sheet}, Kinds: map[string]string{}, DryRun: in.DryRun}
	positions := map[string]int{}
	for _, said := range in.Columns {
		name, at, _ := strings.Cut(said, "=")
		position, err := strconv.Atoi(at)
		if err != nil || position < 1 || !mx.Valid("asset_column", name) {
			return how, fault.Invalidf("columns", "column-unknown", "%.60q is no column with its position, such as inventory_tag=6", said).With(mx.Values("asset_column")...)
		}
		positions[name] = position
	}
	if in.Heading > 0 || len(positions) > 0 {
		how.Layouts = map[string]table.Layout{in.Sheet: {Row: in.Heading, Columns: positions}}
	}
	for _, said := range in.Kinds {
		at := strings.LastIndex(said, "=")
		if at < 1 {
			return how, fault.Invalidf("types", "type-unknown", "%.60q is no name with the key of a type, such as DESFRIBILADOR=defibrillator", said)
		}
		how.Kinds[said[:at]] = said[at+1:]
	}
	return how, nil
}

// register looks into the register for an import.
type register struct{ c *store.Collections }

func (r register) Units(ctx context.Context, keys []string) (found []*unit.Unit, err error) {
	for _, field := range []string{docstore.KeyField(unit.IDKey), "clues"} {
		err := r.c.Units.Stream(ctx, docstore.Query{Where: []docstore.Condition{oneOf(field, keys)}}, func(d docstore.Doc[unit.Unit]) error {
			found = append(found, &d.State)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (r register) Kinds(ctx context.Context) (all []*equipment.Type, err error) {
	err = r.c.Types.Stream(ctx, docstore.Query{}, func(d docstore.Doc[equipment.Type]) error {
		all = append(all, &d.State)
		return nil
	})
	return all, err
}

// Alike looks in the whole institution: a tag that is taken is taken, also out of the caller's sight.
func (r register) Alike(ctx context.Context, ids, tags, serials []string) ([]*asset.Asset, error) {
	ctx = caller.AsSystem(ctx, "asset.import")
	found, err := r.c.Assets.LoadMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	alike := map[string]*asset.Asset{}
	for id, d := range found {
		alike[id] = &d.State
	}
	for field, values := range map[string][]string{asset.TagKey: tags, asset.SerialKey: serials} {
		if len(values) == 0 {
			continue
		}
		err := r.c.Assets.Stream(ctx, docstore.Query{Where: []docstore.Condition{oneOf(docstore.KeyField(field), values)}}, func(d docstore.Doc[asset.Asset]) error {
			alike[d.ID] = &d.State
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return slices.Collect(maps.Values(alike)), nil
}

func oneOf(field string, values []string) docstore.Condition {
	in := docstore.Condition{Field: field}
	for _, v := range values {
		in.In = append(in.In, v)
	}
	return in
}

func (r register) Sees(ctx context.Context, a *asset.Asset) bool {
	access, ok := caller.AccessOf(ctx)
	return ok && access.Admits(a.Scopes())
}
