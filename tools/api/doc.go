// Package api pins what makes and builds Go clients of the descriptions in api/openapi: scripts/check-api.sh makes them in a copy of this
// module. The import is what their code needs.
package api

import _ "github.com/oapi-codegen/runtime"
