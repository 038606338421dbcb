package bench_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the bare driver

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
)

// onSQLite is the single binary's ground.
func onSQLite(tb testing.TB) *ground {
	g := &ground{store: func(tb testing.TB) (docstore.Driver, string) {
		path := filepath.Join(tb.TempDir(), "documents.db")
		d, err := sqlitedoc.Open(tb.Context(), sqlitedoc.Config{Path: path})
		must(tb, err)
		stopped(tb, d.Close)
		return d, path
	}, bare: newBareSQLite}
	embeddedBroker(tb, g)
	return g.named(tb, "sqlite")
}

// bareSQLite is one table of JSON texts with the service's expression indexes and its pragmas (WAL, synchronous=FULL), and two more
// indexes for its list. It has neither the table of scopes nor the outbox. One goroutine writes; all that waits shares a commit, each
// in a SAVEPOINT of its own.
type bareSQLite struct {
	db     *sql.DB
	get    *sql.Stmt
	list50 map[string]*sql.Stmt
	queue  chan insertion
}

type insertion struct {
	id, body string
	done     chan error
}

func newBareSQLite(tb testing.TB, place string) bare {
	q := url.Values{"_pragma": {"page_size(2048)", "busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "temp_store(MEMORY)",
		"cache_size(-16384)", "wal_autocheckpoint(8000)"}}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(tb.TempDir(), "bare.db")+"?"+q.Encode())
	must(tb, err)
	db.SetMaxOpenConns(5) // as many as the service's: four readers and the writer
	db.SetMaxIdleConns(5)
	exec := func(query string) {
		_, err := db.ExecContext(tb.Context(), query)
		must(tb, err)
	}
	exec(`CREATE TABLE assets (id TEXT PRIMARY KEY, version INTEGER, body TEXT)`)
	for _, index := range indexesOf(tb, place) {
		exec(index)
	}
	b := &bareSQLite{db: db, list50: map[string]*sql.Stmt{}, queue: make(chan insertion, 1024)}
	for kind, field := range map[string]string{"office": "office", "unit": "unit_id"} {
		expr := fmt.Sprintf("json_extract(body, '$.%s'), json_extract(body, '$.functioning.value')", field)
		exec(fmt.Sprintf("CREATE INDEX of_%s ON assets (%s, id)", kind, expr))
		b.list50[kind], err = db.PrepareContext(tb.Context(), fmt.Sprintf("SELECT body FROM assets INDEXED BY of_%s WHERE (%s) = (?, ?) ORDER BY id LIMIT 50", kind, expr))
		must(tb, err)
	}
	b.get, err = db.PrepareContext(tb.Context(), "SELECT body FROM assets WHERE id = ?")
	must(tb, err)
	conn, err := db.Conn(tb.Context())
	must(tb, err)
	insert, err := conn.PrepareContext(tb.Context(), "INSERT INTO assets VALUES (?, 1, ?)")
	must(tb, err)
	written := make(chan struct{})
	go func() {
		defer close(written)
		for first := range b.queue {
			b.batch(conn, insert, first)
		}
	}()
	tb.Cleanup(func() {
		close(b.queue)
		<-written
		_ = conn.Close()
		_ = db.Close()
	})
	return b
}

// indexesOf are the expression indexes of the service's table, word for word.
func indexesOf(tb testing.TB, path string) (out []string) {
	db, err := sql.Open("sqlite", "file:"+path)
	must(tb, err)
	defer func() { must(tb, db.Close()) }()
	rows, err := db.QueryContext(tb.Context(), "SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'assets' AND sql IS NOT NULL")
	must(tb, err)
	for rows.Next() {
		var text string
		must(tb, rows.Scan(&text))
		out = append(out, text)
	}
	must(tb, rows.Err())
	must(tb, rows.Close())
	return out
}

func (b *bareSQLite) batch(conn *sql.Conn, insert *sql.Stmt, first insertion) {
	ctx := context.Background()
	batch := []insertion{}
	_, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE")
	for more := true; more && err == nil; {
		batch = append(batch, first)
		if _, err = conn.ExecContext(ctx, "SAVEPOINT op"); err == nil {
			_, err = insert.ExecContext(ctx, first.id, first.body)
		}
		if err == nil {
			_, err = conn.ExecContext(ctx, "RELEASE op")
		}
		select {
		case first, more = <-b.queue:
		default:
			more = false
		}
	}
	if err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT")
	}
	for _, i := range batch {
		i.done <- err
	}
}

func (b *bareSQLite) insert(ctx context.Context, d *document) error {
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	i := insertion{d.ID, string(body), make(chan error, 1)}
	select {
	case b.queue <- i:
		return <-i.done
	case <-ctx.Done():
		return ctx.Err()
	}
}

// read has nothing to encode: the text is JSON already.
func (b *bareSQLite) read(ctx context.Context, id string, to io.Writer) error {
	var body sql.RawBytes
	rows, err := b.get.QueryContext(ctx, id)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err says what was wrong
	if !rows.Next() {
		return fmt.Errorf("asset %s: %w", id, sql.ErrNoRows)
	}
	if err := rows.Scan(&body); err != nil {
		return err
	}
	_, err = to.Write(body)
	return err
}

func (b *bareSQLite) list(ctx context.Context, scope, functioning string, to io.Writer) error {
	kind, key, _ := strings.Cut(scope, ":")
	rows, err := b.list50[kind].QueryContext(ctx, key, functioning)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err says what was wrong
	out := []byte(`{"items":[`)
	for n := 0; rows.Next(); n++ {
		var body sql.RawBytes
		if err := rows.Scan(&body); err != nil {
			return err
		}
		if n > 0 {
			out = append(out, ',')
		}
		out = append(out, body...)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	_, err = to.Write(append(out, "]}\n"...))
	return err
}

func (b *bareSQLite) fill(ctx context.Context, docs []document) error {
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	insert, err := tx.PrepareContext(ctx, "INSERT INTO assets VALUES (?, 1, ?)")
	if err != nil {
		return err
	}
	for i := range docs {
		body, err := json.Marshal(&docs[i])
		if err != nil {
			return err
		}
		if _, err := insert.ExecContext(ctx, docs[i].ID, string(body)); err != nil {
			return err
		}
	}
	return tx.Commit()
}
