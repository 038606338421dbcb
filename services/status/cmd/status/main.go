// Command status runs the status service on MongoDB and Kafka; status --help lists its environment.
package main

import (
	"os"

	"github.com/bitacora-salud/bitacora/pkg/process"
	"github.com/bitacora-salud/bitacora/services/status/app"
)

// version is set by the build.
var version = "dev"

func main() { os.Exit(process.Main(app.Name, version, app.New)) }
