// Command console runs the console on MongoDB, with the services' addresses; console --help lists its environment.
package main

import (
	"os"

	"github.com/bitacora-salud/bitacora/services/console/app"
)

// version is set by the build.
var version = "dev"

func main() { os.Exit(app.Main(version)) }
