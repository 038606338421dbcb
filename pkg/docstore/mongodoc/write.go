package mongodoc

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// Apply carries out all writes or none. One write is one conditional update; several are a transaction. It implements
// docstore.Driver.
func (d *Driver) Apply(ctx context.Context, writes []docstore.Write) error {
	sentences := make([]sentence, len(writes))
	for i := range writes {
		s, err := d.prepare(&writes[i])
		if err != nil {
			return err
		}
		sentences[i] = s
	}
	ctx, cancel := d.deadline(ctx)
	defer cancel()
	if len(writes) > 1 && joins(sentences) {
		return d.join(ctx, sentences)
	}
	defer d.watch(ctx)()
	switch len(writes) {
	case 0:
		return nil
	case 1:
		refused, err := sentences[0].send(ctx)
		if refused != nil {
			return refused
		}
		return fault(err)
	}
	return d.transact(ctx, sentences)
}

// send carries out one write. refused is docstore's word on a condition that does not hold, err the driver's on all else.
func (s *sentence) send(ctx context.Context) (refused, err error) {
	var result *mongo.UpdateResult
	switch s.kind {
	case docstore.Insert:
		_, err = s.collection.InsertOne(ctx, s.doc)
	case docstore.Put:
		_, err = s.collection.UpdateOne(ctx, s.filter, s.pipeline, options.UpdateOne().SetUpsert(true))
	case docstore.Remove:
		_, err = s.collection.DeleteOne(ctx, s.filter)
	default:
		if result, err = s.collection.UpdateOne(ctx, s.filter, s.update); err == nil && result.MatchedCount == 0 {
			return docstore.ErrStale, nil
		}
	}
	if errs, ok := refusals(err); ok && len(errs) > 0 && !labelled(err, labelTransient) {
		return refusal(s, errs[0]), nil
	}
	return nil, err
}

// sendSome carries out the write at that place of a transaction, and those of the same kind and collection that follow it, as one command; n
// is how many these are. no is a refused.
func sendSome(ctx context.Context, sentences []sentence, at int) (n int, no, err error) {
	first := &sentences[at]
	b := batch{collection: first.collection}
	for i := at; i < len(sentences) && sentences[i].kind == first.kind && sentences[i].collection == first.collection && !b.full(); i++ {
		b.add(i, &sentences[i])
	}
	if len(b.at) == 1 {
		if no, err = first.send(ctx); no != nil {
			no = refused{no, at}
		}
		return 1, no, err
	}
	_, err = b.collection.BulkWrite(ctx, b.models)
	if errs, ok := refusals(err); ok && len(errs) > 0 && !labelled(err, labelTransient) {
		at += errs[0].Index
		return 0, refused{refusal(&sentences[at], errs[0]), at}, nil
	}
	return len(b.at), nil, err
}

// Pauses before a transaction is tried again: long enough for another on the same documents to get its majority.
const (
	firstPause = 2 * time.Millisecond
	longPause  = 200 * time.Millisecond
	// maxConflicts bounds the tries against others that change the same documents; what is left then is a lost race.
	maxConflicts = 5
	// abortTimeout bounds the courtesy of telling the server that a transaction is given up; unasked it would hold it for a minute.
	abortTimeout = time.Second
)

// refused is docstore's word on the write at that place of a transaction.
type refused struct {
	error
	at int
}

func (r refused) Unwrap() error { return r.error }

// transact carries out a transaction, again after conflicts and lost primaries, until ctx ends.
func (d *Driver) transact(ctx context.Context, sentences []sentence) error {
	session, err := d.client.StartSession()
	if err != nil {
		return fault(err)
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
		defer cancel()
		session.EndSession(end)
	}()
	pause, conflicts := firstPause, 0
	for {
		refused, err := d.attempt(ctx, session, sentences)
		if refused != nil || err == nil {
			return refused
		}
		if !labelled(err, labelTransient) {
			return fault(err)
		}
		if conflicted(err) {
			if conflicts++; conflicts == maxConflicts {
				d.endForsaken(ctx)
				return docstore.ErrStale
			}
		}
		d.retried.Inc()
		timer := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%w: %w: %s", docstore.ErrUnavailable, ctx.Err(), err.Error())
		case <-timer.C:
		}
		pause = min(2*pause, longPause)
	}
}

// attempt is one try of a transaction. After an error it is given up, unless its commit is in doubt.
func (d *Driver) attempt(ctx context.Context, session *mongo.Session, sentences []sentence) (refused, err error) {
	if err := session.StartTransaction(); err != nil {
		return nil, err
	}
	inside := mongo.NewSessionContext(ctx, session)
	for i := 0; i < len(sentences); {
		n, no, err := sendSome(inside, sentences, i)
		if no != nil || err != nil {
			abort, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
			defer cancel()
			if abortErr := session.AbortTransaction(abort); abortErr != nil {
				d.log.Debug("transaction not aborted", "error", abortErr.Error())
			}
			return no, err
		}
		if d.between != nil {
			d.between(i)
		}
		i += n
	}
	for {
		err := session.CommitTransaction(ctx)
		if err == nil || ctx.Err() != nil || !labelled(err, labelUnknownCommit) || mongo.IsTimeout(err) {
			return nil, err
		}
	}
}

// conflicted says whether another wrote the same documents meanwhile.
func conflicted(err error) bool {
	var answer mongo.ServerError
	return errors.As(err, &answer) && answer.HasErrorCode(codeWriteConflict)
}
