package react

import (
	"context"
	"sync"

	"github.com/bitacora-salud/bitacora/services/status/internal/store"
)

// maxMarks bounds the marks that a queue holds in memory; the rest are looked for in the store when their turn comes.
const maxMarks = 20_000

// job is a unit or group to work out anew, and the marks that go afterwards.
type job struct {
	id    string
	marks []store.Mark
	// ask says that there may be more marks than these.
	ask bool
}

// queue is what is to be worked out, each once, in the order of coming.
type queue struct {
	mu    sync.Mutex
	jobs  map[string]*job
	order []string
	marks int
	wake  chan struct{}
}

func newQueue() *queue { return &queue{jobs: map[string]*job{}, wake: make(chan struct{}, 1)} }

// add puts each mark to the jobs it asks for.
func (q *queue) add(marks ...store.Mark) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range marks {
		for _, id := range m.Dirty {
			if id == anyMark {
				continue
			}
			j := q.job(id)
			if q.marks >= maxMarks {
				j.ask = true
				continue
			}
			j.marks, q.marks = append(j.marks, m), q.marks+1
		}
	}
	q.signal()
}

// anew adds jobs that no mark asks for.
func (q *queue) anew(ids ...string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, id := range ids {
		q.job(id).ask = true
	}
	q.signal()
}

// again puts jobs back.
func (q *queue) again(jobs ...*job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, j := range jobs {
		to := q.job(j.id)
		to.marks, to.ask, q.marks = append(to.marks, j.marks...), to.ask || j.ask, q.marks+len(j.marks)
	}
	q.signal()
}

func (q *queue) job(id string) *job {
	j := q.jobs[id]
	if j == nil {
		j = &job{id: id}
		q.jobs[id], q.order = j, append(q.order, id)
	}
	return j
}

func (q *queue) signal() {
	if len(q.order) == 0 {
		return
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// next waits for jobs and takes what is there, at most limit; none when ctx ended.
func (q *queue) next(ctx context.Context, limit int) []*job {
	for ctx.Err() == nil {
		if jobs := q.take(limit); len(jobs) > 0 {
			return jobs
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
		}
	}
	return nil
}

func (q *queue) take(limit int) []*job {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(limit, len(q.order))
	jobs := make([]*job, n)
	for i, id := range q.order[:n] {
		jobs[i] = q.jobs[id]
		delete(q.jobs, id)
		q.marks -= len(jobs[i].marks)
	}
	q.order = q.order[n:]
	return jobs
}
