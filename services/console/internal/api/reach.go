package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

// InProcess reaches services whose handler is in this process: there is no network between. The browser's address is the request's, so that
// the services' bounds count who asks.
func InProcess(handler http.Handler) http.RoundTripper { return inProcess{handler} }

type inProcess struct{ handler http.Handler }

// recorded is an answer while it is written.
type recorded struct {
	header, sent http.Header
	status       int
	body         bytes.Buffer
}

func (w *recorded) Header() http.Header { return w.header }

func (w *recorded) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *recorded) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// RoundTrip has the handler answer; that it gave up is an error, as a connection that was cut.
func (t inProcess) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	in := r.Clone(r.Context())
	in.RequestURI, in.RemoteAddr = r.URL.RequestURI(), From(r.Context())
	in.URL = &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w := &recorded{header: http.Header{}}
	defer func() {
		if cause := recover(); cause != nil {
			answer, err = nil, fmt.Errorf("the service gave up: %v", cause)
		}
	}()
	t.handler.ServeHTTP(w, in)
	if cause := context.Cause(r.Context()); cause != nil && w.status == 0 {
		return nil, cause // it gave up with whoever asked: that is no answer, and of a write not that it was done
	}
	w.WriteHeader(http.StatusOK)
	return &http.Response{Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.sent,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r}, nil
}

// Remote reaches services by their addresses. services has them by the first part of a path ("/v1/assets", "/asset").
func Remote(services map[string]*url.URL, transport http.RoundTripper) http.RoundTripper {
	return remote{services, transport}
}

type remote struct {
	services  map[string]*url.URL
	transport http.RoundTripper
}

var errNobodys = errors.New("no service has this path")

func (t remote) RoundTrip(r *http.Request) (*http.Response, error) {
	to := t.services[Head(r.URL.Path)]
	if to == nil {
		return nil, errNobodys
	}
	out := r.Clone(r.Context())
	out.URL.Scheme, out.URL.Host, out.Host = to.Scheme, to.Host, ""
	if host, _, err := net.SplitHostPort(From(r.Context())); err == nil {
		if before := r.Header.Get(forwarded); before != "" {
			host = before + ", " + host
		}
		out.Header.Set(forwarded, host)
	}
	return t.transport.RoundTrip(out)
}
