package mongodoc

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"slices"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/auth"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/description"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"
)

// Codes of the server's errors about who asks.
const (
	codeUserNotFound         = 11
	codeUnauthorized         = 13
	codeAuthenticationFailed = 18
)

// What an operator can do about a server that will not have this client. The options are the connection string's.
const (
	adviceCertificate = "the server's certificate is not believed: tlsCAFile must name a file with its authority, and the certificate must name the host as the connection string does"
	adviceNoTLS       = "the server does not speak TLS, but the connection string says tls=true"
	adviceClosed      = "the server closes the connection at once: it may require TLS (tls=true)"
	adviceClosedTLS   = "the server closes the connection at once: it may not speak TLS, which the connection string asks for (tls=true), or not believe the certificate in tlsCertificateKeyFile (expired, or of another authority)"
	adviceUser        = "the server does not know this user: check the user, its password, authSource and authMechanism, or with MONGODB-X509 the subject of the certificate"
	adviceRights      = "the user, if the connection string names one, may not do this: it needs the role readWrite on the service's database"
)

// refusedBy turns what an opening met into an error for the operator, if another try will not mend it; else it answers nil. The error
// says what to set and the server's or the library's own words, which hold no password. encrypted: the connection string asks for TLS.
func refusedBy(err error, encrypted bool) error {
	causes := []error{err}
	if selection, ok := errors.AsType[topology.ServerSelectionError](err); ok {
		causes = nil
		for i := range selection.Desc.Servers {
			if last := selection.Desc.Servers[i].LastError; last != nil {
				causes = append(causes, last)
			}
		}
	}
	for _, cause := range causes {
		if advice := adviceOn(cause); advice != "" {
			return fmt.Errorf("mongodb: %s: %s", advice, cause.Error())
		}
	}
	// One member may be closing; all of them, for as long as a primary was looked for, are not.
	if len(causes) > 0 && !slices.ContainsFunc(causes, func(cause error) bool { return !errors.Is(cause, io.EOF) }) {
		advice := adviceClosed
		if encrypted {
			advice = adviceClosedTLS
		}
		return fmt.Errorf("mongodb: %s: %s", advice, causes[0].Error())
	}
	return nil
}

// hinted is fault with what to look at where servers answer and none of them is of the replica set that the connection string names:
// the library forgets such servers without a word. Another try may help while a set is being made.
func hinted(err error) error {
	selection, ok := errors.AsType[topology.ServerSelectionError](err)
	if !ok || selection.Desc.SetName == "" || slices.ContainsFunc(selection.Desc.Servers, ofSetOrAway) {
		return fault(err)
	}
	return fmt.Errorf("%w; no server of the replica set %s was found: the connection string's replicaSet and port must be the server's",
		fault(err), selection.Desc.SetName)
}

// ofSetOrAway says whether a server is what the connection string says it is, as far as is known of it.
func ofSetOrAway(s description.Server) bool {
	return s.LastError != nil || s.Kind != description.Unknown
}

func adviceOn(err error) string {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return adviceCertificate
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return adviceNoTLS
	}
	if _, ok := errors.AsType[*auth.Error](err); ok {
		return adviceUser
	}
	return adviceOnCode(err)
}

func adviceOnCode(err error) string {
	var answer mongo.ServerError
	switch {
	case !errors.As(err, &answer):
		return ""
	case answer.HasErrorCode(codeUnauthorized):
		return adviceRights
	case answer.HasErrorCode(codeAuthenticationFailed), answer.HasErrorCode(codeUserNotFound):
		return adviceUser
	}
	return ""
}
