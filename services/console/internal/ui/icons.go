package ui

// ring is the circle around an icon.
const ring = "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z"

// More icons, by what they stand for.
const (
	IconSearch = "M11 4.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM16 16l5 5"
	IconBox    = "m12 3 8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9"
	IconWrench = "M15 3.5a5 5 0 0 0-5.6 6.9L3.5 16.3a2.3 2.3 0 0 0 3.2 3.2l5.9-5.9a5 5 0 0 0 6.9-5.6L16.3 11 13 7.7z"
	IconClock  = ring + "M12 7v5.5l3.5 2"
	IconTag    = "M3 12V4h8l10 10-7.5 7.5zM7.5 8.5v.1"
	IconCheck  = ring + "M8 12.3l2.8 2.7L16 9.5"
	IconCross  = ring + "M9 9l6 6M15 9l-6 6"
	IconHalf   = ring + "M12 3v18M12 7h5M12 11h8M12 15h7"
	IconAlert  = "M12 3.5 2.5 20h19zM12 10v4.5M12 17.3v.1"
	IconList   = "M8 6h13M8 12h13M8 18h13M3.5 6h.1M3.5 12h.1M3.5 18h.1"
	IconUp     = "m6 14 6-6 6 6"
	IconDown   = "m6 10 6 6 6-6"
	IconDash   = ring + "M8 12h8"
	IconPlay   = ring + "M10 8.5l5.5 3.5-5.5 3.5z"
	IconPause  = ring + "M10 8.5v7M14 8.5v7"
	IconTruck  = "M2 6h12v11H2zM14 10h4l4 4v3h-8M6.5 16a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM17.5 16a2 2 0 1 0 0 4 2 2 0 0 0 0-4z"
	IconPage   = "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6"
	IconPerson = "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 21c0-4.5 3.5-7 8-7s8 2.5 8 7"
	IconMap    = "m3 6 6-2.5 6 2.5 6-2.5V18l-6 2.5-6-2.5-6 2.5zM9 3.5V18M15 6v14.5"
	IconWeeks  = "M4 5.5h16V20H4zM4 10h16M8.5 3v4M15.5 3v4"
	IconMoney  = "M3 6h18v12H3zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z"
	IconFigure = "M4 20V10M10 20V4M16 20v-7M21 20H3"
	IconMore   = "M5 12h.1M12 12h.1M19 12h.1"
)
