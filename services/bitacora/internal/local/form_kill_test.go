package local_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/visit"
)

// TestAFormOutlivesAKillAndIsCarriedOutOnce: what somebody types while the process is killed is sent to the next one as it is, in the same
// session; whatever the first one had done of it by then is not done again.
func TestAFormOutlivesAKillAndIsCarriedOutOnce(t *testing.T) {
	const kills = 3
	dir := t.TempDir()
	chance := rand.New(rand.NewPCG(11, 6)) //nolint:gosec // chosen moments, not secrets
	v := spawn(t, dir)
	issuer, err := local.Issuer(dir)
	if err != nil {
		t.Fatal(err)
	}
	setup := demo.Setup{Client: client.New(client.Config{Base: func(string) string { return v.url }, Tokens: issuer.Tokens(time.Hour)}), User: "admin"}
	if _, err := setup.Unit(t.Context(), demo.SantaRosalia); err != nil {
		t.Fatal(err)
	}
	kind, err := setup.Type(t.Context(), "hospital_bed")
	if err != nil {
		t.Fatal(err)
	}
	setup.Client.Close()
	b, err := visit.SignIn(t.Context(), v.url, "engineer-bcs")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for k := range kills {
		tag := fmt.Sprintf("KILL-%d", k)
		page, err := b.Get(t.Context(), "/equipos/nuevo?unit_id="+demo.SantaRosalia)
		if err != nil || len(page.Forms()) == 0 {
			t.Fatalf("%v %v", page, err)
		}
		var form url.Values
		for _, f := range page.Forms() {
			if f.Posts() {
				form = f.Values()
			}
		}
		form.Set("type_id", kind)
		form.Set("inventory_tag", tag)
		if k > 0 { // sent, and killed under it
			gone := make(chan struct{})
			go func() {
				defer close(gone)
				_, _ = b.Post(t.Context(), "/equipos/nuevo", form) // it may be answered or not
			}()
			select { // killed at some instant of the request
			case <-gone:
			case <-time.After(time.Duration(chance.IntN(12)) * time.Millisecond):
			}
			v.kill(t)
			<-gone
		} else {
			v.kill(t)
		}
		v = spawn(t, dir)
		b.Base = v.url
		var led [2]string
		for i := range led {
			p, err := b.Post(t.Context(), "/equipos/nuevo", form)
			if err != nil || p.Status != http.StatusSeeOther {
				t.Fatalf("kill %d: %v %v", k, p, err)
			}
			led[i] = p.Location
		}
		var list struct{ Items []struct{ ID string } }
		if err := v.Get(t.Context(), "admin", "/v1/assets?inventory_tag="+tag, &list); err != nil {
			t.Fatal(err)
		}
		if len(list.Items) != 1 || led[0] != led[1] || led[0] != "/equipos/"+list.Items[0].ID+"?hecho=nuevo" {
			t.Errorf("kill %d: %v, led to %v", k, list.Items, led)
		}
	}
	v.kill(t)
}
