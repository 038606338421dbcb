package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	ledgerName  = "bitacora.json"
	ledgerEvery = time.Second
)

// ledger is a file beside the log that says how long it is, so that a log that was cut off between two records is noticed. It is at most
// ledgerEvery old; the groups' commits, which are current, are compared with the log too.
type ledger struct {
	mu sync.Mutex
	// Fresh: see Broker.Fresh.
	Fresh bool `json:"fresh"`
	// Ends are the offsets after the last record of each partition of each topic.
	Ends map[string][]int64 `json:"ends"`
	// Owner and Generation: see Broker.Whole; 0 in the ledger of an earlier release.
	Owner      uint32 `json:"owner,omitempty"`
	Generation uint32 `json:"generation,omitempty"`
}

// checkOwner returns why the folder is not the one that is expected.
func (l *ledger) checkOwner(config Config) error {
	if config.Owner == 0 || l.Generation == 0 {
		return nil
	}
	if l.Owner != config.Owner {
		return errors.New("it is of another installation")
	}
	if !slices.Contains(config.Generations, l.Generation) {
		return fmt.Errorf("it is of start %d, the stores are of start %d", l.Generation, config.Generations[0])
	}
	return nil
}

func readLedger(dir string) (*ledger, error) {
	raw, err := os.ReadFile(filepath.Join(dir, ledgerName))
	if err != nil {
		return nil, err
	}
	l := &ledger{}
	if err := json.Unmarshal(raw, l); err != nil {
		return nil, fmt.Errorf("%s: %w", ledgerName, err)
	}
	return l, nil
}

// write replaces the file atomically; the caller holds l.mu or is alone.
func (l *ledger) write(dir string) error {
	raw, err := json.Marshal(l)
	if err != nil {
		return err
	}
	name := filepath.Join(dir, ledgerName)
	if err := os.WriteFile(name+".new", raw, 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// keepLedger saves the ends every ledgerEvery until ctx ends, and once more then.
func (b *Broker) keepLedger(ctx context.Context) {
	tick := time.NewTicker(ledgerEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		if err := b.saveEnds(context.WithoutCancel(ctx)); err != nil {
			b.config.Logger.Warn("embedded broker: its ledger was not written", "error", err)
		}
	}
}

func (b *Broker) saveEnds(ctx context.Context) error {
	ends, err := b.ends(ctx)
	if err != nil {
		return err
	}
	b.ledger.mu.Lock()
	defer b.ledger.mu.Unlock()
	if maps.EqualFunc(ends, b.ledger.Ends, slices.Equal[[]int64]) {
		return nil
	}
	b.ledger.Ends = ends
	return b.ledger.write(b.config.Dir)
}

// ends returns the offset after the last record of each partition.
func (b *Broker) ends(ctx context.Context) (map[string][]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	response, err := kmsg.NewPtrMetadataRequest().RequestWith(ctx, b.client) // no topic named: all
	if err != nil {
		return nil, fmt.Errorf("list the topics: %w", err)
	}
	ends := map[string][]int64{}
	for _, t := range response.Topics {
		partitions := b.cluster.PartitionInfos(*t.Topic)
		ends[*t.Topic] = make([]int64, len(partitions))
		for _, p := range partitions {
			ends[*t.Topic][p.Partition] = p.HighWatermark
		}
	}
	return ends, nil
}

// inspect compares the log with the ledger and the groups' commits, and returns what it lacks.
func (b *Broker) inspect(ctx context.Context) error {
	ends, err := b.ends(ctx)
	if err != nil {
		return err
	}
	end := func(topic string, partition int) int64 {
		if partition >= len(ends[topic]) {
			return -1
		}
		return ends[topic][partition]
	}
	var errs []error
	for topic, known := range b.ledger.Ends {
		for p, least := range known {
			if end(topic, p) < least {
				errs = append(errs, fmt.Errorf("%s[%d] ends at %d, it went to %d once", topic, p, end(topic, p), least))
			}
		}
	}
	return errors.Join(append(errs, b.inspectGroups(ctx, end))...)
}

func (b *Broker) inspectGroups(ctx context.Context, end func(topic string, partition int) int64) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	groups, err := kmsg.NewPtrListGroupsRequest().RequestWith(ctx, b.client)
	if err == nil {
		err = kerr.ErrorForCode(groups.ErrorCode)
	}
	if err != nil {
		return fmt.Errorf("list the groups: %w", err)
	}
	var errs []error
	for _, g := range groups.Groups {
		info := b.cluster.GroupInfo(g.Group)
		if info == nil {
			continue
		}
		for topic, commits := range info.Commits {
			for p, c := range commits {
				if end(topic, int(p)) < c.Offset {
					errs = append(errs, fmt.Errorf("%s[%d] ends at %d, group %s has read up to %d", topic, p, end(topic, int(p)), g.Group, c.Offset))
				}
			}
		}
	}
	return errors.Join(errs...)
}
