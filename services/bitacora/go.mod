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
	github.com/bahlo/generic-list-go v0.2.0 // indirect
	github.com/buger/jsonparser v1.1.2 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/invopop/jsonschema v0.14.0 // indirect
	github.com/pb33f/ordered-map/v2 v2.3.1 // indirect
	github.com/spf13/cobra v1.10.2 // indirect
	github.com/spf13/pflag v1.0.9 // indirect
	go.yaml.in/yaml/v4 v4.0.0-rc.2 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)

replace github.com/bitacora-salud/bitacora/pkg => ../../pkg

replace github.com/bitacora-salud/bitacora/services/asset => ../asset

replace github.com/bitacora-salud/bitacora/services/workorder => ../workorder

replace github.com/bitacora-salud/bitacora/services/delivery => ../delivery

replace github.com/bitacora-salud/bitacora/services/status => ../status
