package api

import "strings"

// Owners are the services by the first parts of their operations' paths.
var Owners = map[string]string{
	"/v1/units": "asset", "/v1/equipment-types": "asset", "/v1/assets": "asset", "/v1/stock": "asset",
	"/v1/contractors": "workorder", "/v1/contracts": "workorder", "/v1/appointments": "workorder", "/v1/programs": "workorder", "/v1/program-lines": "workorder", "/v1/work-orders": "workorder",
	"/v1/deliveries": "delivery",
	"/v1/status":     "status",
	"/v1/people":     "people",
	// What every service has under its own name: its labels and its dead letters.
	"/asset": "asset", "/workorder": "workorder", "/delivery": "delivery", "/status": "status", "/people": "people",
}

// Head is the part of a path that says whose it is: "/v1/units" or "/asset".
func Head(path string) string {
	parts := strings.SplitN(path, "/", 4)
	if len(parts) > 2 && parts[1] == "v1" {
		return "/v1/" + parts[2]
	}
	if len(parts) > 1 {
		return "/" + parts[1]
	}
	return path
}
