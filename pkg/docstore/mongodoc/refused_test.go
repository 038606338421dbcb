package mongodoc

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/description"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

func selection(set string, servers ...description.Server) error {
	return topology.ServerSelectionError{Wrapped: context.DeadlineExceeded, Desc: description.Topology{SetName: set, Servers: servers}}
}

// A server that hangs up wants the opposite of what the connection string says of TLS.
func TestAdviceOnAServerThatHangsUp(t *testing.T) {
	closed := topology.ConnectionError{Wrapped: io.EOF}
	err := selection("", description.Server{LastError: closed})
	for encrypted, want := range map[bool]string{false: "it may require TLS", true: "it may not speak TLS"} {
		if got := refusedBy(err, encrypted); got == nil || !strings.Contains(got.Error(), want) {
			t.Errorf("tls=%t: %v, want %q", encrypted, got, want)
		}
	}
}

// The name of another replica set is said, where no server was found for it: not where one is away.
func TestHintOnTheReplicaSet(t *testing.T) {
	away := description.Server{LastError: errors.New("connection refused")}
	for name, tt := range map[string]struct {
		err  error
		want bool
	}{
		"no server is of the set":   {selection("rs9"), true},
		"asked directly":            {selection("rs9", description.Server{}), true},
		"a member is away":          {selection("rs9", away), false},
		"without a primary":         {selection("rs9", description.Server{Kind: description.ServerKindRSSecondary}), false},
		"no set is named":           {selection(""), false},
		"something else took place": {context.DeadlineExceeded, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := hinted(tt.err)
			if !errors.Is(got, docstore.ErrUnavailable) {
				t.Errorf("%v is not to be tried again", got)
			}
			if strings.Contains(got.Error(), "replicaSet and port must be the server's") != tt.want {
				t.Errorf("%v, hint wanted: %t", got, tt.want)
			}
		})
	}
}
