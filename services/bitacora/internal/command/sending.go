package command

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/bitacora-salud/bitacora/pkg/table"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
)

// importWait bounds the wait for an import's report.
const importWait = 15 * time.Minute

// run sends a file to an installation, shows what became of its rows, and writes those that were rejected.
func (r reading) run(cmd *cobra.Command, file []byte, t *table.Table) error {
	if r.tokenFile == "" {
		return errors.New("--token-file: an import is somebody's, say whose; --check needs nobody")
	}
	token, err := os.ReadFile(r.tokenFile)
	if err != nil {
		return err
	}
	query, err := r.query()
	if err != nil {
		return err
	}
	progress := newBar(cmd.ErrOrStderr(), fmt.Sprintf("Sending %d rows", t.Count))
	c := client.New(client.Config{Base: func(string) string { return strings.TrimSuffix(r.server, "/") }, Tokens: func(string) (string, error) { return strings.TrimSpace(string(token)), nil },
		HTTP: &http.Client{Timeout: importWait, Transport: &sending{http.DefaultTransport.(*http.Transport).Clone(), progress}}})
	defer c.Close()
	var report table.Report
	_, err = c.Done(cmd.Context(), client.Request{User: "token", Method: http.MethodPost, Path: "/v1/" + r.of + "/import?" + query.Encode(), CSV: file}, &report)
	progress.done()
	if err != nil {
		return err
	}
	if err := tell(cmd.OutOrStdout(), &report); err != nil || r.rejected == "" {
		return err
	}
	out, err := os.OpenFile(r.rejected, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // never over the file that was corrected by hand
	if err != nil {
		return err
	}
	return errors.Join(t.Return(out, report.Errors), out.Sync(), out.Close())
}

// query is what the person says of the file, as the API takes it.
func (r reading) query() (url.Values, error) {
	q := url.Values{"dry_run": {strconv.FormatBool(r.dryRun)}}
	if r.sheet != "" {
		q.Set("sheet", r.sheet)
	}
	if r.order != "" {
		q.Set("date_order", r.order)
	}
	if r.heading > 0 {
		q.Set("heading", strconv.Itoa(r.heading))
	}
	for name, at := range r.columns {
		q.Add("columns", fmt.Sprint(name, "=", at))
	}
	for name, key := range r.kinds {
		q.Add("types", name+"="+key)
	}
	if r.of != "assets" && len(q) > 1 {
		return nil, fmt.Errorf("--of %s: such a table is imported by its headings; sheet, dates, heading, columns and types are said of assets", r.of)
	}
	return q, nil
}

// tell writes a report: rejected rows and warnings with their place and reason, and how many rows became what.
func tell(out io.Writer, r *table.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, name := range r.Skipped {
		fmt.Fprintf(w, "%shas no headings and is not read\n", inSheet(name))
	}
	for _, list := range []struct {
		what    string
		remarks []table.Remark
	}{{"warning", r.Warnings}, {"rejected", r.Errors}} {
		for _, m := range list.remarks {
			fmt.Fprintf(w, "%s\t%srow %d\t%s\t%s\t%s\t%s\n", list.what, inSheet(m.Sheet), m.Row, m.Column, m.Rule, short(m.Value), m.Reason)
		}
	}
	foreseen := ""
	if r.DryRun {
		foreseen = " (nothing was written)"
	}
	fmt.Fprintf(w, "%d rows: %d created (%d of them drafts), %d changed, %d unchanged, %d rejected%s\n", r.Rows, r.Created, r.Drafts, r.Changed, r.Unchanged, r.Rejected, foreseen)
	return w.Flush()
}

// sending shows how much of a request's body has gone out.
type sending struct {
	next     http.RoundTripper
	progress *bar
}

// RoundTrip implements http.RoundTripper.
func (s *sending) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return s.next.RoundTrip(r)
	}
	counted := r.Clone(r.Context())
	counted.Body = &sent{r.Body, s.progress, 0, int(r.ContentLength)}
	return s.next.RoundTrip(counted)
}

type sent struct {
	io.ReadCloser
	progress    *bar
	done, total int
}

// Read implements io.Reader.
func (s *sent) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	s.done += n
	s.progress.show(s.done, s.total)
	return n, err
}
