package testenv_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

func TestNameIsFitForDatabasesAndTopics(t *testing.T) {
	fit := regexp.MustCompile(`^[a-z0-9-]{1,41}$`)
	for _, title := range []string{"Short", "con espacios, acentos (áéí) y / barras", "a very long name that no database server would take as it is given here"} {
		t.Run(title, func(t *testing.T) {
			first, second := testenv.Name(t), testenv.Name(t)
			if !fit.MatchString(first) || !fit.MatchString(second) {
				t.Errorf("names %q and %q do not match %v", first, second, fit)
			}
			if first == second {
				t.Errorf("the same name twice: %q", first)
			}
		})
	}
}

// A cluster of one plain process stands for the servers: what counts is who is killed and what is started again, also where the first
// command gives up before the members answer.
func TestClusterKillsAndStartsAgain(t *testing.T) {
	home := t.TempDir()
	up := filepath.Join(home, "up.sh")
	script := `mkdir -p "` + home + `/1"; if [ ! -e "` + home + `/late" ]; then touch "` + home + `/late"; exit 1; fi; echo started >>"` + home + `/starts"; echo 'export KAFKA_BROKERS="127.0.0.1:9092"'`
	if err := os.WriteFile(up, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(testenv.EnvKafkaUp, "sh "+up)
	t.Setenv(testenv.EnvKafkaBrokersHome, home)

	cluster := testenv.KafkaBrokers(t)
	if cluster.URI != "127.0.0.1:9092" || cluster.Index(t, "127.0.0.1:9092") != 0 {
		t.Fatalf("cluster %+v", cluster)
	}
	member := exec.CommandContext(t.Context(), "sleep", "60")
	if err := member.Start(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "1", "kafka.pid"), []byte(strconv.Itoa(member.Process.Pid)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cluster.Kill(t, 0)
	if err := member.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Errorf("the member ended with %v, want signal: killed", err)
	}
	cluster.Restart(t)
	if starts, err := os.ReadFile(filepath.Join(home, "starts")); err != nil || string(starts) != "started\nstarted\n" {
		t.Errorf("starts %q, error %v; want two", starts, err)
	}
}
