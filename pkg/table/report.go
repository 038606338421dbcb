package table

import (
	"cmp"
	"slices"
)

// Report is the result of an import. Every row is counted once: as created, changed, unchanged or rejected.
type Report struct {
	Rows      int       `json:"rows" doc:"Rows below the headings that are not blank"`
	Created   int       `json:"created"`
	Changed   int       `json:"changed"`
	Unchanged int       `json:"unchanged"`
	Rejected  int       `json:"rejected"`
	Drafts    int       `json:"drafts,omitempty" doc:"Of those created, how many lack what tells them from others"`
	DryRun    bool      `json:"dry_run"`
	Sheets    []Sheet   `json:"sheets,omitempty" doc:"Where the headings were found, and which column each leads to"`
	Skipped   []string  `json:"skipped_sheets,omitempty" doc:"Sheets without the headings, which were not read"`
	Order     Order     `json:"date_order,omitempty" enum:"day_first,month_first" doc:"Which number of 03/04/2019 is the day, as it was stated or as the file's own dates say; absent where nothing says it"`
	Ignored   []string  `json:"ignored_columns,omitempty" doc:"Columns that the import does not use"`
	Errors    []Remark  `json:"errors,omitempty" doc:"One for each rejected row"`
	Warnings  []Remark  `json:"warnings,omitempty" doc:"What a person should look at in rows that were taken"`
	Outcomes  []Outcome `json:"outcomes,omitempty" doc:"One for each row that was taken, in their order"`
}

// What becomes of a row that is not rejected.
const (
	Created   = "created"
	Changed   = "changed"
	Unchanged = "unchanged"
)

// Outcome is what became of a row that was taken.
type Outcome struct {
	Sheet     string   `json:"sheet,omitempty"`
	Row       int      `json:"row"`
	Outcome   string   `json:"outcome" enum:"created,changed,unchanged"`
	ID        string   `json:"id,omitempty" doc:"The document; absent in a dry run of what would be created"`
	Lifecycle string   `json:"lifecycle,omitempty"`
	Fields    []string `json:"fields,omitempty" doc:"What changed"`
}

// Remark is an error or warning of one row. Rows are numbered as in a spreadsheet: the first line is row 1, blank ones count.
type Remark struct {
	Sheet  string `json:"sheet,omitempty" doc:"Sheet of a workbook"`
	Row    int    `json:"row"`
	Key    string `json:"key,omitempty"`
	Column string `json:"column,omitempty"`
	Value  string `json:"value,omitempty" doc:"What stands in the cell, up to 80 characters"`
	Rule   string `json:"rule,omitempty" doc:"Stable name of the rule that the row breaks"`
	Reason string `json:"reason"`
	Other  string `json:"other,omitempty" doc:"What it is in conflict with or resembles: a row of the file (7, or its sheet and 7: Hoja1!7), or the id of a document that the caller may see"`
}

// Reject counts a row as rejected, with the reason.
func (r *Report) Reject(m Remark) {
	r.Rejected++
	r.Errors = append(r.Errors, m)
}

// Sort puts what the report says of rows into the order of the file's sheets and their rows, whatever order it was said in.
func (r *Report) Sort(sheets []Sheet) {
	at := map[string]int{}
	for n, s := range sheets {
		at[s.Name] = n
	}
	order := func(a, b string, n, m int) int { return cmp.Or(cmp.Compare(at[a], at[b]), cmp.Compare(n, m)) }
	remarks := func(a, b Remark) int { return order(a.Sheet, b.Sheet, a.Row, b.Row) }
	slices.SortStableFunc(r.Errors, remarks)
	slices.SortStableFunc(r.Warnings, remarks)
	slices.SortStableFunc(r.Outcomes, func(a, b Outcome) int { return order(a.Sheet, b.Sheet, a.Row, b.Row) })
}
