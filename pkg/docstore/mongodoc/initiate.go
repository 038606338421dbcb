package mongodoc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// alreadyInitiated is the server's code for a member of a replica set.
const alreadyInitiated = 23

// initiateLook is how often a server is asked whether it can be written to.
const initiateLook = 200 * time.Millisecond

// Initiate makes the server at address (host:port, as other members and clients reach it) a replica set of one, unless it is a member of one,
// and waits until it can be written to or ctx ends. For trials: whoever needs more members has set them up before.
func Initiate(ctx context.Context, address string) (err error) {
	client, err := mongo.Connect(options.Client().SetHosts([]string{address}).SetDirect(true))
	if err != nil {
		return fmt.Errorf("mongodb: %w", err)
	}
	defer func() { err = errors.Join(err, client.Disconnect(context.WithoutCancel(ctx))) }()
	admin := client.Database("admin")
	config := bson.D{{Key: "_id", Value: "rs0"}, {Key: "members", Value: bson.A{bson.D{{Key: "_id", Value: 0}, {Key: "host", Value: address}}}}}
	err = admin.RunCommand(ctx, bson.D{{Key: "replSetInitiate", Value: config}}).Err()
	var refused mongo.CommandError
	if err != nil && (!errors.As(err, &refused) || refused.Code != alreadyInitiated) {
		return fmt.Errorf("make %s a replica set: %w", address, err)
	}
	look := time.NewTicker(initiateLook)
	defer look.Stop()
	for {
		raw, err := admin.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Raw()
		if primary, ok := raw.Lookup("isWritablePrimary").BooleanOK(); err == nil && ok && primary {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("%s has not become a primary: %w", address, errors.Join(ctx.Err(), err))
		}
	}
}
