package embedded_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// TestBytesOnDisk publishes what a day of work looks like and holds the folder against what was published.
func TestBytesOnDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "broker")
	s := start(t, dir)
	published := 0
	sub, err := s.bus.Subscribe("g", []string{topic})
	if err != nil {
		t.Fatal(err)
	}
	got := 0
	const calls, batch = 300, 10 // small calls: what a relay sends when little happens at a time
	for call := range calls {
		var batchOf []event.Record
		for i := range batch {
			r := assetEvent(call*batch + i)
			batchOf = append(batchOf, r)
			published += len(r.Key) + len(r.Value)
			for _, h := range r.Headers {
				published += len(h.Key) + len(h.Value)
			}
		}
		if errs := s.bus.Publish(t.Context(), batchOf); errs != nil {
			t.Fatalf("publish: %v", errors.Join(errs...))
		}
		for got < (call+1)*batch {
			records, err := sub.Fetch(t.Context(), 500)
			if err != nil {
				t.Fatalf("fetch: %v", err)
			}
			got += len(records)
			if err := sub.Commit(t.Context(), records); err != nil {
				t.Fatalf("commit: %v", err)
			}
		}
	}
	before := size(t, dir)
	s.stop(t)
	after := size(t, dir)
	t.Logf("published %d bytes in %d records; on disk %d (%.2f), after a stop in good order %d (%.2f)",
		published, calls*batch, before, float64(before)/float64(published), after, float64(after)/float64(published))
	if before > published {
		t.Errorf("%d bytes on disk for %d published", before, published)
	}
}

func assetEvent(n int) event.Record {
	state := fmt.Sprintf(`{"id":"0198a1b2-0000-7000-8000-%012d","equipment_type_id":"0198a1b2-0000-7000-8000-000000000042","unit_id":"BSIST000014",`+
		`"area":"Urgencias","serial_number":"SN-%08d","inventory_tag":"INV-2025-%06d","brand":"Marca %d","model":"M-%d","condition":"in_use",`+
		`"functioning":"working","custody":"unit","registered_at":"2025-08-08T16:00:00.%03dZ","source":"delivery","tracking":"serial"}`,
		n, n*7919, n, n%17, n%31, n%1000)
	r, err := event.Envelope{
		Entry: event.Entry{ID: fmt.Sprintf("0198a1b2-1111-7000-8000-%012d", n), Type: "mx.bitacora.asset.registered.v1", Version: 1,
			At: event.At(time.Date(2025, 8, 8, 16, 0, n, 0, time.UTC)), Actor: "0198a1b2-2222-7000-8000-000000000001",
			Correlation: fmt.Sprintf("0198a1b2-3333-7000-8000-%012d", n), Trace: fmt.Sprintf("00-%032x-%016x-01", n*31, n),
			Change: []byte(`{"occurred_at":"2025-08-08T16:00:00.000Z","registered_by":"import"}`)},
		Source: "/bitacora/asset", Subject: fmt.Sprintf("0198a1b2-0000-7000-8000-%012d", n), StateVersion: 1,
		State: []byte(state), Topic: topic,
	}.Record()
	if err != nil {
		panic(err)
	}
	return r
}

func size(t testing.TB, dir string) (total int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			total += int(info.Size())
			if strings.HasSuffix(path, "groups.log") {
				t.Logf("groups.log: %d bytes", info.Size())
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return total
}
