// Package audit holds three things against each other, which must agree whenever nothing is under way: the documents as the services list
// them, the newest record of each aggregate on the topics, and the planners' figures. It is for after a disturbance, a restore or a move.
package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
)

// Config is what an audit is given. Client and Out are required.
type Config struct {
	Client *client.Client
	// User may read everything: an auditor of the nation, whose name is the default.
	User string
	// Bus is where the topics are; nil leaves them out.
	Bus event.Bus
	Out io.Writer
	// Acknowledged are versions that somebody was told were written: each must be there, or a newer one.
	Acknowledged []rest.Mark
	// Within is how long the three may take to agree; 2 minutes when 0.
	Within time.Duration
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// audit is one run.
type audit struct {
	Config
	topics *topics
}

// finding is what one comparison said: what agrees, and what does not.
type finding struct {
	agrees []string
	wrong  []string
}

func (f *finding) add(format string, args ...any) {
	f.agrees = append(f.agrees, "ok   "+fmt.Sprintf(format, args...))
}

// Run compares until all agrees, and says so; the error lists what did not in the end.
func Run(ctx context.Context, cfg Config) (err error) {
	cfg.User = cmp.Or(cfg.User, "auditor")
	cfg.Within = cmp.Or(cfg.Within, 2*time.Minute)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	a := &audit{Config: cfg}
	if cfg.Bus != nil {
		a.topics = listen(cfg.Bus)
		defer func() { err = errors.Join(err, a.topics.replay.Close(ctx)) }()
	}
	begun := cfg.Now()
	deadline, cancel := context.WithTimeout(ctx, cfg.Within)
	defer cancel()
	for {
		f, err := a.compare(ctx)
		if err != nil {
			return err
		}
		if len(f.wrong) == 0 {
			_, err := fmt.Fprintf(cfg.Out, "%s\nall agree, %.1f s after the first look\n", strings.Join(f.agrees, "\n"), cfg.Now().Sub(begun).Seconds())
			return err
		}
		pause := time.NewTimer(time.Second)
		select {
		case <-pause.C:
		case <-deadline.Done():
			pause.Stop()
			return errors.New(summary(f.wrong))
		}
	}
}

// shown is how many differences an error names.
const shown = 20

func summary(wrong []string) string {
	slices.Sort(wrong)
	text := fmt.Sprintf("%d differences:\n%s", len(wrong), strings.Join(wrong[:min(shown, len(wrong))], "\n"))
	if len(wrong) > shown {
		text += "\n…"
	}
	return text
}

// compare is one look at everything. The documents are read first: what is published or counted later than they were is found by the next look.
func (a *audit) compare(ctx context.Context) (*finding, error) {
	f := &finding{}
	docs, err := a.documents(ctx)
	if err != nil {
		return nil, err
	}
	if a.topics != nil {
		if err := a.topics.read(ctx); err != nil {
			return nil, err
		}
		a.published(f, docs)
	}
	if err := a.counted(ctx, f, docs); err != nil {
		return nil, err
	}
	a.acknowledged(f, docs)
	return f, nil
}

// acknowledged looks for what somebody was told.
func (a *audit) acknowledged(f *finding, docs documents) {
	for _, m := range a.Acknowledged {
		if docs[m.Aggregate][m.ID] == nil {
			f.wrong = append(f.wrong, m.String()+" was acknowledged and is not in its service")
		}
		if a.topics == nil {
			continue
		}
		if r, ok := a.topics.newest[m.Aggregate][m.ID]; !ok || r.version < m.Version {
			f.wrong = append(f.wrong, fmt.Sprintf("%s was acknowledged; the topic has version %d", m, r.version))
		}
	}
	if len(a.Acknowledged) > 0 {
		f.add("%d acknowledged versions are there", len(a.Acknowledged))
	}
}
