package attack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/scenario"
)

// server is a program that serves, as a process that can be killed and started again at the same address.
type server struct {
	program string
	args    []string
	env     []string
	addr    string
	log     string // file that its words are added to
	from    int    // where those of the last start begin
	cmd     *exec.Cmd
	ended   chan error
}

// readiness bounds how long a start may take.
const readiness = 2 * time.Minute

// freeAddress is an address on the loopback that nobody has now.
func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// alone is the single binary on a data folder, started and ready.
func alone(ctx context.Context, cfg Config, dir string, env ...string) (*server, error) {
	s, err := prepared(ctx, cfg, dir, env...)
	if err != nil {
		return nil, err
	}
	return s, s.start(ctx)
}

// prepared is the single binary on a data folder, not started yet.
func prepared(ctx context.Context, cfg Config, dir string, env ...string) (*server, error) {
	addr, err := freeAddress(ctx)
	return &server{program: cfg.Program, args: []string{"serve"}, addr: addr, log: dir + ".log",
		env: append([]string{"BITACORA_HTTP_ADDR=" + addr, "BITACORA_DATA_DIR=" + dir, "BITACORA_LOG_LEVEL=warn"}, env...)}, err
}

// said is what the program said since it was started last.
func (s *server) said() string {
	b, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	return string(b[min(s.from, len(b)):])
}

// start runs the program and waits until it is ready; the error says that it ended, or is not in time.
func (s *server) start(ctx context.Context) error {
	log, err := os.OpenFile(s.log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has its own
	if info, err := log.Stat(); err == nil {
		s.from = int(info.Size())
	}
	s.cmd = exec.CommandContext(ctx, s.program, s.args...)
	s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = append(os.Environ(), s.env...), log, log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	s.ended = ended
	go func(cmd *exec.Cmd) { ended <- cmd.Wait() }(s.cmd)
	patience, cancel := context.WithTimeout(ctx, readiness)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ready(patience, s.addr) {
		select {
		case <-tick.C:
		case err := <-ended:
			s.cmd = nil
			return fmt.Errorf("%w: %w", errEnded, err)
		case <-patience.Done():
			return errors.Join(errors.New("not ready in time"), s.kill())
		}
	}
	return nil
}

// errEnded is that of a program that ends by itself.
var errEnded = errors.New("it ended")

func ready(ctx context.Context, addr string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/readyz", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close() // its status is what is asked for
	return resp.StatusCode == http.StatusOK
}

// kill ends the process as a power cut does.
func (s *server) kill() error {
	if s.cmd == nil {
		return nil
	}
	err := s.cmd.Process.Kill()
	killed := <-s.ended
	s.cmd = nil
	if killed == nil {
		return errors.Join(err, errors.New("it ended in order before it was killed"))
	}
	return err
}

// stop ends the process as an operator does.
func (s *server) stop() error {
	if s.cmd == nil {
		return nil
	}
	err := s.cmd.Process.Signal(syscall.SIGTERM)
	ended := <-s.ended
	s.cmd = nil
	return errors.Join(err, ended)
}

// asker asks the single binary as its demo users.
func (s *server) asker(dir string) (*client.Client, client.Tokens, error) {
	tokens, err := scenario.Local(dir)
	if err != nil {
		return nil, nil, err
	}
	return client.New(client.Config{Base: func(string) string { return "http://" + s.addr }, Tokens: tokens, Patience: time.Minute}), tokens, nil
}
