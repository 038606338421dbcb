package table

// Report is the result of an import. Every row is counted once: as created, changed, unchanged or rejected.
type Report struct {
	Rows      int      `json:"rows" doc:"Rows below the headings that are not blank"`
	Created   int      `json:"created"`
	Changed   int      `json:"changed"`
	Unchanged int      `json:"unchanged"`
	Rejected  int      `json:"rejected"`
	DryRun    bool     `json:"dry_run"`
	Ignored   []string `json:"ignored_columns,omitempty" doc:"Columns that the import does not use"`
	Errors    []Remark `json:"errors,omitempty" doc:"One for each rejected row"`
	Warnings  []Remark `json:"warnings,omitempty" doc:"What a person should look at in rows that were taken"`
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
}

// Reject counts a row as rejected, with the reason.
func (r *Report) Reject(m Remark) {
	r.Rejected++
	r.Errors = append(r.Errors, m)
}
