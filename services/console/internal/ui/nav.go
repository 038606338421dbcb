package ui

// Navigation is the main navigation of somebody with these roles, the first of them first, on the page at path.
func Navigation(_ []string, path string) []NavItem {
	return []NavItem{{Href: "/", Label: words.Say("home"), Icon: IconHome, Current: path == "/"}}
}
