package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// witness sees every try of every request, also those after which the client tries again.
type witness struct {
	next http.RoundTripper

	mu    sync.Mutex
	tries int
	again map[string]int
}

// RoundTrip implements http.RoundTripper.
func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.next.RoundTrip(r)
	why := ""
	switch {
	case err != nil:
		why = cause(err)
	case resp.StatusCode >= 300:
		b, failed := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		if err := errors.Join(failed, resp.Body.Close()); err != nil {
			return nil, err
		}
		resp.Body = io.NopCloser(bytes.NewReader(b))
		var problem struct {
			Type string `json:"type"`
		}
		if json.Unmarshal(b, &problem) != nil {
			problem.Type = "no problem"
		}
		why = fmt.Sprintf("%d %s", resp.StatusCode, problem.Type[strings.LastIndexByte(problem.Type, ':')+1:])
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tries++
	if why != "" {
		first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v1/"), "/")
		w.again[fmt.Sprintf("%s …/%s: %s", r.Method, first, why)]++
	}
	return resp, err
}

// cause is an error without the addresses, so that equal ones are counted together.
func cause(err error) string {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	text := err.Error()
	return text[strings.LastIndex(text, ": ")+1:]
}
