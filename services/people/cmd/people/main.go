// Command people runs the people service on MongoDB and Kafka; people --help lists its environment.
package main

import (
	"os"

	"github.com/bitacora-salud/bitacora/pkg/process"
	"github.com/bitacora-salud/bitacora/services/people/app"
)

// version is set by the build.
var version = "dev"

func main() { os.Exit(process.Main(app.Name, version, app.New)) }
