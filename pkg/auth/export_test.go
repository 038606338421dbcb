package auth

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// Patient lets tokens wait for a reading of the key set as long as it takes: the test waits for events, not for a time. It is called
// before the first token is verified.
func (v *Verifier) Patient() { v.remote.waitLimit = time.Hour }

func TestATokenWaitsTwoSecondsForAKeySetThatDoesNotCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newRemoteKeys(Config{Issuer: "https://id.example", HTTPClient: http.DefaultClient, Clock: time.Now})
		begun := time.Now()
		if err := k.ask(t.Context()); err == nil || time.Since(begun) != waitAtMost {
			t.Errorf("%v after %s", err, time.Since(begun))
		}
		k.failed, k.rests = errors.New("away"), time.Now().Add(restFor)
		begun = time.Now()
		if err := k.ask(context.Background()); !errors.Is(err, k.failed) || time.Since(begun) != 0 {
			t.Errorf("after a reading that failed: %v after %s", err, time.Since(begun))
		}
	})
}
