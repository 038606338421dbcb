package ui

// Icons are drawn on a grid of 24 with a stroke of 2; the value is the path's data. They are decoration: the word beside them speaks.
const (
	IconHome    = "M3 11 12 4l9 7v9h-6v-6H9v6H3z"
	IconUnit    = "M4 21V4h11v17M15 10h5v11M3 21h18M8 8h3M8 12h3M8 16h3"
	IconAdd     = "M12 5v14M5 12h14"
	IconForward = "m9 5 7 7-7 7"
	IconBack    = "m15 5-7 7 7 7"
	IconAway    = "m3 3 18 18M9 6.5A6 6 0 0 1 17.5 10 4.2 4.2 0 0 1 20 17M6.5 9A5 5 0 0 0 6.5 19H17"
	IconInfo    = "M12 11v6M12 7v.1M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z"
)
