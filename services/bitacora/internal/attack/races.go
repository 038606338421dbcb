package attack

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/server"
)

// racer is a run of races.
type racer struct {
	ctx context.Context
	*house
	r     *Result
	races int
	units int // registered so far
}

// racing is how many take part in a race.
const racing = 8

// races has several do at once what only one may, or what may be done only once.
func races(ctx context.Context, cfg Config, _ *rand.Rand) (*Result, error) {
	return alone(ctx, cfg, cfg.dir("races"), func(_ *server.Server, h *house) (*Result, error) {
		x := &racer{ctx: ctx, house: h, r: &Result{}}
		for range cfg.Rounds {
			for _, race := range []func() error{x.sameKey, x.sameTag, x.sameVersion, x.sameStep, x.ceiling, x.sameNames, x.closing, x.retiring, x.appointing, x.amending, x.confirming} {
				if err := race(); err != nil {
					return nil, err
				}
				x.races++
			}
		}
		x.r.Count = fmt.Sprintf("%d races of %d", x.races, racing)
		return x.r, nil
	})
}

// run sends the requests at once and wants exactly one done and the others refused with a 4xx.
func (x *racer) run(what string, request func(i int) client.Request) error {
	answers, err := x.all(request)
	if err != nil {
		return err
	}
	if done := x.done(what, answers, func(int) bool { return true }); done != 1 {
		x.r.found("%s: %d were done: %v", what, done, answers)
	}
	return nil
}

func (x *racer) all(request func(i int) client.Request) ([]*client.Answer, error) {
	answers := make([]*client.Answer, racing)
	begin := make(chan struct{})
	var all errgroup.Group
	for i := range racing {
		all.Go(func() (err error) {
			<-begin
			answers[i], err = x.once.Do(x.ctx, request(i))
			return err
		})
	}
	close(begin)
	return answers, all.Wait()
}

func bed(more object) object {
	body := object{"unit_id": demo.SantaRosalia, "type_id": plantType, "functioning": "working", "use": "in_use"}
	for name, value := range more {
		body[name] = value
	}
	return body
}

// sameKey: one request, sent several times at once under one key, makes one asset, and whoever is told of one is told of this one.
func (x *racer) sameKey() error {
	key := uuid.NewString()
	answers, err := x.all(func(int) client.Request {
		return client.Request{User: "admin", Method: http.MethodPost, Path: "/v1/assets", Key: key, Body: bed(object{"brand": key})}
	})
	if err != nil {
		return err
	}
	ids := map[any]bool{}
	for _, a := range answers {
		if a.Status < 300 {
			var made object
			if err := a.Decode(&made); err != nil {
				return err
			}
			ids[made["id"]] = true
		} else if a.Status >= 500 {
			x.r.found("the same key: %s", a)
		}
	}
	if len(ids) != 1 {
		x.r.found("the same key made %v: %v", ids, answers)
	}
	return x.run("one key, several bodies", func(i int) client.Request {
		return client.Request{User: "admin", Method: http.MethodPost, Path: "/v1/assets", Key: key + "/2", Body: bed(object{"brand": fmt.Sprint(key, i)})}
	})
}

// sameTag: of several assets with one inventory tag one is registered.
func (x *racer) sameTag() error {
	tag := uuid.NewString()[:18]
	return x.run("one inventory tag", func(int) client.Request {
		return post("admin", "/v1/assets", bed(object{"inventory_tag": tag}))
	})
}

// sameVersion: of several changes of one version one is done.
func (x *racer) sameVersion() error {
	made, err := ask(x.ctx, x.patient, "admin", http.MethodPost, "/v1/assets", bed(nil))
	if err != nil {
		return err
	}
	return x.run("one version", func(i int) client.Request {
		return client.Request{User: "admin", Method: http.MethodPatch, Path: fmt.Sprint("/v1/assets/", made["id"]), Version: 1, Body: object{"brand": fmt.Sprint("B", i)}}
	})
}

// order requests an order on an asset of its own.
func (x *racer) order() (path string, err error) {
	asset, err := ask(x.ctx, x.patient, "admin", http.MethodPost, "/v1/assets", bed(nil))
	if err != nil {
		return "", err
	}
	order, err := ask(x.ctx, x.patient, "director-santa-rosalia", http.MethodPost, "/v1/work-orders", object{"unit_id": demo.SantaRosalia, "type": "corrective",
		"priority": "medium", "target": object{"kind": "asset", "asset_id": asset["id"]}, "reported_functioning": "limited", "estimate": cents(600_00)})
	return fmt.Sprint("/v1/work-orders/", order["id"]), err
}

// sameStep: an order is approved once.
func (x *racer) sameStep() error {
	path, err := x.order()
	if err != nil {
		return err
	}
	return x.run("one approval", func(int) client.Request {
		return post("engineer-bcs", path+"/approve", object{})
	})
}

// ceiling: of several commitments that fit under a lot's maximum one by one, and not together, one is made.
func (x *racer) ceiling() error {
	id, _, err := x.contract(1000_00)
	if err != nil {
		return err
	}
	paths, err := x.approved(racing)
	if err != nil {
		return err
	}
	return x.run("one lot's maximum", func(i int) client.Request {
		return post("contracts", paths[i]+"/assign", object{"contract_id": id, "committed": cents(600_00)})
	})
}
