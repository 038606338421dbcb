package process

import (
	"context"
	"log/slog"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/relay"
)

// Survey counts the documents of the service's collections and, with topics, compares its topics with them; see relay.Survey. It may run
// beside the service, but documents that are written meanwhile show up as differences.
func Survey(ctx context.Context, name string, cfg Config, build New, log *slog.Logger, topics bool) (counts []relay.Count, perTopic []relay.TopicCount, err error) {
	err = with(ctx, name, cfg, build, log, func(p *parts) error {
		if err := p.service.Store.Check(ctx); err != nil {
			return err
		}
		var bus event.Bus
		if topics {
			bus = p.bus
		}
		var err error
		counts, perTopic, err = relay.Survey(ctx, p.service.Store, bus)
		return err
	})
	return counts, perTopic, err
}
