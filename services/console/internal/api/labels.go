package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync/atomic"
	"time"
)

// Word is a value of a vocabulary and how it is called.
type Word struct {
	Value   string `json:"value"`
	Spanish string `json:"es"`
}

// learnt are the services' vocabularies by name, as Learn read them last.
var learnt atomic.Pointer[map[string][]Word]

// Words are a vocabulary's words in their order, as the services tell them; nil while nothing was heard of it.
func Words(vocabulary string) []Word {
	if all := learnt.Load(); all != nil {
		return (*all)[vocabulary]
	}
	return nil
}

// Services are those that serve vocabularies and dead letters, each under its name.
var Services = []string{"asset", "workorder", "delivery", "status", "people"}

// How often Learn asks: again soon where a service could not be asked, else rarely, as words come with a new release alone.
const (
	askAgain  = 5 * time.Second
	askRarely = 10 * time.Minute
)

// Learn reads the services' vocabularies, which everybody may read, and keeps them until ctx ends; failed is told of what could not be had.
func Learn(ctx context.Context, to http.RoundTripper, failed func(error)) error {
	for {
		pause := askRarely
		if err := learn(ctx, to); err != nil {
			pause = askAgain
			failed(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// learn asks all services once. What one of them does not answer stays as it was.
func learn(ctx context.Context, to http.RoundTripper) error {
	all := map[string][]Word{}
	if before := learnt.Load(); before != nil {
		maps.Copy(all, *before)
	}
	var errs []error
	for _, service := range Services {
		words, err := vocabularies(ctx, to, service)
		if err != nil {
			errs = append(errs, fmt.Errorf("labels of %s: %w", service, err))
		}
		maps.Copy(all, words)
	}
	learnt.Store(&all)
	return errors.Join(errs...)
}

func vocabularies(ctx context.Context, to http.RoundTripper, service string) (map[string][]Word, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, host+"/"+service+"/labels", nil)
	if err != nil {
		return nil, err
	}
	answer, err := to.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", answer.StatusCode)
	}
	var words map[string][]Word
	return words, json.NewDecoder(io.LimitReader(answer.Body, maxAnswer)).Decode(&words)
}
