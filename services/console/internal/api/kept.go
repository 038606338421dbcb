package api

import (
	"maps"
	"sync"
	"time"
)

// keptFor is how long what is kept is used: a new name of an equipment type is seen that much later.
const keptFor = 30 * time.Second

// Kept is what a console keeps between pages of what everybody who signs in may read and hardly ever changes: the names of equipment types, which
// each page needs and which were a tenth of what a home page cost. A nil Kept keeps nothing.
type Kept struct {
	mu    sync.Mutex
	at    time.Time
	types map[string]string
}

// TypeName is the name of a type by its key, where it was kept not long before now.
func (k *Kept) TypeName(key string, now time.Time) (name string, known bool) {
	if k == nil {
		return "", false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if age := now.Sub(k.at); age < 0 || age > keptFor {
		return "", false
	}
	name, known = k.types[key]
	return name, known
}

// KeepTypeNames keeps the names of all types by their keys, as they were read at an instant.
func (k *Kept) KeepTypeNames(names map[string]string, read time.Time) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.at, k.types = read, maps.Clone(names)
}
