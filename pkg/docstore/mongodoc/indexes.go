package mongodoc

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// Names of indexes hold all that they are made of, so that a changed declaration is another index and those of the previous
// release stay as long as it runs.
const (
	orderPrefix  = "by:"
	uniquePrefix = "unique:"
	outboxIndex  = "outbox"
	idIndex      = "_id_"
)

// maxBuild bounds the building of one collection's indexes where the caller does not.
const maxBuild = time.Hour

// index is an index to be.
type index struct {
	name    string
	keys    bson.D
	unique  bool
	partial bson.D
}

// Migrate makes what is missing. Indexes are built beside running writers; it takes as long as that takes, or until ctx ends. It
// implements docstore.Driver.
func (d *Driver) Migrate(ctx context.Context, specs []docstore.Spec) error {
	defer d.watch(ctx)() // an index waits for every transaction on its collection
	for i := range specs {
		c := d.declare(specs[i].Name, &specs[i])
		missing, err := d.missing(ctx, c)
		if err != nil {
			return err
		}
		if len(missing) == 0 {
			continue
		}
		models := make([]mongo.IndexModel, len(missing))
		names := make([]string, len(missing))
		for j, ix := range missing {
			opts := options.Index().SetName(ix.name)
			if ix.unique {
				opts.SetUnique(true)
			}
			if ix.partial != nil {
				opts.SetPartialFilterExpression(ix.partial)
			}
			models[j], names[j] = mongo.IndexModel{Keys: ix.keys, Options: opts}, ix.name
		}
		if err := d.build(ctx, c, models); err != nil {
			return fmt.Errorf("make the indexes of %s: %w", specs[i].Name, err)
		}
		d.log.Info("indexes made", "collection", specs[i].Name, "indexes", names)
	}
	return nil
}

// build waits for the indexes without the deadline of ordinary calls.
func (d *Driver) build(ctx context.Context, c *collection, models []mongo.IndexModel) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, maxBuild)
		defer cancel()
	}
	_, err := c.Indexes().CreateMany(ctx, models)
	return fault(err)
}

// Check names the indexes that Migrate would make. It implements docstore.Driver.
func (d *Driver) Check(ctx context.Context, specs []docstore.Spec) error {
	var names []string
	for i := range specs {
		missing, err := d.missing(ctx, d.declare(specs[i].Name, &specs[i]))
		if err != nil {
			return err
		}
		for _, ix := range missing {
			names = append(names, specs[i].Name+"."+ix.name)
		}
	}
	if len(names) > 0 {
		return fmt.Errorf("mongodb database %s lacks the indexes %s: it must be migrated", d.db.Name(), strings.Join(names, " "))
	}
	return nil
}

// missing lists the declared indexes that the collection does not have.
func (d *Driver) missing(ctx context.Context, c *collection) ([]index, error) {
	ctx, cancel := d.deadline(ctx)
	defer cancel()
	there, err := c.Indexes().ListSpecifications(ctx)
	if err != nil {
		return nil, fault(err)
	}
	return slices.DeleteFunc(indexesOf(c.spec), func(ix index) bool {
		return slices.ContainsFunc(there, func(s mongo.IndexSpecification) bool { return s.Name == ix.name })
	}), nil
}

// indexesOf are the indexes that a declaration asks for: each order within scopes and without, each unique key, the outbox.
func indexesOf(spec *docstore.Spec) []index {
	out := []index{{
		name:    outboxIndex,
		keys:    bson.D{{Key: fieldOutbox + ".0.at", Value: 1}},
		partial: bson.D{{Key: fieldOutbox + ".0", Value: bson.D{{Key: "$exists", Value: true}}}},
	}}
	for _, ix := range append([]docstore.Index{{}}, spec.Indexes...) {
		for _, scoped := range []bool{true, false} {
			keys := keysOf(ix, scoped)
			name := orderName(keys)
			if name == idIndex || slices.ContainsFunc(out, func(o index) bool { return o.name == name }) {
				continue
			}
			out = append(out, index{name: name, keys: keys})
		}
	}
	for _, u := range spec.Unique {
		ix := index{name: uniquePrefix + u.Name + ":" + strings.Join(u.Fields, ","), unique: true}
		var present bson.A
		for _, f := range u.Fields {
			ix.keys = append(ix.keys, bson.E{Key: path(f), Value: 1})
			present = append(present, filled(path(f)))
		}
		for _, f := range u.Unless {
			present = append(present, bson.D{{Key: path(f), Value: nil}})
		}
		ix.partial = bson.D{{Key: "$and", Value: present}}
		out = append(out, ix)
	}
	return out
}

// filled is met where a field holds something: a text that is not empty, a number, or a truth value.
func filled(path string) bson.D {
	is := func(op string, value any) bson.D { return bson.D{{Key: path, Value: bson.D{{Key: op, Value: value}}}} }
	return bson.D{{Key: "$or", Value: bson.A{is("$gt", ""), is("$type", "number"), is("$type", "bool")}}}
}

// keysOf are an index's keys: what is compared first, then what is sorted by. Two arrays cannot share an index, so that one on an
// array field does without the scopes.
func keysOf(ix docstore.Index, scoped bool) bson.D {
	var fields []string
	if scoped && ix.Array == "" && !ix.Unscoped {
		fields = append(fields, fieldScope)
	}
	fields = append(fields, ix.Fields...)
	if ix.Array != "" {
		fields = append(fields, ix.Array)
	}
	if ix.Sort != "" {
		fields = append(fields, ix.Sort)
	}
	fields = append(fields, fieldID)
	keys := make(bson.D, 0, len(fields))
	for i, f := range fields {
		if !slices.Contains(fields[:i], f) {
			keys = append(keys, bson.E{Key: path(f), Value: 1})
		}
	}
	return keys
}

// orderName is the name of the index with these keys; that of _id alone every collection has.
func orderName(keys bson.D) string {
	if len(keys) == 1 {
		return idIndex
	}
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.Key
	}
	return orderPrefix + strings.Join(names, ",")
}
