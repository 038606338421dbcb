package rest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/pkg/rest"
)

type room struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// addRoom is the body of a request. The id is the client's own, or is made here.
type addRoom struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name" minLength:"1"`
}

// An operation is registered once: its path, who may run it, and the command that it carries out. What is refused becomes a problem of
// RFC 9457, and a repeat with the same Idempotency-Key is answered without being carried out again.
func Example() {
	dir, err := os.MkdirTemp("", "rest")
	check(err)
	defer func() { check(os.RemoveAll(dir)) }()
	ctx := context.Background()
	driver, err := sqlitedoc.Open(ctx, sqlitedoc.Config{Path: filepath.Join(dir, "rooms.db")})
	check(err)
	defer func() { check(driver.Close(ctx)) }()
	store := docstore.NewStore(driver, docstore.Options{})
	rooms := docstore.Open(store, docstore.Spec{Name: "rooms"}, func(*room) []string { return []string{caller.Nation} })
	check(store.Migrate(ctx))

	server, err := rest.New(rest.Config{Service: "rooms", Title: "Rooms", Version: "1", Store: store, Guard: toyGuard{}})
	check(err)
	rest.Create(server, rest.Op{ID: "room.add", Path: "/v1/rooms", Roles: auth.Roles{auth.Admin}, Summary: "Adds a room"}, rooms,
		func(ctx context.Context, id string, in *addRoom) error {
			return rooms.Insert(ctx, id, &room{ID: id, Name: in.Name})
		})
	web := httptest.NewServer(server.Handler())
	defer web.Close()

	for _, body := range []string{`{"name":"Quirófano 1"}`, `{"name":"Quirófano 1"}`, `{"name":""}`} {
		r, err := http.NewRequest(http.MethodPost, web.URL+"/v1/rooms", strings.NewReader(body))
		check(err)
		r.Header.Set("Authorization", "Bearer ana admin nation")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", "one")
		res, err := web.Client().Do(r)
		check(err)
		answer, err := io.ReadAll(res.Body)
		check(err)
		check(res.Body.Close())
		version, _, _ := strings.Cut(strings.Trim(res.Header.Get("ETag"), `"`), "-") // behind the dash is a hash of the answer
		fmt.Println(res.StatusCode, "version", version, "replayed:", res.Header.Get("Idempotency-Replayed") == "true",
			strings.Contains(string(answer), "Quirófano 1"))
	}
	// Output:
	// 201 version 1 replayed: false true
	// 201 version 1 replayed: true true
	// 422 version  replayed: false false
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
