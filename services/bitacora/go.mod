module github.com/bitacora-salud/bitacora/services/bitacora

go 1.26.0

require (
	github.com/bitacora-salud/bitacora/pkg v0.0.0
	github.com/bitacora-salud/bitacora/services/asset v0.0.0
	github.com/bitacora-salud/bitacora/services/delivery v0.0.0
	github.com/bitacora-salud/bitacora/services/status v0.0.0
	github.com/bitacora-salud/bitacora/services/workorder v0.0.0
)

require (
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/spf13/cobra v1.10.2 // indirect
	github.com/spf13/pflag v1.0.9 // indirect
)

replace github.com/bitacora-salud/bitacora/pkg => ../../pkg

replace github.com/bitacora-salud/bitacora/services/asset => ../asset

replace github.com/bitacora-salud/bitacora/services/workorder => ../workorder

replace github.com/bitacora-salud/bitacora/services/delivery => ../delivery

replace github.com/bitacora-salud/bitacora/services/status => ../status
