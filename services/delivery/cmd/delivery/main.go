// Command delivery runs the delivery service on MongoDB and Kafka; delivery --help lists its environment.
package main

import (
	"os"

	"github.com/bitacora-salud/bitacora/pkg/process"
	"github.com/bitacora-salud/bitacora/services/delivery/app"
)

// version is set by the build.
var version = "dev"

func main() { os.Exit(process.Main(app.Name, version, app.New)) }
