// Command forget deletes what a run has left on shared servers: the databases, topics and groups whose names begin with the run's prefix.
// Otherwise they pile up until the servers take minutes to start, or do not start at all.
//
//	MONGODB_URI=… KAFKA_BROKERS=… go run ./pkg/testenv/forget PREFIX
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

// shortest is how long a prefix must be: a short one would take others' things along.
const shortest = 8

func main() {
	if len(os.Args) != 2 || len(os.Args[1]) < shortest {
		fmt.Fprintf(os.Stderr, "usage: forget PREFIX, of %d characters at least\n", shortest)
		os.Exit(2)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := errors.Join(databases(ctx, os.Getenv(testenv.EnvMongoURI), os.Args[1]), topics(ctx, os.Getenv(testenv.EnvKafkaBrokers), os.Args[1])); err != nil {
		fmt.Fprintln(os.Stderr, "forget:", err)
		os.Exit(1)
	}
}

func databases(ctx context.Context, uri, prefix string) (err error) {
	if uri == "" {
		return nil
	}
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Disconnect(ctx)) }()
	names, err := client.ListDatabaseNames(ctx, bson.D{})
	for _, name := range names {
		if strings.HasPrefix(name, prefix) {
			err = errors.Join(err, client.Database(name).Drop(ctx))
		}
	}
	return err
}

func topics(ctx context.Context, brokers, prefix string) error {
	if brokers == "" {
		return nil
	}
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(strings.Split(brokers, ",")...), Transport: transport}
	there, err := client.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return err
	}
	var names, groups []string
	for _, t := range there.Topics {
		if strings.HasPrefix(t.Name, prefix) {
			names = append(names, t.Name)
		}
	}
	listed, err := client.ListGroups(ctx, &kafka.ListGroupsRequest{})
	if err != nil {
		return err
	}
	for _, g := range listed.Groups {
		if strings.HasPrefix(g.GroupID, prefix) {
			groups = append(groups, g.GroupID)
		}
	}
	// Members that were killed count as there until their session ends: a group that still has some is left to expire without its topics.
	var errs []error
	if len(groups) > 0 {
		_, err := client.DeleteGroups(ctx, &kafka.DeleteGroupsRequest{GroupIDs: groups})
		errs = append(errs, err)
	}
	if len(names) > 0 {
		deleted, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: names})
		errs = append(errs, err)
		if err == nil {
			for _, err := range deleted.Errors {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}
