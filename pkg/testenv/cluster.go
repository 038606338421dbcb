package testenv

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Environment variables of the clusters whose members tests may kill. …_UP is a command line for
// sh that starts the members that do not run, waits until all answer and prints
// `export MONGODB_URI="…"` or `export KAFKA_BROKERS="…"`; …_HOME is the folder with the members'
// pid files: <port>/mongod.pid and <id>/kafka.pid, ids counting from 1.
const (
	EnvMongoUp          = "BITACORA_TEST_MONGO_UP"
	EnvMongoMembersHome = "BITACORA_TEST_MONGO_MEMBERS_HOME"
	EnvKafkaUp          = "BITACORA_TEST_KAFKA_UP"
	EnvKafkaBrokersHome = "BITACORA_TEST_KAFKA_BROKERS_HOME"
)

// Cluster is a set of server processes, each of which a test may kill and start again. Tests that run in parallel must not share one.
type Cluster struct {
	// URI is what a client connects to: a MongoDB connection string, or Kafka's bootstrap addresses, comma separated.
	URI string
	// Addrs are the members, host:port. Kafka's broker ids count from 1 in this order.
	Addrs []string

	up      string
	pidFile func(i int) string
}

// MongoMembers returns a replica set of plain mongod processes, all running. Members that the test kills are started again when it ends. Without
// such a set (see EnvMongoUp) the test is skipped; under CI it fails.
func MongoMembers(t testing.TB) *Cluster {
	t.Helper()
	c, home := newCluster(t, "MongoDB replica set", EnvMongoUp, EnvMongoMembersHome)
	hosts, _, _ := strings.Cut(strings.TrimPrefix(c.URI, "mongodb://"), "/")
	c.Addrs = strings.Split(hosts, ",")
	c.pidFile = func(i int) string {
		_, port, _ := strings.Cut(c.Addrs[i], ":")
		return filepath.Join(home, port, "mongod.pid")
	}
	return c
}

// KafkaBrokers returns a cluster of plain Kafka processes, all running. Brokers that the test kills are started again when it ends. Without such a
// cluster (see EnvKafkaUp) the test is skipped; under CI it fails.
func KafkaBrokers(t testing.TB) *Cluster {
	t.Helper()
	c, home := newCluster(t, "Kafka cluster", EnvKafkaUp, EnvKafkaBrokersHome)
	c.Addrs = strings.Split(c.URI, ",")
	c.pidFile = func(i int) string { return filepath.Join(home, strconv.Itoa(i+1), "kafka.pid") }
	return c
}

func newCluster(t testing.TB, what, upEnv, homeEnv string) (c *Cluster, home string) {
	t.Helper()
	up, home := os.Getenv(upEnv), os.Getenv(homeEnv)
	if up == "" || home == "" {
		unavailable(t, "no "+what+" whose members may be killed: "+upEnv+" and "+homeEnv+" are not both set")
	}
	c = &Cluster{up: up}
	c.Restart(t)
	t.Cleanup(func() {
		for i := range c.Addrs { // a frozen member would neither answer nor be started again
			if pid, err := c.pid(i); err == nil {
				_ = syscall.Kill(pid, syscall.SIGCONT)
			}
		}
		c.Restart(t)
	})
	return c, home
}

// Kill kills member i with SIGKILL. It does not wait until the others notice.
func (c *Cluster) Kill(t testing.TB, i int) { t.Helper(); c.Signal(t, i, syscall.SIGKILL) }

// Signal sends a signal to member i: after SIGSTOP it stays connected but does not answer, until SIGCONT.
func (c *Cluster) Signal(t testing.TB, i int, signal syscall.Signal) {
	t.Helper()
	pid, err := c.pid(i)
	if err == nil {
		err = syscall.Kill(pid, signal)
	}
	if err != nil {
		t.Fatalf("send %v to member %s: %v", signal, c.Addrs[i], err)
	}
}

func (c *Cluster) pid(i int) (int, error) {
	text, err := os.ReadFile(c.pidFile(i))
	if err != nil {
		return 0, fmt.Errorf("its pid: %w", err)
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// Index returns the index in [Cluster.Addrs] of an address, such as the primary's in the answer to a hello command. The test fails if there is
// none.
func (c *Cluster) Index(t testing.TB, addr string) int {
	t.Helper()
	i := slices.Index(c.Addrs, addr)
	if i < 0 {
		t.Fatalf("%s is none of the members %v", addr, c.Addrs)
	}
	return i
}

var exportLine = regexp.MustCompile(`(?m)^export (?:MONGODB_URI|KAFKA_BROKERS)="([^"]+)"$`)

// restarts is how often members are waited for: the command that starts them gives up after a minute or so, which a loaded machine needs for
// the start of a broker alone. Members that are on their way go on meanwhile, and those that ended are started again.
const restarts = 6

// Restart starts every member that does not run and returns when all of them answer again.
func (c *Cluster) Restart(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	out, err := c.start(ctx)
	for range restarts - 1 {
		if err == nil || ctx.Err() != nil {
			break
		}
		t.Logf("wait for the cluster again: %v", err)
		out, err = c.start(ctx)
	}
	if err != nil {
		t.Fatalf("start the cluster with %q: %v", c.up, err)
	}
	found := exportLine.FindSubmatch(out)
	if found == nil {
		t.Fatalf("%q printed no address: %s", c.up, out)
	}
	c.URI = string(found[1])
}

func (c *Cluster) start(ctx context.Context) ([]byte, error) {
	command := exec.CommandContext(ctx, "sh", "-c", c.up)
	command.Stderr = os.Stderr // a file: the servers it leaves behind inherit it and would hold a pipe open
	command.WaitDelay = time.Second
	return command.Output()
}
