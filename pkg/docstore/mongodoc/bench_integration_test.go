//go:build integration

package mongodoc

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// sampleState is a state of the size of an asset's.
type sampleState struct {
	ID           string            `json:"id"`
	Unit         string            `json:"unit"`
	Type         string            `json:"equipment_type"`
	SerialNumber string            `json:"serial_number"`
	InventoryTag string            `json:"inventory_tag"`
	Brand        string            `json:"brand"`
	Model        string            `json:"model"`
	Functioning  string            `json:"functioning"`
	Custody      string            `json:"custody"`
	Price        int64             `json:"price_centavos"`
	ReceivedAt   event.Time        `json:"received_at"`
	Area         map[string]string `json:"area"`
	N            int64             `json:"n"`
}

func sampleOf(id string) *sampleState {
	return &sampleState{ID: id, Unit: "BSIST000014", Type: "0190b5a0-7c6b-7d2e-9a3b-0c6c5f5d2a11", SerialNumber: "SN-" + id, InventoryTag: "51.103." + id,
		Brand: "Hill-Rom", Model: "Progressa", Functioning: "works", Custody: "in_service", Price: 1234500, ReceivedAt: event.At(epoch),
		Area: map[string]string{"code": "QX-1", "name": "Quirófano 1"}}
}

// bench is one thing done by so many callers, in a store of its own.
type bench struct {
	store *docstore.Store
	docs  *docstore.Collection[sampleState]
	bare  *mongo.Collection
	ids   atomic.Int64
}

func newBench(b *testing.B) (*bench, context.Context) {
	d := opened(b)
	x := &bench{store: docstore.NewStore(d, docstore.Options{}), bare: d.db.Collection("bare")}
	x.docs = docstore.Open[sampleState](x.store, docstore.Spec{Name: "assets", Events: killEvents}, nil)
	ctx := caller.AsSystem(b.Context(), "bench")
	must(b, x.store.Migrate(ctx))
	return x, ctx
}

// race runs the contestants in turns of a quarter second each until b has enough and reports how often each was done in a second.
func race(b *testing.B, callers int, names []string, contestants ...func() error) {
	b.Helper()
	const turn, rounds = 250 * time.Millisecond, 12
	times, counts := make([]time.Duration, len(names)), make([]int64, len(names))
	for range rounds {
		for i, do := range contestants {
			var wg sync.WaitGroup
			start := time.Now()
			for range callers {
				wg.Go(func() {
					for time.Since(start) < turn {
						if err := do(); err != nil {
							b.Error(err)
							return
						}
						atomic.AddInt64(&counts[i], 1)
					}
				})
			}
			wg.Wait()
			times[i] += time.Since(start)
		}
	}
	for i, name := range names {
		b.ReportMetric(float64(counts[i])/times[i].Seconds(), name+"/s")
	}
	b.ReportMetric(0, "ns/op")
}

func BenchmarkMongoInsert(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			x, ctx := newBench(b)
			id := func() string { return fmt.Sprintf("%012d", x.ids.Add(1)) }
			race(b, callers, []string{"bare", "docstore"}, func() error {
				s := sampleOf(id())
				_, err := x.bare.InsertOne(ctx, bson.D{{Key: "_id", Value: s.ID}, {Key: "unit", Value: s.Unit}, {Key: "type", Value: s.Type}, {Key: "serial", Value: s.SerialNumber},
					{Key: "tag", Value: s.InventoryTag}, {Key: "brand", Value: s.Brand}, {Key: "model", Value: s.Model}, {Key: "functioning", Value: s.Functioning},
					{Key: "custody", Value: s.Custody}, {Key: "price", Value: s.Price}, {Key: "received", Value: s.ReceivedAt.String()},
					{Key: "area", Value: bson.D{{Key: "code", Value: s.Area["code"]}, {Key: "name", Value: s.Area["name"]}}}})
				return err
			}, func() error {
				s := sampleOf(id())
				return x.docs.Insert(ctx, s.ID, s, counted.New(countedChange{N: 1}))
			})
		})
	}
}

func BenchmarkMongoGet(b *testing.B) {
	for _, callers := range []int{1, 16} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			x, ctx := newBench(b)
			must(b, x.docs.Insert(ctx, "a", sampleOf("a")))
			handle := x.docs.Spec().Name
			bare := x.bare.Database().Collection(handle)
			race(b, callers, []string{"bare", "docstore"}, func() error {
				_, err := bare.FindOne(ctx, bson.D{{Key: "_id", Value: "a"}}).Raw()
				return err
			}, func() error {
				_, err := x.docs.Get(ctx, "a")
				return err
			})
		})
	}
}

// BenchmarkMongoHot has everyone change one document, alone and in a transaction with one of their own.
func BenchmarkMongoHot(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			x, ctx := newBench(b)
			must(b, x.docs.Insert(ctx, "hot", sampleOf("hot")))
			count := func(ctx context.Context, id string) error {
				return x.docs.Update(ctx, id, func(s *sampleState) ([]event.Event, error) { s.N++; return nil, nil })
			}
			race(b, callers, []string{"update", "atomic"}, func() error { return count(ctx, "hot") }, func() error {
				id := fmt.Sprint(x.ids.Add(1))
				return x.store.Atomic(ctx, func(ctx context.Context) error {
					if err := x.docs.Insert(ctx, id, sampleOf(id)); err != nil {
						return err
					}
					return count(ctx, "hot")
				})
			})
		})
	}
}

// BenchmarkMongoMany compares batches of inserts and puts with the driver's own.
func BenchmarkMongoMany(b *testing.B) {
	x, ctx := newBench(b)
	const batch = 500
	states := func() []*sampleState {
		out := make([]*sampleState, batch)
		for i := range out {
			out[i] = sampleOf(fmt.Sprintf("%012d", x.ids.Add(1)))
		}
		return out
	}
	stored := func(s *sampleState) bson.D {
		return bson.D{{Key: "_id", Value: s.ID}, {Key: "_version", Value: 1}, {Key: "unit", Value: s.Unit}, {Key: "type", Value: s.Type}, {Key: "serial", Value: s.SerialNumber},
			{Key: "tag", Value: s.InventoryTag}, {Key: "brand", Value: s.Brand}, {Key: "model", Value: s.Model}, {Key: "custody", Value: s.Custody}}
	}
	race(b, 1, []string{"bare-inserts", "inserts", "bare-puts", "puts"}, func() error {
		docs := make([]any, 0, batch)
		for _, s := range states() {
			docs = append(docs, stored(s))
		}
		_, err := x.bare.InsertMany(ctx, docs, options.InsertMany().SetOrdered(false))
		return err
	}, func() error {
		var docs []docstore.New[sampleState]
		for _, s := range states() {
			docs = append(docs, docstore.New[sampleState]{ID: s.ID, State: s})
		}
		for _, err := range x.docs.InsertMany(ctx, docs) {
			return err
		}
		return nil
	}, func() error {
		var models []mongo.WriteModel
		for _, s := range states() {
			models = append(models, mongo.NewReplaceOneModel().SetFilter(bson.D{{Key: "_id", Value: s.ID}, {Key: "_version", Value: bson.D{{Key: "$lt", Value: 1}}}}).
				SetReplacement(stored(s)).SetUpsert(true))
		}
		_, err := x.bare.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
		return err
	}, func() error {
		var docs []docstore.Versioned[sampleState]
		for _, s := range states() {
			docs = append(docs, docstore.Versioned[sampleState]{ID: s.ID, Version: 1, State: s})
		}
		_, err := x.docs.PutManyIfNewer(ctx, docs)
		return err
	})
}
