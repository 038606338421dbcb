package sqlitedoc_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// item has the size, the indexes and the scopes of an asset.
type item struct {
	ID        string     `json:"id"`
	UnitID    string     `json:"unit_id"`
	TypeID    string     `json:"equipment_type_id"`
	Condition string     `json:"condition"`
	Serial    string     `json:"serial_number,omitempty"`
	Created   event.Time `json:"created_at"`
	Places    []string   `json:"places"`
	Text      string     `json:"text"`
}

var (
	itemEvents  = event.NewSet(event.Assets, "asset")
	itemCreated = event.Define[map[string]int](itemEvents, "asset.bench_created", "A benchmark made an item.")
)

func itemSpec() docstore.Spec {
	return docstore.Spec{Name: "items", Events: itemEvents,
		Indexes: []docstore.Index{{Fields: []string{"unit_id"}}, {Fields: []string{"condition"}, Sort: "created_at", Desc: true},
			{Fields: []string{"equipment_type_id"}}, {Sort: "created_at", Desc: true}},
		Unique: []docstore.Unique{{Name: "serial_number", Fields: []string{"serial_number"}}}}
}

func newItem(n int64) *item {
	unit := n % 997
	return &item{ID: uuid.Must(uuid.NewV7()).String(), UnitID: fmt.Sprintf("BSIST%06d", unit), TypeID: fmt.Sprintf("type-%03d", n%211),
		Condition: []string{"working", "faulty", "quarantined", "working"}[n%4], Serial: fmt.Sprintf("SN-%d", n), Created: event.At(time.Now()),
		Places: []string{fmt.Sprintf("region:%d", unit%8), fmt.Sprintf("office:%d", unit%35), fmt.Sprintf("state:%02d", unit%32), fmt.Sprintf("unit:BSIST%06d", unit)},
		Text:   strings.Repeat("texto ", 80)}
}

func openItems(tb testing.TB) (*sqlitedoc.Driver, *docstore.Store, *docstore.Collection[item]) {
	d := openAt(tb, filepath.Join(tb.TempDir(), "store.db"))
	s := docstore.NewStore(d, docstore.Options{})
	items := docstore.Open(s, itemSpec(), func(x *item) []string { return append([]string{caller.Nation}, x.Places...) })
	if err := s.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return d, s, items
}

// bareInsert is a loop over the SQL driver with the same durability and the same kind of group commit, and nothing else.
func bareInsert(tb testing.TB, schema string) func(*item) error {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(tb.TempDir(), "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)")
	if err != nil {
		tb.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(schema); err != nil {
		tb.Fatal(err)
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	insert, err := conn.PrepareContext(context.Background(), "INSERT INTO items VALUES (?, 1, ?)")
	if err != nil {
		tb.Fatal(err)
	}
	type op struct {
		id, body string
		done     chan error
	}
	queue := make(chan op, 1024)
	stopped := make(chan struct{})
	exec := func(q string) {
		if _, err := conn.ExecContext(context.Background(), q); err != nil {
			panic(err)
		}
	}
	go func() {
		defer close(stopped)
		for o := range queue {
			batch := []op{}
			exec("BEGIN IMMEDIATE")
			for more := true; more; {
				exec("SAVEPOINT op")
				if _, err := insert.Exec(o.id, o.body); err != nil {
					panic(err)
				}
				exec("RELEASE op")
				batch = append(batch, o)
				select {
				case o, more = <-queue:
				default:
					more = false
				}
			}
			exec("COMMIT")
			for _, o := range batch {
				o.done <- nil
			}
		}
	}()
	tb.Cleanup(func() {
		close(queue)
		<-stopped
		_ = conn.Close()
		_ = db.Close()
	})
	return func(x *item) error {
		o := op{x.ID, fmt.Sprintf(`{"id":%q,"unit_id":%q,"equipment_type_id":%q,"condition":%q,"serial_number":%q,"created_at":%q,"text":%q}`,
			x.ID, x.UnitID, x.TypeID, x.Condition, x.Serial, x.Created, x.Text), make(chan error, 1)}
		queue <- o
		return <-o.done
	}
}

const bareSchema = `CREATE TABLE items (id TEXT PRIMARY KEY, version INTEGER, body TEXT)`

const bareIndexed = bareSchema + `;
CREATE INDEX a ON items (json_extract(body, '$.unit_id'), id);
CREATE INDEX b ON items (json_extract(body, '$.condition'), json_extract(body, '$.created_at'), id);
CREATE INDEX c ON items (json_extract(body, '$.equipment_type_id'), id);
CREATE INDEX d ON items (json_extract(body, '$.created_at'), id);
CREATE UNIQUE INDEX e ON items (json_extract(body, '$.serial_number'))`

// BenchmarkInsert compares one insert with event, scopes and indexes with the bare loop, with and without the same indexes.
func BenchmarkInsert(b *testing.B) {
	for _, callers := range []int{1, 64} {
		var n atomic.Int64
		run := func(name string, make_ func(b *testing.B) func(*item) error) {
			b.Run(fmt.Sprintf("%s/%d", name, callers), func(b *testing.B) {
				insert := make_(b)
				b.SetParallelism((callers + 1) / 2)
				if callers == 1 {
					for b.Loop() {
						if err := insert(newItem(n.Add(1))); err != nil {
							b.Fatal(err)
						}
					}
				} else {
					b.RunParallel(func(p *testing.PB) {
						for p.Next() {
							if err := insert(newItem(n.Add(1))); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
			})
		}
		run("bare", func(b *testing.B) func(*item) error { return bareInsert(b, bareSchema) })
		run("bare-indexed", func(b *testing.B) func(*item) error { return bareInsert(b, bareIndexed) })
		run("docstore", func(b *testing.B) func(*item) error {
			_, _, items := openItems(b)
			ctx := caller.AsSystem(context.Background(), "bench")
			return func(x *item) error { return items.Insert(ctx, x.ID, x, itemCreated.New(map[string]int{"n": 1})) }
		})
	}
}
