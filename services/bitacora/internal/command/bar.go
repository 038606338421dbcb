package command

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// bar shows how far something has come: on a terminal as a bar that grows, elsewhere in one line at its beginning.
type bar struct {
	out   io.Writer
	doing string
	grows bool
	last  int // percent
}

const barWidth = 40

// newBar is the bar of what is being done.
func newBar(out io.Writer, doing string) *bar {
	b := &bar{out: out, doing: doing, last: -1}
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		b.grows = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	if !b.grows {
		fmt.Fprintln(out, doing+"…")
	}
	return b
}

// show is told how much of all is done.
func (b *bar) show(done, total int) {
	percent := 100 * done / max(1, total)
	if !b.grows || percent == b.last {
		return
	}
	b.last = percent
	full := barWidth * percent / 100
	fmt.Fprintf(b.out, "\r%s [%s%s] %3d %%", b.doing, strings.Repeat("#", full), strings.Repeat(".", barWidth-full), percent)
}

// done leaves the line of a bar that grew.
func (b *bar) done() {
	if b.grows && b.last >= 0 {
		fmt.Fprintln(b.out)
	}
}
