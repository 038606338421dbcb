// Package ui is what pages are made of: data in, HTML out. It knows no HTTP, no rule and no service; its components are named after the classes
// of the style sheet.
package ui

import (
	"fmt"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Words are the sentences of one package, a vocabulary of mx.
type Words string

// Say is a sentence in Spanish, with args put in as fmt does. A key that the vocabulary lacks is a mistake of the program.
func (w Words) Say(key string, args ...any) string {
	if !mx.Valid(string(w), key) {
		panic(fmt.Errorf("ui: there is no %q among the words of %s", key, string(w)))
	}
	es, _ := mx.Label(string(w), key)
	if len(args) == 0 {
		return es
	}
	return fmt.Sprintf(es, args...)
}

// Frame is what is around a page.
type Frame struct {
	// Title is the page's, without the product's name.
	Title string
	// Styles and Script are addresses of what it loads.
	Styles []string
	Script string
	// Who is signed in, nil when nobody is.
	Who *Who
	// Nav is the main navigation; a form has none.
	Nav []NavItem
	// Form says that the page is a form: no navigation, one way back, the confirm bar at the bottom.
	Form bool
	// Seen is when the page was made, as it is told on paper.
	Seen string
	// Leave holds the hidden fields of the form that signs out.
	Leave FormFields
}

// Who is signed in, in words.
type Who struct {
	// Post is the first role ("Titular de la unidad"), Place where it is held ("Unidad BSIST000014").
	Post, Place string
}

// NavItem is an entry of the main navigation.
type NavItem struct {
	Href, Label string
	Icon        string
	Current     bool
}

// FormFields are the hidden fields that every form carries.
type FormFields struct {
	// Key is the Idempotency-Key: a form that is sent twice does nothing twice.
	Key string
	// For is who the form was made for, sealed: nobody else's browser may send it.
	For string
	// Version is the document's version as the form shows it; empty where there is none.
	Version string
	// Kept is the key of the form that was kept while nobody was signed in; empty of others.
	Kept string
}

// Names of the hidden fields.
const (
	FieldKey     = "idempotency_key"
	FieldFor     = "hecho_para"
	FieldVersion = "version"
	// FieldKept is the key under which the form was kept while nobody was signed in.
	FieldKept = "pendiente"
)

// words of the layout.
var words = Words(mx.Define("console_layout", mx.Words{
	{"product", "Bitácora", "Bitácora"},
	{"skip", "Saltar al contenido", "Skip to the content"},
	{"nav", "Principal", "Main"},
	{"who_am_i", "Quién soy y qué puedo hacer", "Who I am and what I may do"},
	{"leave", "Cerrar la sesión", "Sign out"},
	{"home", "Inicio", "Home"},
	{"both_hours", "%s; la suya, %s", "%s; yours, %s"},
	{"seen_by", "%s, %s. Consultado el %s.", "%s, %s. As seen on %s."},
}))

// What people call the hour of a time zone.
var _ = mx.Define("zone", mx.Words{
	{"mexico_city", "hora del Centro", "Central time"},
	{"mazatlan", "hora del Pacífico", "Pacific time"},
	{"hermosillo", "hora de Sonora", "Sonora time"},
	{"tijuana", "hora del Noroeste", "Northwestern time"},
	{"cancun", "hora del Sureste", "Southeastern time"},
	{"chihuahua", "hora de Chihuahua", "Chihuahua time"},
	{"ciudad_juarez", "hora de Ciudad Juárez", "Ciudad Juárez time"},
	{"matamoros", "hora de Matamoros", "Matamoros time"},
	{"ojinaga", "hora de Ojinaga", "Ojinaga time"},
})
