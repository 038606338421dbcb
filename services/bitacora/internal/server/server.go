// Package server runs a program that serves, as a process that can be killed and started again at the same address. It is for tests and
// attacks.
package server

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
)

// Server is a program and how it is started.
type Server struct {
	Program string
	Args    []string
	Env     []string // beside this process's own
	Addr    string   // where it listens
	Log     string   // file that its words are added to

	from  int // where those of the last start begin
	cmd   *exec.Cmd
	ended chan error
}

// readiness bounds how long a start may take.
const readiness = 2 * time.Minute

// FreeAddress is an address on the loopback that nobody has now.
func FreeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// Said is what the program said since it was started last.
func (s *Server) Said() string {
	b, err := os.ReadFile(s.Log)
	if err != nil {
		return err.Error()
	}
	return string(b[min(s.from, len(b)):])
}

// Start runs the program and waits until it is ready; the error says that it ended, or is not in time.
func (s *Server) Start(ctx context.Context) error {
	log, err := os.OpenFile(s.Log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has its own
	if info, err := log.Stat(); err == nil {
		s.from = int(info.Size())
	}
	s.cmd = exec.CommandContext(ctx, s.Program, s.Args...)
	s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = append(os.Environ(), s.Env...), log, log
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
	for !s.Ready(patience) {
		select {
		case <-tick.C:
		case err := <-ended:
			s.cmd = nil
			return fmt.Errorf("%w: %w", ErrEnded, err)
		case <-patience.Done():
			return errors.Join(errors.New("not ready in time"), s.Kill())
		}
	}
	return nil
}

// ErrEnded is that of a program that ends by itself.
var ErrEnded = errors.New("it ended")

// Ready says whether it may be sent requests.
func (s *Server) Ready(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL()+"/readyz", nil)
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

// Kill ends the process as a power cut does.
func (s *Server) Kill() error {
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

// Stop ends the process as an operator does.
func (s *Server) Stop() error {
	if s.cmd == nil {
		return nil
	}
	err := s.cmd.Process.Signal(syscall.SIGTERM)
	ended := <-s.ended
	s.cmd = nil
	return errors.Join(err, ended)
}

// URL is its address for clients.
func (s *Server) URL() string { return "http://" + s.Addr }

// PID is the process's id while it runs.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Run runs another command of a program and answers what it says, also where it fails.
func Run(ctx context.Context, program string, env []string, args ...string) (said string, err error) {
	c := exec.CommandContext(ctx, program, args...)
	c.Env = append(os.Environ(), env...)
	b, err := c.CombinedOutput()
	return string(b), err
}
