package command

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/bitacora-salud/bitacora/pkg/table"
	assetapp "github.com/bitacora-salud/bitacora/services/asset/app"
)

// reading is what a person says about a file to be imported.
type reading struct {
	of, order, sheet string
	heading          int
	columns          map[string]int
	check            bool
	// What follows is of an import, not of a check.
	dryRun                      bool
	server, tokenFile, rejected string
	kinds                       map[string]string
}

func importing() *cobra.Command {
	var r reading
	kinds := slices.Sorted(maps.Keys(assetapp.Columns()))
	c := &cobra.Command{Use: "import FILE", Short: "Import a table of assets or units (CSV, XLSX) into an installation, or say how it is read (--check)", Args: cobra.ExactArgs(1),
		Long: "Sends the file to an installation, as whoever the token is of, and says of every row whether it was created, changed, unchanged or rejected, and why.\n" +
			"The same file again changes nothing, and goes on where an import was cut short. It ends with exit code 1 when the file is refused as a whole.\n" +
			"With --check nothing is sent: it says which sheets the file has, in which row the headings stand, which column each leads to, which number of its\n" +
			"dates is the day, and of every row that cannot be read the sheet, row, column, value and reason.",
		RunE: func(cmd *cobra.Command, args []string) error {
			columns, known := assetapp.Columns()[r.of]
			if !known {
				return fmt.Errorf("--of %s: tables are of %s", r.of, strings.Join(kinds, " or "))
			}
			o, err := r.options(columns, time.Now())
			if err != nil {
				return err
			}
			file, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			t, err := table.Open(file, columns, o)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if r.check {
				return explain(cmd.OutOrStdout(), t)
			}
			return r.run(cmd, file, t)
		}}
	c.Flags().BoolVar(&r.check, "check", false, "only say how the file is read; nothing is sent")
	c.Flags().StringVar(&r.of, "of", "assets", "what the table is of: "+strings.Join(kinds, " or "))
	c.Flags().StringVar(&r.sheet, "sheet", "", "read this sheet of a workbook alone")
	c.Flags().StringVar(&r.order, "date-order", "", "day_first or month_first: which number of 03/04/2019 is the day; without it the file's own dates decide")
	c.Flags().IntVar(&r.heading, "heading", 0, "row of the headings, where they are not found")
	c.Flags().StringToIntVar(&r.columns, "columns", nil, "positions of the columns by name, in place of what the headings say: unit=1,type=2,inventory_tag=3")
	c.Flags().StringToStringVar(&r.kinds, "types", nil, "keys of types by their names in the file, where the catalogue does not know these: DESFRIBILADOR=defibrillator")
	c.Flags().BoolVar(&r.dryRun, "dry-run", false, "only say what the import would do")
	c.Flags().StringVar(&r.server, "server", "http://127.0.0.1:8080", "address of the installation")
	c.Flags().StringVar(&r.tokenFile, "token-file", "", "file with the bearer token of whoever imports (`bitacora token NAME` prints one of a demo user)")
	c.Flags().StringVar(&r.rejected, "rejected", "", "file to write the rejected rows to, as a CSV with the reason, to be corrected and sent again")
	return c
}

func (r reading) options(columns []table.Column, now time.Time) (table.Options, error) {
	o := table.Options{Today: now, Order: table.Order(r.order), Sheet: r.sheet}
	if orders := []table.Order{"", table.DayFirst, table.MonthFirst}; !slices.Contains(orders, o.Order) {
		return o, fmt.Errorf("--date-order %s: %s or %s", r.order, table.DayFirst, table.MonthFirst)
	}
	for name := range r.columns {
		if !slices.ContainsFunc(columns, func(c table.Column) bool { return c.Name() == name }) {
			var names []string
			for _, c := range columns {
				names = append(names, c.Name())
			}
			return o, fmt.Errorf("--columns %s: the columns are %s", name, strings.Join(names, ", "))
		}
	}
	if r.heading > 0 || len(r.columns) > 0 {
		o.Layouts = map[string]table.Layout{r.sheet: {Row: r.heading, Columns: r.columns}}
	}
	return o, nil
}

// explain writes what was found in a file, and each row that cannot be read.
func explain(out io.Writer, t *table.Table) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range t.Sheets() {
		fmt.Fprintf(w, "%sheadings in row %d\n", inSheet(s.Name), s.Row)
		for _, c := range s.Columns {
			fmt.Fprintf(w, "  %s\tis column %d\t%s\n", c.Column, c.Position, short(c.Heading))
		}
		for _, heading := range s.Unused {
			fmt.Fprintf(w, "  -\tis not read\t%s\n", short(heading))
		}
	}
	for _, name := range t.Skipped {
		fmt.Fprintf(w, "%shas no headings and is not read\n", inSheet(name))
	}
	if t.Order != "" {
		fmt.Fprintf(w, "dates are %s\n", strings.ReplaceAll(string(t.Order), "_", " "))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	rejected := 0
	for row := range t.Rows() {
		if row.Refused != nil {
			rejected++
			fmt.Fprintf(w, "%srow %d\t%s\t%s\t%s\t%s\n", inSheet(row.Sheet), row.Number, row.Refused.Column, row.Refused.Rule, short(row.Refused.Value), row.Refused.Reason)
		}
	}
	fmt.Fprintf(w, "%d rows: %d can be read, %d are rejected\n", t.Count, t.Count-rejected, rejected)
	return w.Flush()
}

func inSheet(name string) string {
	if name == "" {
		return ""
	}
	return "sheet " + name + ": "
}

// short is a text of a file as it fits into a line.
func short(s string) string {
	if runes := []rune(s); len(runes) > 40 {
		return string(runes[:39]) + "…"
	}
	return s
}
