module github.com/bitacora-salud/bitacora/services/asset

go 1.26

require github.com/bitacora-salud/bitacora/pkg v0.0.0

replace github.com/bitacora-salud/bitacora/pkg => ../../pkg
