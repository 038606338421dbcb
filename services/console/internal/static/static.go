// Package static serves the console's style sheets and its one script, all of them embedded: nothing comes from elsewhere.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strings"
)

//go:embed files
var files embed.FS

// Prefix is where the files are.
const Prefix = "/static/"

// asset is a file as it is sent. Its address holds a hash of its content, so that browsers may keep it for ever.
type asset struct {
	kind          string
	plain, zipped []byte
	address       string
}

// The files that pages name: Pico, then our own sheet, then htmx.
var (
	pico    = load("pico.min.css", "text/css; charset=utf-8")
	console = load("console.css", "text/css; charset=utf-8")
	htmx    = load("htmx.min.js", "text/javascript; charset=utf-8")

	byAddress = map[string]*asset{pico.address: pico, console.address: console, htmx.address: htmx}
)

// Styles are the addresses of the sheets, in the order in which they must be loaded.
func Styles() []string { return []string{pico.address, console.address} }

// Script is the address of htmx.
func Script() string { return htmx.address }

func load(name, kind string) *asset {
	plain, err := files.ReadFile("files/" + name)
	if err != nil {
		panic(fmt.Errorf("static: %w", err)) // it is embedded
	}
	hash := sha256.Sum256(plain)
	ext := path.Ext(name)
	sum := hex.EncodeToString(hash[:8])
	var zipped bytes.Buffer
	z, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(plain)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		panic(fmt.Errorf("static: %w", err)) // a buffer takes everything
	}
	return &asset{kind: kind, plain: plain, zipped: zipped.Bytes(), address: Prefix + strings.TrimSuffix(name, ext) + "." + sum + ext}
}

// Handler serves the files. What is not one of them is next's to answer.
func Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := byAddress[r.URL.Path]
		if a == nil {
			next.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Vary", "Accept-Encoding")
		body := a.plain
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = a.zipped
		}
		h.Set("Content-Length", fmt.Sprint(len(body)))
		w.WriteHeader(http.StatusOK)
		if r.Method != http.MethodHead {
			_, _ = w.Write(body) // a browser that is gone has no use for it
		}
	})
}
