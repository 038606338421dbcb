package command

import (
	"bytes"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
)

// TestRefusedBeforeAnythingIsOpened: what names no service's database, no service or no topic of it is refused, with what would be right,
// before a store or a broker is asked; none is there to answer.
func TestRefusedBeforeAnythingIsOpened(t *testing.T) {
	for name, value := range map[string]string{"DATA_DIR": t.TempDir(), "MONGODB_URI": "mongodb://127.0.0.1:1", "KAFKA_BROKERS": "127.0.0.1:1", "OIDC_ISSUER": "https://id.example"} {
		t.Setenv("BITACORA_"+name, value)
	}
	const one = "bitacora_asset"
	for _, c := range []struct{ database, command, want string }{
		{one, "republish", "--service NAME"},
		{one, "republish --service asset,workorder", "--service NAME"},
		{one, "republish bitacora.units", "--service NAME"},
		{one, "survey", "--service NAME"},
		{one, "migrate", "--service NAME"},
		{one, "republish --service assets", `no service is called "assets": asset, workorder`},
		{"", "republish --service asset --service nobody", `no service is called "nobody"`},
		{"", "survey --service nobody", `no service is called "nobody"`},
		{"", "migrate --service nobody", `no service is called "nobody"`},
		{one, "republish --service asset bitacora.unit", `no topic is called "bitacora.unit": bitacora.units, `},
		{"", "republish bitacora.unit", `no topic is called "bitacora.unit": bitacora.units, `},
		{one, "republish --service asset bitacora.units bitacora.visits", "the topic bitacora.visits is the service workorder's"},
		{"", "republish --service status,delivery bitacora.units", "the topic bitacora.units is the service asset's"},
	} {
		t.Setenv("BITACORA_MONGODB_DATABASE", c.database)
		if _, err := carryOut(t, c.command); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with database %q: %v, want %s", c.command, c.database, err, c.want)
		}
	}
	t.Setenv("BITACORA_MONGODB_URI", "")
	for _, command := range []string{"republish bitacora.units", "republish --service asset", "survey --service asset"} {
		if _, err := carryOut(t, command); err == nil || !strings.Contains(err.Error(), "as a whole") {
			t.Errorf("%s of a data folder: %v", command, err)
		}
	}
}

// TestChosen: one service's database is enough for that service, and without one named all are meant.
func TestChosen(t *testing.T) {
	if parts, err := chosen([]string{"workorder"}, "bitacora_workorder"); err != nil || len(parts) != 1 || parts[0].Name != "workorder" {
		t.Errorf("%v, %v", parts, err)
	} else if err := published(parts, []string{"bitacora.visits"}); err != nil {
		t.Error(err)
	}
	if parts, err := chosen(nil, ""); err != nil || len(parts) != len(local.Parts()) {
		t.Errorf("%v, %v", parts, err)
	}
}

func carryOut(t *testing.T, command string) (said string, err error) {
	t.Helper()
	root, out := Root("test"), new(bytes.Buffer)
	root.SetOut(out)
	root.SetArgs(strings.Fields(command))
	err = root.ExecuteContext(t.Context())
	return strings.TrimSpace(out.String()), err
}
