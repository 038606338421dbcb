// Command bitacora is the whole of Bitácora in one binary, and the operator's command line; bitacora --help lists the commands.
package main

import (
	"os"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/command"
)

// version is set by the build.
var version = "dev"

func main() { os.Exit(command.Execute(version)) }
