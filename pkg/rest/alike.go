package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// maxAlike bounds the possible duplicates in an answer.
const maxAlike = 20

// likeness adds possible_duplicates to a document with discrepancies: the ids of those in the caller's scope with the same keys.
type likeness func(ctx context.Context, id string, doc state) (state, error)

// likenessOf makes the likeness of a collection. It changes nothing if the collection has no keys or the document no discrepancies.
func likenessOf[T any](c *docstore.Collection[T]) likeness {
	if len(c.Spec().Keys) == 0 {
		return func(_ context.Context, _ string, doc state) (state, error) { return doc, nil }
	}
	return func(ctx context.Context, id string, doc state) (state, error) {
		if !bytes.Contains(doc, []byte(`"discrepancies":[`)) {
			return doc, nil
		}
		var of T
		var marked struct {
			Discrepancies []string `json:"discrepancies"`
		}
		for _, to := range []any{&of, &marked} {
			if err := json.Unmarshal(doc, to); err != nil {
				return nil, fmt.Errorf("decode %s/%s: %w", c.Spec().Name, id, err)
			}
		}
		ids, err := c.Alike(ctx, id, &of, marked.Discrepancies, maxAlike)
		if err != nil || len(ids) == 0 {
			return doc, err
		}
		list, err := json.Marshal(ids)
		return slices.Concat(doc[:len(doc)-1], []byte(`,"possible_duplicates":`), list, []byte{'}'}), err
	}
}
