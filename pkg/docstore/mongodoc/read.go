package mongodoc

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// withoutOutbox keeps what only the relay reads off the wire.
var withoutOutbox = bson.D{{Key: fieldOutbox, Value: 0}, {Key: fieldTouch, Value: 0}}

// maxIDs is how many documents one query asks for by id.
const maxIDs = 1000

// Load implements docstore.Driver.
func (d *Driver) Load(ctx context.Context, collection string, ids []string) ([]docstore.Document, error) {
	ctx, cancel := d.deadline(ctx)
	defer cancel()
	c := d.collection(collection)
	if len(ids) == 1 {
		raw, err := c.FindOne(ctx, bson.D{{Key: fieldID, Value: ids[0]}}, options.FindOne().SetProjection(withoutOutbox)).Raw()
		if errors.Is(err, mongo.ErrNoDocuments) {
			return nil, nil
		}
		if err != nil {
			return nil, fault(err)
		}
		s, err := fromBSON(raw)
		return []docstore.Document{s.Document}, err
	}
	out := make([]docstore.Document, 0, len(ids))
	for part := range slices.Chunk(ids, maxIDs) {
		err := collect(ctx, c.Collection, bson.D{{Key: fieldID, Value: bson.D{{Key: "$in", Value: part}}}},
			options.Find().SetProjection(withoutOutbox), func(_ bson.Raw, s stored) error {
				out = append(out, s.Document)
				return nil
			})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// collect calls each for all that a query finds.
func collect(ctx context.Context, c *mongo.Collection, filter any, opts *options.FindOptionsBuilder, each func(bson.Raw, stored) error) error {
	cursor, err := c.Find(ctx, filter, opts)
	if err != nil {
		return fault(err)
	}
	defer func() { _ = cursor.Close(context.WithoutCancel(ctx)) }() // what is left of it ends by itself
	for cursor.Next(ctx) {
		s, err := fromBSON(cursor.Current)
		if err != nil {
			return err
		}
		if err := each(cursor.Current, s); err != nil {
			return err
		}
	}
	return fault(cursor.Err())
}
