package asset

import (
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/table"
)

// The columns of a table of assets. Their labels are the headings that such a table is written with.
var assetColumn = mx.Define("asset_column", mx.Words{
	{"unit", "CLUES", "CLUES"},
	{"type", "Tipo de equipo", "Equipment type"},
	{"area", "Área", "Area"},
	{"inventory_tag", "Número de inventario", "Inventory tag"},
	{"serial_number", "Número de serie", "Serial number"},
	{"brand", "Marca", "Brand"},
	{"model", "Modelo", "Model"},
	{"acquired_on", "Fecha de adquisición", "Acquired on"},
	{"installed_on", "Fecha de instalación", "Installed on"},
	{"warranty_until", "Garantía hasta", "Warranty until"},
	{"acquisition_cost", "Costo de adquisición", "Acquisition cost"},
	{"functioning", "Condición", "Condition"},
	{"custodian_post", "Puesto del resguardante", "Post of the custodian"},
	{"sanitary_registration", "Registro sanitario", "Sanitary registration"},
})

// columns are what is read of each; headings are those of Mexican inventories beside the label.
var columns = map[string]table.Column{
	"unit": {Needed: true, MaxLength: 40, Headings: []string{"Clave CLUES", "CLUES de la unidad", "CLUES IMB", "Unidad (CLUES)"}},
	"type": {Needed: true, MaxLength: 160, Headings: []string{"Tipo", "Tipo de bien", "Descripción", "Descripción del bien", "Descripción del equipo", "Descripción del artículo", "Nombre del equipo", "Nombre genérico", "Equipo", "Bien", "Artículo",
		"tipo_equipo", "tipo_de_equipo"}},
	"area": {MaxLength: 120, Headings: []string{"Área o servicio", "Área de ubicación", "Ubicación", "Ubicación física", "Servicio", "Departamento"}},
	"inventory_tag": {Needed: true, MaxLength: 60, Headings: []string{"No. de inventario", "No. inventario", "Nº de inventario", "N° de inventario", "Núm. de inventario", "Núm. inventario", "Num inventario", "Inventario", "Etiqueta",
		"Etiqueta de inventario", "Clave de inventario", "numero_inventario", "no_inventario"}},
	"serial_number": {MaxLength: 80, Headings: []string{"No. de serie", "No. serie", "Nº de serie", "N° de serie", "Núm. de serie", "Núm. serie", "Serie", "S/N", "numero_serie", "no_serie"}},
	"brand":         {MaxLength: 80, Headings: []string{"Marca del equipo", "Fabricante"}},
	"model":         {MaxLength: 80, Headings: []string{"Modelo del equipo"}},
	"acquired_on": {Kind: table.PastDate, Headings: []string{"Fecha de compra", "Fecha adquisición", "Fecha de alta", "Fecha", "Año de adquisición", "Adquisición",
		"fecha_adquisicion", "fecha_de_adquisicion"}},
	"installed_on":   {Kind: table.PastDate, Headings: []string{"Fecha instalación", "Instalación", "Fecha de puesta en marcha", "fecha_instalacion"}},
	"warranty_until": {Kind: table.AnyDate, Headings: []string{"Vencimiento de garantía", "Vigencia de garantía", "Fin de garantía", "Garantía", "garantia_hasta", "vencimiento_garantia"}},
	"acquisition_cost": {Kind: table.Amount, Headings: []string{"Costo", "Costo unitario", "Valor", "Valor de adquisición", "Precio", "Precio unitario", "Importe",
		"costo_adquisicion", "valor_adquisicion"}},
	"functioning":           {MaxLength: 40, Headings: []string{"Estado", "Estado físico", "Estado del equipo", "Estado de funcionamiento", "Funcionamiento", "Condiciones", "Estatus"}},
	"custodian_post":        {MaxLength: 120, Headings: []string{"Puesto del resguardatario", "Resguardante (puesto)", "Cargo del resguardante"}},
	"sanitary_registration": {MaxLength: 80, Headings: []string{"No. de registro sanitario", "Registro sanitario COFEPRIS", "registro_sanitario"}},
}

// Columns are the columns of a table of assets, declared once for reading and writing: each with its key, its heading in Spanish (the first) and
// the others by which inventories name it, and what its values are.
func Columns() []table.Column {
	keys := mx.Values(assetColumn)
	out := make([]table.Column, len(keys))
	for i, key := range keys {
		label, english := mx.Label(assetColumn, key)
		c := columns[key]
		c.Key, c.Headings = key, slices.Concat([]string{label}, c.Headings, []string{english, key})
		out[i] = c
	}
	return out
}
