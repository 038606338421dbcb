package devissuer

import "github.com/google/uuid"

// The contractors of the demo data: ids as any client may send them (UUIDv7), so that a contractor is registered under the one that
// grants name.
const (
	DemoContractorA = "01941f29-7c00-7000-8000-00000000c00a"
	DemoContractorB = "01941f29-7c00-7000-8000-00000000c00b"
)

// demoSpace is the name space of the demo's ids.
var demoSpace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://bitacora.example/demo"))

// User is somebody the development issuer hands out tokens for.
type User struct {
	// Name is the client id at the token endpoint and what `bitacora token` is given.
	Name string
	// Given and Family are what the person is called, invented; Title says in Spanish who that is, and is the person's post.
	Given, Family, Title string
	// Subject is the opaque id in tokens and events.
	Subject string
	Grants  []string
}

// Subject is the opaque id of the demo user name.
func Subject(name string) string {
	return uuid.NewSHA1(demoSpace, []byte("user/"+name)).String()
}

// Users lists the demo users. Their units are those of DOMAIN's section 3.5: synthetic CLUES for the places of the article.
func Users() []User {
	users := []User{
		{Name: "director-santa-rosalia", Given: "Lucía", Family: "Arce Cota", Title: "Directora de la Clínica Hospital Santa Rosalía", Grants: []string{"unit_director@unit:BSIST000014"}},
		{Name: "director-vizcaino", Given: "Raúl", Family: "Meza Villavicencio", Title: "Director de la UMF Vizcaíno", Grants: []string{"unit_director@unit:BSIST000026"}},
		{Name: "director-guerrero-negro", Given: "Teresa", Family: "Murillo Geraldo", Title: "Directora de la UMF Guerrero Negro", Grants: []string{"unit_director@unit:BSIST000031"}},
		{Name: "requester-santa-rosalia", Given: "Inés", Family: "Ojeda Romero", Title: "Personal de la Clínica Hospital Santa Rosalía", Grants: []string{"requester@unit:BSIST000014"}},
		{Name: "engineer-bcs", Given: "Paula", Family: "Osuna Liera", Title: "Ingeniera biomédica de Baja California Sur", Grants: []string{"biomedical_engineer@office:baja-california-sur"}},
		{Name: "engineer-sonora", Given: "Iván", Family: "Yocupicio Soto", Title: "Ingeniero biomédico de Sonora", Grants: []string{"biomedical_engineer@office:sonora"}},
		{Name: "office-bcs", Given: "Marcos", Family: "Peralta Higuera", Title: "Subdelegación de Administración de Baja California Sur", Grants: []string{"office_administrator@office:baja-california-sur"}},
		{Name: "office-sonora", Given: "Elena", Family: "Bórquez Tapia", Title: "Subdelegación de Administración de Sonora", Grants: []string{"office_administrator@office:sonora"}},
		{Name: "contracts", Given: "Rogelio", Family: "Santana Cruz", Title: "Administración de contratos", Grants: []string{"contract_administrator@nation"}},
		{Name: "planner", Given: "Noé", Family: "Paz Barrera", Title: "Planeación nacional", Grants: []string{"planner@nation"}},
		{Name: "planner-sonora", Given: "Daniela", Family: "Félix Moroyoqui", Title: "Planeación de Sonora", Grants: []string{"planner@office:sonora"}},
		{Name: "auditor", Given: "Amalia", Family: "Quiroz Leal", Title: "Auditoría", Grants: []string{"auditor@nation"}},
		{Name: "admin", Given: "Saúl", Family: "Lim Castro", Title: "Administración del sistema", Grants: []string{"admin@nation"}},
		{Name: "contractor-a", Given: "Rita", Family: "Sanz Domínguez", Title: "Contratista A", Grants: []string{"contractor@contractor:" + DemoContractorA}},
		{Name: "contractor-b", Given: "Hugo", Family: "Villa Ponce", Title: "Contratista B", Grants: []string{"contractor@contractor:" + DemoContractorB}},
		{Name: "technician", Given: "Alberto", Family: "Ruiz Amador", Title: "Técnico", Grants: []string{"technician@technician:" + Subject("technician")}},
	}
	for i := range users {
		users[i].Subject = Subject(users[i].Name)
	}
	return users
}

// UserByName is the demo user of that name.
func UserByName(name string) (User, bool) {
	return userBy(func(u User) bool { return u.Name == name })
}

func userBySubject(subject string) (User, bool) {
	return userBy(func(u User) bool { return u.Subject == subject })
}

func userBy(is func(User) bool) (User, bool) {
	for _, u := range Users() {
		if is(u) {
			return u, true
		}
	}
	return User{}, false
}
