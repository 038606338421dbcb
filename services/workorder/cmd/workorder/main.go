// Command workorder runs the workorder service on MongoDB and Kafka; workorder --help lists its environment.
package main

import (
	"os"

	"github.com/bitacora-salud/bitacora/pkg/process"
	"github.com/bitacora-salud/bitacora/services/workorder/app"
)

// version is set by the build.
var version = "dev"

func main() { os.Exit(process.Main(app.Name, version, app.New)) }
