package table

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// Bounds of what a workbook may unpack to: real ones pack to a tenth, rarely to a fortieth.
const (
	maxUnpacked  = 256 << 20
	maxRatio     = 200
	ratioApplies = 16 << 20 // below this size every ratio is fine
	maxParts     = 10_000
	maxMarkup    = 4 << 20 // of one tag or one text between two tags; a cell has 32,767 characters at most
)

// book is an opened workbook (ECMA-376, SpreadsheetML). Macros, links and pictures are never looked at.
type book struct {
	parts     map[string]*zip.File
	shared    shared
	styles    []style
	since1904 bool
}

// workbook opens the sheets of a workbook.
func workbook(file []byte) ([][]sheet, error) {
	if bytes.Count(file, []byte("PK\x01\x02")) > maxParts {
		return nil, fault.Invalidf("", "file-bomb", "the file packs more than %d parts", maxParts)
	}
	packed, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, fault.Invalidf("", "file-damaged", "the workbook is cut off or damaged: send it again")
	}
	b := &book{parts: map[string]*zip.File{}}
	total := uint64(0)
	for _, p := range packed.File {
		b.parts[strings.TrimPrefix(p.Name, "/")] = p
		if total += p.UncompressedSize64; total > maxUnpacked || p.UncompressedSize64 > maxUnpacked {
			return nil, bomb(p.Name)
		}
	}
	main := b.main()
	if b.parts[main] == nil {
		return nil, fault.Invalidf("", "not-a-workbook", "the file packs no workbook that can be read: save it as .xlsx or CSV (no .ods, .xlsb or .zip)")
	}
	out, err := b.open(main)
	if err != nil {
		return nil, damaged(err)
	}
	return out, nil
}

// main is the name of the workbook's main part.
func (b *book) main() string {
	main := "xl/workbook.xml"
	var rels relations
	if b.decode("_rels/.rels", &rels) == nil {
		for _, r := range rels.Relations {
			if strings.HasSuffix(r.Type, "/officeDocument") && strings.HasSuffix(r.Target, ".xml") {
				main = strings.TrimPrefix(r.Target, "/")
			}
		}
	}
	return main
}

type relations struct {
	Relations []struct {
		ID     string `xml:"Id,attr"`
		Type   string `xml:"Type,attr"`
		Target string `xml:"Target,attr"`
	} `xml:"Relationship"`
}

func (b *book) open(main string) ([][]sheet, error) {
	var found struct {
		Properties struct {
			Since1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name string     `xml:"name,attr"`
			Any  []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := b.decode(main, &found); err != nil {
		return nil, err
	}
	if len(found.Sheets) > maxSheets {
		return nil, fault.Invalidf("", "too-many-sheets", "the workbook has %d sheets; %d are the most", len(found.Sheets), maxSheets)
	}
	b.since1904 = found.Properties.Since1904 == "1" || found.Properties.Since1904 == "true"
	folder := path.Dir(main)
	var rels relations
	if err := b.decode(path.Join(folder, "_rels", path.Base(main)+".rels"), &rels); err != nil {
		return nil, err
	}
	targets := map[string]string{}
	for _, r := range rels.Relations {
		target := path.Join(folder, r.Target)
		if strings.HasPrefix(r.Target, "/") {
			target = strings.TrimPrefix(r.Target, "/")
		}
		targets[r.ID] = target
		var err error
		switch {
		case strings.HasSuffix(r.Type, "/sharedStrings"):
			b.shared, err = b.readShared(target)
		case strings.HasSuffix(r.Type, "/styles"):
			b.styles, err = b.readStyles(target)
		}
		if err != nil {
			return nil, err
		}
	}
	var out [][]sheet
	for _, s := range found.Sheets {
		for _, a := range s.Any {
			if part := targets[a.Value]; a.Name.Local == "id" && b.parts[part] != nil && !strings.Contains(part, "chartsheet") {
				w := &worksheet{book: b, title: s.Name, part: part}
				if err := w.findMerges(); err != nil {
					return nil, err
				}
				out = append(out, []sheet{w})
			}
		}
	}
	if len(out) == 0 {
		return nil, errors.New("no sheet")
	}
	return out, nil
}

// part opens a part, whose text is read within the bounds.
func (b *book) part(name string) (io.ReadCloser, error) {
	p := b.parts[name]
	if p == nil {
		return nil, fmt.Errorf("part %s is missing", name)
	}
	in, err := p.Open()
	if err != nil {
		return nil, fmt.Errorf("part %s: %w", name, err)
	}
	return &bounded{ReadCloser: in, name: name, most: max(ratioApplies, maxRatio*int64(p.CompressedSize64))}, nil
}

func (b *book) decode(name string, into any) error {
	in, err := b.part(name)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	if err := xml.NewDecoder(in).Decode(into); err != nil {
		return fmt.Errorf("part %s: %w", name, err)
	}
	return nil
}

// bounded refuses to unpack more than a packed part of its size can hold, and text without end between two tags, which the decoder would keep.
type bounded struct {
	io.ReadCloser
	name      string
	most, run int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.most -= int64(n); b.most < 0 {
		return 0, bomb(b.name)
	}
	if at := bytes.LastIndexAny(p[:n], "<>"); at >= 0 {
		b.run = int64(n - at)
	} else if b.run += int64(n); b.run > maxMarkup {
		return 0, bomb(b.name)
	}
	return n, err
}

func bomb(part string) error {
	return fault.Invalidf("", "file-bomb", "the file unpacks to far more than a workbook of its size (part %.80q)", part)
}

// damaged is the refusal of a workbook whose parts cannot be read; what is refused already stays so.
func damaged(err error) error {
	if f := fault.As(err); f != nil {
		return f
	}
	return fault.Invalidf("", "file-damaged", "the workbook cannot be read (%v): open it, save it as .xlsx and send that", err)
}
