package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// arriving is a request's body while it is read. From the first read to its end, and only then, the connection has a read deadline and the
// request holds no place. A deadline that passes at another time would end the connection's context, because net/http reads ahead and takes it
// for a client that has left; every later request on that connection would be answered 499.
type arriving struct {
	io.ReadCloser
	x        *exchange
	ctx      context.Context
	deadline time.Time
	begun    bool
	over     bool
	paused   bool
}

// receives reports whether a request has a body.
func receives(r *http.Request) bool {
	return r.Body != nil && r.Body != http.NoBody && r.ContentLength != 0
}

func (a *arriving) Read(p []byte) (int, error) {
	if a.over {
		return 0, io.EOF
	}
	if !a.begun {
		a.begun, a.paused = true, a.x.pause()
		a.x.readDeadline(a.deadline)
	}
	n, err := a.ReadCloser.Read(p)
	if err != nil {
		if ended := a.end(errors.Is(err, io.EOF)); ended != nil {
			err = ended
		}
	}
	return n, err
}

// Close closes the body. net/http reads what is left, or closes the connection if that is much.
func (a *arriving) Close() error {
	if a.over {
		return nil
	}
	a.x.readDeadline(time.Now().Add(unread))
	err := a.ReadCloser.Close()
	if ended := a.end(err == nil); ended != nil {
		err = ended
	}
	return err
}

// end removes the deadline once the whole body is read. If it has passed, reading ahead may have met it: then the connection must not be used
// again. If the body broke off, the server does not wait for the rest.
func (a *arriving) end(whole bool) error {
	if a.over {
		return nil
	}
	a.over = true
	now := time.Now()
	late := a.begun && !now.Before(a.deadline)
	if late {
		a.x.Header().Set("Connection", "close")
	}
	if whole {
		a.x.readDeadline(time.Time{})
	} else {
		a.x.readDeadline(now)
	}
	if a.paused {
		if err := a.x.resume(a.ctx); err != nil {
			return err
		}
	}
	if late {
		return os.ErrDeadlineExceeded
	}
	return nil
}

// unread is how long the server waits for the rest of a body that was not read, before it closes the connection.
const unread = 2 * time.Second

// received bounds the wait for the rest of the body after the answer.
func (x *exchange) received() {
	if a := x.body; a != nil && !a.over {
		a.over = true
		x.readDeadline(time.Now().Add(unread))
	}
}

// readDeadline sets the read deadline of the connection, if there is one.
func (x *exchange) readDeadline(t time.Time) {
	_ = http.NewResponseController(x.ResponseWriter).SetReadDeadline(t) // a recorder in a test has none
}

// answerWithin is how long an answer may take to be written, from its first byte.
const answerWithin = 2 * time.Minute

// answering is called before the first byte of the answer: it frees the place and starts the time for writing.
func (x *exchange) answering() {
	x.pause()
	_ = http.NewResponseController(x.ResponseWriter).SetWriteDeadline(time.Now().Add(answerWithin)) // a recorder in a test has none
}

// receive reads the body of an operation that takes JSON and replaces it by its canonical form, which is validated, executed and compared with
// repeats.
func (s *Server) receive(r *http.Request, x *exchange, op Op, shape schemaNode) *Problem {
	if x.body == nil {
		return nil
	}
	sent, err := io.ReadAll(io.LimitReader(x.body, op.MaxBody+1))
	switch {
	case int64(len(sent)) > op.MaxBody:
		return newProblem(http.StatusRequestEntityTooLarge, "body-too-large",
			fmt.Sprintf("the body is larger than the %d bytes that this operation takes", op.MaxBody)).with("Connection", "close")
	case isTimeout(err):
		return humaStatus(http.StatusRequestTimeout, "").with("Connection", "close")
	case err != nil:
		return newProblem(http.StatusBadRequest, "body-unreadable", "the body could not be read to its end")
	}
	x.sent = sent
	if len(sent) > 0 && isJSON(r.Header.Get("Content-Type")) {
		if sent, err = canonical(sent, r.Method == http.MethodPatch, shape); err != nil {
			return unreadable(err)
		}
	}
	x.said = sent
	r.Body = io.NopCloser(bytes.NewReader(sent))
	return nil
}

func isTimeout(err error) bool {
	var netErr net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &netErr) && netErr.Timeout()
}

// isJSON reports whether a body of this type is JSON; one without a type is.
func isJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == jsonType || strings.HasSuffix(kind, "+json"))
}
