package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/asset/internal/asset"
)

// maxDuplicates bounds how many an answer names.
const maxDuplicates = 20

// duplicates names, beside an asset that is marked as one, the others in the caller's scope that have its serial number or its tag.
func duplicates(c *docstore.Collection[asset.Asset], nones mx.Nones) func(context.Context, string, []byte) ([]byte, error) {
	by := map[string]string{asset.PossibleDuplicate: asset.SerialKey, asset.SerialTaken: asset.SerialKey, asset.TagTaken: asset.TagKey}
	return func(ctx context.Context, id string, state []byte) ([]byte, error) {
		if !bytes.Contains(state, []byte(`"discrepancies":[`)) {
			return nil, nil // nearly always
		}
		var a asset.Asset
		if err := json.Unmarshal(state, &a); err != nil {
			return nil, fmt.Errorf("decode asset %s: %w", id, err)
		}
		keys, ids := asset.Keys(nones)(&a), []string{}
		for _, mark := range a.Discrepancies {
			key := keys[by[mark]]
			if key == "" {
				continue
			}
			page, err := c.Find(ctx, docstore.Query{Where: []docstore.Condition{docstore.Eq(docstore.KeyField(by[mark]), key)}, Limit: maxDuplicates + 1})
			if err != nil {
				return nil, err
			}
			for _, d := range page.Docs {
				if d.ID != id && !slices.Contains(ids, d.ID) && len(ids) < maxDuplicates {
					ids = append(ids, d.ID)
				}
			}
		}
		if len(ids) == 0 {
			return nil, nil
		}
		list, err := json.Marshal(ids)
		return append([]byte(`"possible_duplicates":`), list...), err
	}
}
