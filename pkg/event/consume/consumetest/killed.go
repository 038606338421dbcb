package consumetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/pkg/event/relay"
)

// The variables that tell a child process of the suite where to work.
const (
	envVariable   = "BITACORA_CONSUMETEST_ENV"
	workVariable  = "BITACORA_CONSUMETEST_WORK"
	placeVariable = "BITACORA_CONSUMETEST_PLACE"
)

const (
	killedAssets = 8
	kills        = 6
)

// Child must be called first in TestMain, with every environment on which the program runs the suite. In a child process of the suite it writes,
// relays and consumes until it is killed, and never returns. A child has the environment variables of its parent.
func Child(envs ...Env) {
	for _, env := range envs {
		if env.Name == os.Getenv(envVariable) {
			err := works[os.Getenv(workVariable)](context.Background(), env, os.Getenv(placeVariable), os.Stdout)
			_, _ = fmt.Fprintln(os.Stderr, err) // the parent shows it
			os.Exit(1)
		}
	}
}

// works are what a child can do until it is killed.
var works = map[string]func(ctx context.Context, env Env, place string, out io.Writer) error{"everything": work, "handling": handling}

// stage is everything of one place, in a process that can be killed.
type stage struct {
	bus    event.Bus
	topic  string
	pub    *publisher
	lis    *listener
	close  func()
	runner []func(context.Context) error
}

func openStage(ctx context.Context, env Env, place string) (*stage, error) {
	bus, stop, err := env.Bus(ctx, place)
	if err != nil {
		return nil, err
	}
	s := &stage{bus: bus, topic: topicOf(place)}
	published, err1 := env.Driver(ctx, place, "publisher")
	heard, err2 := env.Driver(ctx, place, "listener")
	if err := errors.Join(err1, err2, bus.CreateTopics(ctx, []string{s.topic})); err != nil {
		return nil, err
	}
	s.close = func() {
		ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
		defer cancel()
		_, _ = published.Close(ctx), heard.Close(ctx) // the end of a test
		stop()
	}
	if s.pub, err = newPublisher(ctx, published, bus, s.topic, quick("test")); err != nil {
		return nil, err
	}
	if s.lis, err = newListener(ctx, heard); err != nil {
		return nil, err
	}
	if err := s.refill(ctx); err != nil {
		return nil, err
	}
	views, err1 := s.lis.consumer(bus, group(place, "views"), s.topic, consume.Fold(s.lis.project))
	tallies, err2 := s.lis.consumer(bus, group(place, "tallies"), s.topic, consume.React(s.lis.react))
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	s.runner = []func(context.Context) error{s.pub.relay.Run, views.Run, tallies.Run}
	return s, nil
}

// refill publishes everything again where the broker has begun its log anew, before anything else is published.
func (s *stage) refill(ctx context.Context) error {
	lossy, is := s.bus.(LossyBus)
	if !is || !lossy.Fresh() {
		return nil
	}
	if _, err := relay.Republish(ctx, s.pub.store, s.bus, "test", s.topic); err != nil {
		return err
	}
	return lossy.Whole()
}

// work writes, relays and consumes, and says what was acknowledged, until it is killed.
func work(ctx context.Context, env Env, place string, out io.Writer) error {
	s, err := openStage(ctx, env, place)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, run := range s.runner {
		g.Go(func() error { return run(ctx) })
	}
	for i := range killedAssets {
		g.Go(func() error {
			id := fmt.Sprintf("a%03d", i)
			for ctx.Err() == nil {
				version, err := s.pub.put(ctx, id, "killed")
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintf(out, "ack %s %d\n", id, version); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// testKilled: a process that writes, relays and consumes is killed at random moments. What it had acknowledged is there, its events
// are in the topic at least once and in order (in a log that was begun anew: from the snapshot on), the history has each of them, and
// what others made of them is right, with no effect done twice.
func testKilled(t *testing.T, env Env) {
	place := env.Place(t)
	acked := map[string]int64{}
	for i := range kills {
		random := rand.New(rand.NewPCG(uint64(i), 4))
		killOne(t, env, "everything", place, acked, time.Duration(200+random.IntN(1500))*time.Millisecond)
	}
	if len(acked) == 0 {
		t.Fatal("nothing was ever acknowledged")
	}
	ctx, cancel := context.WithCancel(caller.AsSystem(t.Context(), "tester"))
	defer cancel()
	s, err := openStage(ctx, env, place)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	g, running := errgroup.WithContext(ctx)
	for _, run := range s.runner {
		g.Go(func() error { return run(running) })
	}
	k := &kit{TB: t, ctx: ctx, place: place, topic: s.topic, bus: &faultyBus{Bus: s.bus}, pub: s.pub, lis: s.lis, env: env}
	k.eventually(k.drained)
	k.eventually(func() error { return k.caughtUp(s.lis, true, true) })
	final := map[string]int64{}
	k.must(s.pub.assets.Stream(ctx, docstore.Query{}, func(a docstore.Doc[asset]) error {
		final[a.ID] = a.Version
		return wholeHistory(ctx, s.pub.relay, a.ID, a.Version)
	}))
	for id, version := range acked {
		if final[id] < version {
			t.Errorf("%s is at %d, acknowledged %d", id, final[id], version)
		}
	}
	k.must(inOrder(ctx, s.bus, s.topic, group(place, "reader"), final))
	k.noLetters(s.pub.dead, s.lis.dead)
	t.Logf("%d kills, versions %v", kills, final)
	cancel()
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

// killOne runs a child, kills it some time after its first acknowledgement, and notes what it had acknowledged.
func killOne(t *testing.T, env Env, work, place string, acked map[string]int64, after time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), envVariable+"="+env.Name, workVariable+"="+work, placeVariable+"="+place)
	var complaints strings.Builder
	child.Stderr = &complaints
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var kill *time.Timer
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var id string
		var version int64
		if n, _ := fmt.Sscanf(lines.Text(), "ack %s %d", &id, &version); n == 2 {
			acked[id] = max(acked[id], version)
		}
		if kill == nil {
			kill = time.AfterFunc(after, func() { _ = child.Process.Kill() }) // SIGKILL; an error says that it is gone
			defer kill.Stop()
		}
	}
	_ = child.Wait() // killed, which is an error
	if kill == nil {
		t.Fatalf("the child did nothing: %s", complaints.String())
	}
}

// handling handles one event, says so, and goes no further.
func handling(ctx context.Context, env Env, place string, out io.Writer) error {
	s, err := openStage(ctx, env, place)
	if err != nil {
		return err
	}
	if _, err := s.pub.put(ctx, "a1", "handled"); err != nil {
		return err
	}
	if err := s.pub.relay.Flush(ctx); err != nil {
		return err
	}
	c, err := s.lis.consumer(s.bus, group(place, "dies"), s.topic, consume.React(func(ctx context.Context, e event.Envelope) error {
		if err := s.lis.react(ctx, e); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "ack %s %d\n", e.Subject, e.StateVersion); err != nil {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	}))
	if err != nil {
		return err
	}
	return c.Run(ctx)
}

// testKilledHandling: a consumer that is killed when it has handled an event and not committed it gets it again, to no effect.
func testKilledHandling(t *testing.T, env Env) {
	place := env.Place(t)
	acked := map[string]int64{}
	killOne(t, env, "handling", place, acked, 200*time.Millisecond)
	if acked["a1"] != 1 {
		t.Fatalf("handled %v", acked)
	}
	ctx, cancel := context.WithCancel(caller.AsSystem(t.Context(), "tester"))
	defer cancel()
	s, err := openStage(ctx, env, place)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	again := make(chan int64, 10)
	c, err := s.lis.consumer(s.bus, group(place, "dies"), s.topic, consume.React(func(ctx context.Context, e event.Envelope) error {
		err := s.lis.react(ctx, e)
		again <- e.StateVersion
		return err
	}))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	select {
	case <-again:
	case <-time.After(waitLimit):
		t.Error("the event was not delivered again")
	}
	if tally, err := s.lis.tally.Get(ctx, "a1"); err != nil || tally.Times != 1 {
		t.Errorf("tally %+v: %v", tally, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
