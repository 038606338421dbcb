//go:build integration

package bench_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/mongodoc"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

// BenchmarkBudgetMongoDB measures on a MongoDB replica set and an Apache Kafka.
func BenchmarkBudgetMongoDB(b *testing.B) { all(b, onMongoDB) }

// onMongoDB is the ground of services that run as processes of their own.
func onMongoDB(tb testing.TB) *ground {
	g := &ground{brokers: testenv.Kafka(tb), dial: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, prefix: testenv.Name(tb) + "."}
	g.store = func(tb testing.TB) (docstore.Driver, string) {
		uri, name := testenv.Database(tb)
		d, err := mongodoc.Open(tb.Context(), mongodoc.Config{URI: uri, Database: name, Timeout: time.Minute}, slog.New(slog.DiscardHandler), nil)
		must(tb, err)
		stopped(tb, d.Close)
		return d, name
	}
	g.bare = newBareMongo
	return g.named(tb, "mongodb")
}

// bareMongo is a collection with the indexes of the service's, written as durably: by a majority, journalled.
type bareMongo struct{ assets *mongo.Collection }

func newBareMongo(tb testing.TB, place string) bare {
	uri, name := testenv.Database(tb)
	journal := true
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetBSONOptions(&options.BSONOptions{UseJSONStructTags: true}).
		SetWriteConcern(&writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: &journal}))
	must(tb, err)
	stopped(tb, client.Disconnect)
	there, err := client.Database(place).Collection("assets").Indexes().List(tb.Context())
	must(tb, err)
	var indexes bson.A
	for there.Next(tb.Context()) {
		if there.Current.Lookup("name").StringValue() != "_id_" {
			indexes = append(indexes, append(bson.Raw(nil), there.Current...))
		}
	}
	must(tb, there.Err())
	db := client.Database(name)
	if len(indexes) > 0 { // a service without assets has none
		must(tb, db.RunCommand(tb.Context(), bson.D{{Key: "createIndexes", Value: "assets"}, {Key: "indexes", Value: indexes}}).Err())
	}
	return &bareMongo{db.Collection("assets")}
}

func (b *bareMongo) insert(ctx context.Context, d *document) error {
	_, err := b.assets.InsertOne(ctx, d)
	return err
}

func (b *bareMongo) read(ctx context.Context, id string, to io.Writer) error {
	var d document
	if err := b.assets.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&d); err != nil {
		return err
	}
	return json.NewEncoder(to).Encode(&d)
}

func (b *bareMongo) list(ctx context.Context, scope, functioning string, to io.Writer) error {
	found, err := b.assets.Find(ctx, bson.D{{Key: "_scope", Value: scope}, {Key: "functioning.value", Value: functioning}},
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(50).SetHint("by:_scope,functioning.value,_id"))
	if err != nil {
		return err
	}
	var page struct {
		Items []document `json:"items"`
	}
	if err := found.All(ctx, &page.Items); err != nil {
		return err
	}
	return json.NewEncoder(to).Encode(&page)
}

func (b *bareMongo) fill(ctx context.Context, docs []document) error {
	_, err := b.assets.InsertMany(ctx, docs, options.InsertMany().SetOrdered(false))
	return err
}
