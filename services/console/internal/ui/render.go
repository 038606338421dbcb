package ui

import (
	"bytes"
	"context"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"
)

// Render writes a component. It leaves out the characters that turn the direction of what stands around them (U+202E and its kin) and those that
// nobody sees: somebody's text could make a page say something else than it does. Templates escape HTML; no template has to think of these.
func Render(ctx context.Context, w io.Writer, c templ.Component) error {
	var page bytes.Buffer
	if err := c.Render(ctx, &page); err != nil {
		return err
	}
	_, err := w.Write(bytes.Map(inert, page.Bytes()))
	return err
}

// Inert is a text without the characters that turn its direction, and without those that nobody sees.
func Inert(text string) string { return strings.Map(inert, text) }

// inert drops (-1) what turns the direction of a text, what has no width and joins nothing, and what is no character.
func inert(r rune) rune {
	switch {
	case r < ' ' && r != '\n' && r != '\r' && r != '\t', r == '\u007f', r == '\u200b', r == '\u2060', r == '\ufeff':
		return -1
	case r == '\u061c', r == '\u200e', r == '\u200f', '\u202a' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u2069', r == utf8.RuneError:
		return -1
	}
	return r
}
