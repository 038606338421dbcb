package mongodoc

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// One command carries at most so many writes and bytes: the server's bound is 48 MB, and a deadline must suffice for it.
const (
	maxBatch      = 1000
	maxBatchBytes = 24 << 20
)

// batch is what one command carries: writes of one collection, all inserts or none, and their places in the caller's list.
type batch struct {
	collection *collection
	models     []mongo.WriteModel
	sentences  []sentence
	at         []int
	bytes      int
}

// ApplyMany carries out each write for itself, in one unordered command for each collection and up to a thousand inserts or updates.
// It implements docstore.Driver.
func (d *Driver) ApplyMany(ctx context.Context, writes []docstore.Write) (errs []error) {
	out := make([]error, len(writes))
	failed := false
	fail := func(i int, err error) { out[i], failed = err, true }
	type kind struct {
		collection string
		inserts    bool
	}
	open := map[kind]*batch{}
	for i := range writes {
		w := &writes[i]
		s, err := d.prepare(w)
		if err != nil {
			fail(i, err)
			continue
		}
		k := kind{w.Collection, w.Kind == docstore.Insert}
		b := open[k]
		if b == nil {
			b = &batch{collection: s.collection}
			open[k] = b
		}
		b.add(i, &s)
		if b.full() {
			d.flush(ctx, b, fail)
			delete(open, k)
		}
	}
	for _, b := range open {
		d.flush(ctx, b, fail)
	}
	if !failed {
		return nil
	}
	return out
}

func (b *batch) add(i int, s *sentence) {
	var model mongo.WriteModel
	switch s.kind {
	case docstore.Insert:
		model = mongo.NewInsertOneModel().SetDocument(s.doc)
	case docstore.Put:
		model = mongo.NewUpdateOneModel().SetFilter(s.filter).SetUpdate(s.pipeline).SetUpsert(true)
	case docstore.Remove:
		model = mongo.NewDeleteOneModel().SetFilter(s.filter)
	default:
		model = mongo.NewUpdateOneModel().SetFilter(s.filter).SetUpdate(orRefuse(s.update)).SetUpsert(true)
	}
	b.models, b.sentences, b.at = append(b.models, model), append(b.sentences, *s), append(b.at, i)
	b.bytes += len(s.doc) + len(s.update) + len(s.pipeline)
}

func (b *batch) full() bool { return len(b.at) == maxBatch || b.bytes > maxBatchBytes }

// orRefuse adds to an update what makes the server refuse it where it matches nothing. The answer to a bulk of updates only counts
// matches, but it does name each refusal: so the update is sent as an upsert whose insertion would change the _id that the filter
// demands, which is an error (66). Nothing is ever inserted.
func orRefuse(update bson.Raw) bson.Raw {
	start, b := bsoncore.AppendDocumentStart(make([]byte, 0, len(update)+32))
	b = append(b, update[4:len(update)-1]...)
	b = subdocument(b, "$setOnInsert", func(b []byte) []byte { return bsoncore.AppendNullElement(b, fieldID) })
	return closed(b, start)
}

// flush sends a batch and tells fail what was not written.
func (d *Driver) flush(ctx context.Context, b *batch, fail func(int, error)) {
	ctx, cancel := d.deadline(ctx)
	defer cancel()
	defer d.watch(ctx)()
	_, err := b.collection.BulkWrite(ctx, b.models, options.BulkWrite().SetOrdered(false))
	if err == nil {
		return
	}
	refused, known := refusals(err)
	if !known {
		for _, i := range b.at {
			fail(i, fault(err))
		}
		return
	}
	for _, e := range refused {
		fail(b.at[e.Index], refusal(&b.sentences[e.Index], e))
	}
}
