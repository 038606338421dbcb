package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"github.com/bitacora-salud/bitacora/pkg/config"
	"github.com/bitacora-salud/bitacora/pkg/event/kafkabus"
	"github.com/bitacora-salud/bitacora/pkg/process"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/run"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/audit"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/scenario"
)

func auditing() *cobra.Command {
	var reach scenario.Reach
	var user, acknowledged string
	var within time.Duration
	c := &cobra.Command{Use: "audit", Short: "Hold the services' documents, the topics and the planners' figures against each other", Args: cobra.NoArgs,
		Long: "Reads every document through the services, the newest record of each aggregate from the topics (where BITACORA_KAFKA_BROKERS says where they\n" +
			"are, with the variables of the services), and all figures, and ends with exit code 1 when they do not come to agree. It changes nothing.\n" +
			"While others write it may never agree. Tokens as for `bitacora scenario`.",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			tokens, err := reach.Tokens(cmd.Context())
			if err != nil {
				return err
			}
			cfg := audit.Config{Client: client.New(client.Config{Base: reach.At.Base(), Tokens: tokens}), User: user, Out: cmd.OutOrStdout(), Within: within}
			if cfg.Acknowledged, err = marks(acknowledged); err != nil {
				return err
			}
			bus, err := topics()
			if err != nil {
				return err
			}
			if bus != nil {
				cfg.Bus = bus
				defer func() {
					ctx, cancel := context.WithTimeout(context.WithoutCancel(cmd.Context()), closing)
					defer cancel()
					err = errors.Join(err, bus.Close(ctx))
				}()
			}
			return audit.Run(cmd.Context(), cfg)
		}}
	reach.Flags(c.Flags())
	c.Flags().StringVar(&user, "user", "auditor", "who asks: somebody who may read everything")
	c.Flags().StringVar(&acknowledged, "acknowledged", "", "file of versions that must be there, one a line as Bitacora-Written says them")
	c.Flags().DurationVar(&within, "within", 2*time.Minute, "how long what is under way may take to arrive everywhere")
	return c
}

// topics is where the environment says that the topics are; nil when it does not.
func topics() (*kafkabus.Bus, error) {
	if os.Getenv(process.Prefix+"_KAFKA_BROKERS") == "" {
		return nil, nil
	}
	var cfg struct{ Kafka process.Kafka }
	if err := config.Load(process.Prefix, &cfg, os.Environ()); err != nil {
		return nil, err
	}
	log, err := run.NewLogger(os.Stderr, "warn")
	if err != nil {
		return nil, err
	}
	c, err := cfg.Kafka.Bus("bitacora-audit")
	if err != nil {
		return nil, err
	}
	return kafkabus.New(c, log, prometheus.NewRegistry())
}

func marks(file string) (out []rest.Mark, err error) {
	if file == "" {
		return nil, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(b)) {
		m, err := rest.ParseMark(strings.TrimSpace(line))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		out = append(out, m)
	}
	return out, nil
}
