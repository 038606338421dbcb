// Command asset runs the asset service on MongoDB and Kafka; asset --help lists its environment.
package main

import (
	"os"

	"github.com/bitacora-salud/bitacora/pkg/process"
	"github.com/bitacora-salud/bitacora/services/asset/app"
)

// version is set by the build.
var version = "dev"

func main() { os.Exit(process.Main(app.Name, version, app.New)) }
