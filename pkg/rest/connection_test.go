package rest_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/rest"
)

// dial is a connection of the test's own to the toy, on which it says what it likes.
type dialled struct {
	net.Conn
	t      testing.TB
	reader *bufio.Reader
}

func dial(t testing.TB, addr string) *dialled {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &dialled{c, t, bufio.NewReader(c)}
}

func (d *dialled) say(format string, args ...any) {
	d.t.Helper()
	if _, err := fmt.Fprintf(d, strings.ReplaceAll(format, "\n", "\r\n"), args...); err != nil {
		d.t.Fatal(err)
	}
}

func (d *dialled) hear() (int, string) {
	d.t.Helper()
	res, err := http.ReadResponse(d.reader, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

const bearer = "Host: x\nAuthorization: Bearer " + director + "\n"

// overdue is a toy with a POST that has not done its work when its time limit comes.
func overdue(t testing.TB, tune ...func(*rest.Config)) *toy {
	y := newToy(t, tune...)
	rest.Action(y.server, rest.Op{ID: "pump.overdue", Roles: keepers, Path: "/v1/pumps/{id}/overdue", Summary: "Is not done in time", Timeout: 100 * time.Millisecond}, y.pumps,
		func(ctx context.Context, _ string, _ *rest.Nothing) error {
			<-ctx.Done()
			return ctx.Err()
		})
	return y
}

func TestARequestThatMeetsItsTimeLimitLeavesItsConnectionInOrder(t *testing.T) {
	for name, body := range map[string]string{
		"without a body":                "\n",
		"with an empty one":             "Content-Length: 0\n\n",
		"with an empty one in chunks":   "Transfer-Encoding: chunked\n\n0\n\n",
		"with a body":                   "Content-Length: 2\n\n{}",
		"with a body in chunks":         "Transfer-Encoding: chunked\n\n2\n{}\n0\n\n",
		"with the next one behind it":   "\nGET /v1/pumps HTTP/1.1\n" + bearer + "\n",
		"with a body and one behind it": "Content-Length: 2\n\n{}GET /v1/pumps HTTP/1.1\n" + bearer + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			y := overdue(t)
			c := dial(t, y.http.Listener.Addr().String())
			for range 3 {
				c.say("POST /v1/pumps/x/overdue HTTP/1.1\n" + bearer + body)
				if status, text := c.hear(); status != 503 {
					t.Fatalf("the time limit: %d %s", status, text)
				}
				if strings.HasSuffix(name, "behind it") {
					if status, text := c.hear(); status != 200 {
						t.Fatalf("the one behind: %d %s", status, text)
					}
				}
				c.say("GET /v1/pumps HTTP/1.1\n" + bearer + "\n")
				if status, text := c.hear(); status != 200 {
					t.Fatalf("the next on the same connection: %d %s", status, text)
				}
			}
		})
	}
}

func TestAProxyThatKeepsItsConnectionsIsServedAfterATimeLimit(t *testing.T) {
	y := overdue(t)
	behind, err := url.Parse(y.http.URL)
	if err != nil {
		t.Fatal(err)
	}
	pool := &http.Transport{MaxConnsPerHost: 1, MaxIdleConnsPerHost: 1}
	defer pool.CloseIdleConnections()
	front := httptest.NewServer(&httputil.ReverseProxy{Transport: pool, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(behind) }})
	defer front.Close()
	y.http.URL = front.URL
	for range 3 {
		if a := y.do(t, director, "POST", "/v1/pumps/x/overdue", ""); a.StatusCode != http.StatusServiceUnavailable {
			t.Fatalf("the time limit: %d %s", a.StatusCode, a.body)
		}
		if a := y.do(t, director, "GET", "/v1/pumps", ""); a.StatusCode != http.StatusOK {
			t.Fatalf("the next through the proxy: %d %s", a.StatusCode, a.body)
		}
	}
}

func TestABodyThatComesSlowlyButInTimeLeavesItsConnectionInOrder(t *testing.T) {
	y := newToy(t, func(c *rest.Config) { c.Timeout = 10 * time.Second })
	c := dial(t, y.http.Listener.Addr().String())
	for range 3 {
		c.say("POST /v1/pumps HTTP/1.1\n" + bearer + "Content-Length: 15\n\n{\"unit")
		c.say("_id\":\"A\"}")
		if status, text := c.hear(); status != 201 {
			t.Fatalf("%d %s", status, text)
		}
	}
}

func TestABodyThatNobodyWantsDoesNotHoldItsConnection(t *testing.T) {
	y := newToy(t)
	c := dial(t, y.http.Listener.Addr().String())
	c.say("POST /v1/pumps HTTP/1.1\nHost: x\nContent-Length: 100\n\n{\"half")
	if status, _ := c.hear(); status != 401 {
		t.Fatalf("%d", status)
	}
	if _, err := c.reader.ReadByte(); err != io.EOF {
		t.Errorf("the connection is not ended: %v", err)
	}
}

// The server's own limits are shorter here than what the operation takes: its answer is written all the same, and the connection serves on.
func TestALongOperationsAnswerSurvivesTheServersLimits(t *testing.T) {
	y := newToy(t)
	rest.Action(y.server, rest.Op{ID: "pump.long", Roles: keepers, Path: "/v1/pumps/{id}/long", Summary: "Takes long", Timeout: 20 * time.Second}, y.pumps,
		func(ctx context.Context, _ string, _ *rest.Nothing) error {
			timer := time.NewTimer(400 * time.Millisecond)
			defer timer.Stop()
			select {
			case <-timer.C:
				return fmt.Errorf("long: %w", context.DeadlineExceeded)
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	server := httptest.NewUnstartedServer(y.server.Handler())
	server.Config.ReadTimeout, server.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	server.Config.ReadHeaderTimeout, server.Config.IdleTimeout = time.Minute, time.Minute // a slow test is not what is tried
	server.Start()
	defer server.Close()
	for _, body := range []string{"\n", "Content-Length: 2\n\n{}"} {
		c := dial(t, server.Listener.Addr().String())
		for range 2 {
			c.say("POST /v1/pumps/x/long HTTP/1.1\n" + bearer + body)
			if status, text := c.hear(); status != 503 || strings.Contains(text, "client-closed") {
				t.Fatalf("%d %s", status, text)
			}
			c.say("GET /v1/pumps HTTP/1.1\n" + bearer + "\n")
			if status, text := c.hear(); status != 200 {
				t.Fatalf("the next on the same connection: %d %s", status, text)
			}
		}
	}
}

func TestWhatIsCancelledWhileTheClientIsThereIsUnavailable(t *testing.T) {
	y := newToy(t)
	y.driver.fail = fmt.Errorf("somebody else's: %w", context.Canceled)
	if p := y.do(t, director, "GET", "/v1/pumps", "").problem(t); p.Status != 503 || p.Type != "unavailable" {
		t.Errorf("%+v", p)
	}
}
