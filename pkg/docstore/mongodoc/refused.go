package mongodoc

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"slices"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/auth"
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
	adviceClosed      = "the server closes the connection at once: it may require TLS (tls=true), or not believe the certificate in tlsCertificateKeyFile (expired, or of another authority)"
	adviceUser        = "the server does not know this user: check the user, its password, authSource and authMechanism, or with MONGODB-X509 the subject of the certificate"
	adviceRights      = "the user, if the connection string names one, may not do this: it needs the role readWrite on the service's database"
)

// refusedBy turns what an opening met into an error for the operator, if another try will not mend it; else it answers nil. The error
// says what to set and the server's or the library's own words, which hold no password.
func refusedBy(err error) error {
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
		return fmt.Errorf("mongodb: %s: %s", adviceClosed, causes[0].Error())
	}
	return nil
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
