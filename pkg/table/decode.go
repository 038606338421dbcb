package table

import (
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// marks are the byte order marks and their encodings.
var marks = []struct {
	mark     string
	encoding encoding.Encoding // nil: UTF-8
}{
	{"\xef\xbb\xbf", nil},
	{"\xff\xfe", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
	{"\xfe\xff", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
}

// text reads the file as UTF-8 with lines that end in LF. A byte order mark determines the encoding; without one it is UTF-16 if every other
// byte is NUL, UTF-8 if the whole file is valid or more characters beyond ASCII are valid than are not, and otherwise Windows-1252, in which
// spreadsheets write. What cannot be decoded becomes U+FFFD, which Unreadable refuses. It uses a few kilobytes, whatever the file's size.
func text(file []byte) io.Reader {
	enc := encodingOf(file)
	for _, m := range marks {
		for bytes.HasPrefix(file, []byte(m.mark)) { // some programs write it twice
			file = file[len(m.mark):]
		}
	}
	var decoded io.Reader = bytes.NewReader(file)
	if enc != nil {
		decoded = transform.NewReader(decoded, enc.NewDecoder())
	}
	return transform.NewReader(decoded, &lines{})
}

func encodingOf(file []byte) encoding.Encoding {
	for _, m := range marks {
		if bytes.HasPrefix(file, []byte(m.mark)) {
			return m.encoding
		}
	}
	switch first, second := nulsAt(file, 0), nulsAt(file, 1); {
	case second > looksUTF16 && first <= 1-looksUTF16:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case first > looksUTF16 && second <= 1-looksUTF16:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case utf8.Valid(file), mostlyUTF8(file):
		return nil
	}
	return charmap.Windows1252
}

// mostlyUTF8 reports whether more characters beyond ASCII are valid UTF-8 than bytes are not: in other encodings hardly any are.
func mostlyUTF8(file []byte) bool {
	good, bad := 0, 0
	for len(file) > 0 {
		r, size := utf8.DecodeRune(file)
		switch {
		case r == utf8.RuneError && size == 1:
			bad++
		case size > 1:
			good++
		}
		file = file[size:]
	}
	return good > bad
}

// looksUTF16 is the share of NULs among every other byte from which a text without a mark is taken for UTF-16.
const looksUTF16 = 0.8

// nulsAt is the share of NULs among every other byte of the file's first 4 KiB, starting with the given one.
func nulsAt(file []byte, from int) float64 {
	file = file[:min(len(file), 4096)]
	nuls, all := 0, 0
	for i := from; i < len(file); i += 2 {
		all++
		if file[i] == 0 {
			nuls++
		}
	}
	if all == 0 {
		return 0
	}
	return float64(nuls) / float64(all)
}

// lines is a transformer that ends each line in LF: CR, CRLF and NEL (U+0085) do so too.
type lines struct{ transform.NopResetter }

// Transform implements transform.Transformer.
func (*lines) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		if nDst == len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		c, width := src[nSrc], 1
		if c == '\r' || c == 0xc2 {
			if nSrc+1 == len(src) && !atEOF {
				return nDst, nSrc, transform.ErrShortSrc
			}
			next := byte(0)
			if nSrc+1 < len(src) {
				next = src[nSrc+1]
			}
			switch {
			case c == '\r' && next == '\n', c == 0xc2 && next == 0x85:
				c, width = '\n', 2
			case c == '\r':
				c = '\n'
			}
		}
		dst[nDst] = c
		nDst, nSrc = nDst+1, nSrc+width
	}
	return nDst, nSrc, nil
}
