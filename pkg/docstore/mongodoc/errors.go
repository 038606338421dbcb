package mongodoc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// errOutboxFull is of an update whose own content would fit: its document is full of events that wait for the broker.
var errOutboxFull = fmt.Errorf("%w: the document's events that wait for the broker leave no room for another", docstore.ErrUnavailable)

// Codes of the server's errors that this package treats in a way of its own.
const (
	codeDuplicateKey   = 11000
	codeImmutableField = 66
	codeWriteConflict  = 112
	codeObjectTooLarge = 10334
	codeUpdateTooLarge = 17419
)

// Labels that the server and its driver put on errors.
const (
	labelTransient     = "TransientTransactionError"
	labelUnknownCommit = "UnknownTransactionCommitResult"
)

// passing are codes of faults that another try may mend, beside those that carry a label: not primary, shutting down, stepped down,
// interrupted, out of time, a lock or snapshot not to be had, disk full.
var passing = []int{6, 7, 24, 43, 46, 50, 63, 64, 79, 89, 91, 100, 112, 133, 134, 150, 189, 202, 234, 237, 246, 251, 262, 10107, 11600, 11601, 11602,
	13388, 13435, 13436, 14031}

// fault turns an error of the driver's into one of docstore's, without its types.
func fault(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%w: %w: %s", docstore.ErrUnavailable, context.Canceled, err.Error())
	case mongo.IsTimeout(err) || errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: %w: %s", docstore.ErrUnavailable, context.DeadlineExceeded, err.Error())
	case errors.Is(err, driver.ErrDocumentTooLarge):
		return docstore.ErrTooLarge
	case transient(err):
		return fmt.Errorf("%w: %s", docstore.ErrUnavailable, err.Error())
	}
	if advice := adviceOnCode(err); advice != "" {
		return fmt.Errorf("mongodb: %s: %s", advice, err.Error())
	}
	return fmt.Errorf("mongodb: %s", err.Error())
}

// transient says whether another try may mend err. What is neither the server's word nor a mistake in what was sent is the network's.
func transient(err error) bool {
	var answer mongo.ServerError
	if !errors.As(err, &answer) {
		var marshal mongo.MarshalError
		var argument mongo.InvalidArgumentError
		return !errors.As(err, &marshal) && !errors.As(err, &argument)
	}
	for _, label := range []string{"NetworkError", "RetryableWriteError", labelTransient, labelUnknownCommit} {
		if answer.HasErrorLabel(label) {
			return true
		}
	}
	return unconfirmed(err) || slices.ContainsFunc(passing, answer.HasErrorCode)
}

// unconfirmed says whether err tells that the write was made but not, or not yet, by a majority.
func unconfirmed(err error) bool {
	var one mongo.WriteException
	var many mongo.BulkWriteException
	return errors.As(err, &one) && one.WriteConcernError != nil || errors.As(err, &many) && many.WriteConcernError != nil
}

// labelled says whether err carries a label.
func labelled(err error, label string) bool {
	var l mongo.LabeledError
	return errors.As(err, &l) && l.HasErrorLabel(label)
}

// refusals are the server's refusals of single writes, by their place in what was sent; nil when there are none. ok is false when
// err is about more than that.
func refusals(err error) (refused []mongo.WriteError, ok bool) {
	var one mongo.WriteException
	if errors.As(err, &one) {
		return one.WriteErrors, one.WriteConcernError == nil
	}
	var many mongo.BulkWriteException
	if errors.As(err, &many) {
		for _, e := range many.WriteErrors {
			refused = append(refused, e.WriteError)
		}
		return refused, many.WriteConcernError == nil
	}
	return nil, false
}

// refusal is what a refused write means to docstore.
func refusal(s *sentence, e mongo.WriteError) error {
	switch e.Code {
	case codeDuplicateKey:
		key := brokenKey(e.Message)
		if key == fieldID && s.kind != docstore.Insert {
			return docstore.ErrStale
		}
		return &docstore.ErrExists{Key: key}
	case codeImmutableField:
		return docstore.ErrStale
	case codeObjectTooLarge, codeUpdateTooLarge:
		if s.kind == docstore.Update && s.size < docstore.MaxDocument/8 {
			return errOutboxFull
		}
		return docstore.ErrTooLarge
	}
	if slices.Contains(passing, e.Code) {
		return fmt.Errorf("%w: %s", docstore.ErrUnavailable, e.Message)
	}
	return fmt.Errorf("mongodb: %s", e.Message)
}

// brokenKey reads the name of the unique index from a duplicate key error: "… index: unique:inventory_tag:tag dup key: …".
func brokenKey(message string) string {
	_, rest, _ := strings.Cut(message, " index: ")
	name, _, _ := strings.Cut(rest, " dup key: ")
	if unique, ok := strings.CutPrefix(name, uniquePrefix); ok {
		name, _, _ = strings.Cut(unique, ":")
		return name
	}
	return strings.TrimSuffix(name, "_")
}
