package docstore

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
)

// Key declares a comparison key: what documents are compared by where one thing is written in several ways (pkg/mx.Key makes it of an
// inventory tag). It is worked out from the state at each write and stored in the reserved field _keys, so that it is asked for by
// "_keys.<name>". Of the documents with one key at most one holds it (_holds, under a unique index).
//
// A command that gives its document a key which another document holds is refused (*ErrExists). A command that leaves the key as it was
// never is: where documents had equal keys before there was a rule, each goes on, one holds the key and the others carry Mark among
// their discrepancies, until the key is free.
type Key struct {
	// Name is the key's own. Field is what ErrExists says, in the API's words; the name when empty.
	Name, Field string
	// Rule is the stable name of the refusal, such as "tag-taken".
	Rule string
	// Mark is the discrepancy of a document that does not hold its key because another one does.
	Mark string
	// Shared keys refuse nobody: who comes second is written, and marked.
	Shared bool
	// Free keys are held by nobody: documents are only found by them.
	Free bool
	// Within names another key that is equal wherever this one is. Documents are then found by that one, and this has no index for it.
	Within string
}

// The reserved fields of keys, and that of the shape by which documents that an older release wrote are found.
const (
	keysField          = "_keys"
	holdsField         = "_holds"
	discrepanciesField = "_discrepancies"
	schemaField        = "_schema"
)

// Discrepancies is the field by which documents with a discrepancy are asked for.
const Discrepancies = discrepanciesField

// KeyField is the field by which documents with a comparison key are asked for.
func KeyField(name string) string { return keysField + "." + name }

// withKeys adds what keys need: their indexes, and a schema by which documents of a release without keys are told apart. That release
// writes its own lower one, also over documents of this one, whose keys it leaves as they were.
func (s Spec) withKeys() Spec {
	serves := func(ix Index) bool { return slices.Equal(ix.Fields, []string{schemaField}) }
	if len(s.Keys) == 0 || slices.ContainsFunc(s.Indexes, serves) {
		return s
	}
	s.Schema = max(s.Schema, 1)
	indexes := []Index{{Fields: []string{schemaField}, Unscoped: true}, {Array: discrepanciesField}}
	s.Unique = slices.Clone(s.Unique)
	for _, k := range s.Keys {
		if k.Within == "" {
			indexes = append(indexes, Index{Fields: []string{KeyField(k.Name)}, Unscoped: true})
		}
		if !k.Free {
			s.Unique = append(s.Unique, Unique{Name: k.Name, Fields: []string{holdsField + "." + k.Name}})
		}
	}
	s.Indexes = append(indexes, s.Indexes...)
	return s
}

// key is the declared key of that name.
func (s Spec) key(name string) (Key, bool) {
	i := slices.IndexFunc(s.Keys, func(k Key) bool { return k.Name == name })
	if i < 0 {
		return Key{}, false
	}
	return s.Keys[i], true
}

// Keyed says how the declared keys follow from a state, by name; a key that is absent or empty takes no part. flaws, which may be nil,
// are what else is wrong with a document, beside the marks of keys.
func (c *Collection[T]) Keyed(keys func(*T) map[string]string, flaws func(*T) []string) *Collection[T] {
	c.keys, c.flaws = keys, flaws
	c.store.settlers = append(c.store.settlers, c.settle)
	return c
}

func (c *Collection[T]) keysOf(state *T) map[string]string {
	if c.keys == nil {
		return nil
	}
	out := c.keys(state)
	maps.DeleteFunc(out, func(_, key string) bool { return key == "" })
	return out
}

// claim has m hold all keys of a state, and answers those of the claims that give way to another holder: shared ones, and those that the
// document had before (was). An insert was nothing before.
func (c *Collection[T]) claim(m *meta, state *T, was map[string]string) (soft []Key) {
	if c.keys == nil {
		return nil
	}
	m.Keys = c.keysOf(state)
	m.Holds, m.Discrepancies = maps.Clone(m.Keys), nil
	if c.flaws != nil {
		m.Discrepancies = c.flaws(state)
	}
	for _, k := range c.spec.Keys {
		if k.Free {
			delete(m.Holds, k.Name)
		} else if now := m.Keys[k.Name]; now != "" && (k.Shared || now == was[k.Name]) {
			soft = append(soft, k)
		}
	}
	return soft
}

// Alike are the ids of at most limit documents in the caller's scope that have one of the keys which a document was marked for: because of
// each of them it leaves a key to another one, not necessarily of these.
func (c *Collection[T]) Alike(ctx context.Context, id string, state *T, marks []string, limit int) (ids []string, err error) {
	mine := c.keysOf(state)
	for _, k := range c.spec.Keys {
		by := or(k.Within, k.Name)
		if mine[k.Name] == "" || k.Free || !slices.Contains(marks, k.Mark) {
			continue
		}
		page, err := c.Find(ctx, Query{Where: []Condition{Eq(KeyField(by), mine[by])}, Limit: limit + 1})
		if err != nil {
			return nil, err
		}
		for _, d := range page.Docs {
			if d.ID != id && len(ids) < limit && c.keysOf(&d.State)[k.Name] == mine[k.Name] && !slices.Contains(ids, d.ID) {
				ids = append(ids, d.ID)
			}
		}
	}
	return ids, nil
}

// withhold has the write leave a key to another document.
func (w *Write) withhold(k Key) error {
	m, err := decodeMeta(w.Body)
	if err != nil {
		return err
	}
	var body fields
	if err := json.Unmarshal(w.Body, &body); err != nil {
		return err
	}
	delete(m.Holds, k.Name)
	if !slices.Contains(m.Discrepancies, k.Mark) {
		m.Discrepancies = append(m.Discrepancies, k.Mark)
	}
	w.soft = slices.DeleteFunc(slices.Clone(w.soft), func(o Key) bool { return o.Name == k.Name })
	if w.Set == nil {
		w.Set = fields{}
	}
	for _, to := range []fields{w.Set, body} {
		delete(to, holdsField)
		if err := m.into(to); err != nil {
			return err
		}
	}
	w.Unset = slices.DeleteFunc(slices.Clone(w.Unset), func(name string) bool { return name == discrepanciesField || name == holdsField })
	if len(m.Holds) == 0 && w.Kind == Update {
		w.Unset = append(w.Unset, holdsField)
	}
	w.Body, err = marshal(body)
	return err
}

// giveWay has those of the writes that may leave the key that err says is taken do so, and says whether there were any.
func giveWay(writes []Write, err error) bool {
	var exists *ErrExists
	if !errors.As(err, &exists) {
		return false
	}
	gave := false
	for i := range writes {
		for _, k := range writes[i].soft {
			if k.Name == exists.Key {
				gave = writes[i].withhold(k) == nil || gave
				break
			}
		}
	}
	return gave
}

// applyClaims is Apply, in which claims that need not be met give way.
func (s *Store) applyClaims(ctx context.Context, writes []Write) error {
	for {
		err := s.driver.Apply(ctx, writes)
		if err == nil || !giveWay(writes, err) {
			return s.ruled(err, writes)
		}
	}
}

// ruled says of a taken key which field of the API it is and which rule it breaks.
func (s *Store) ruled(err error, writes []Write) error {
	var exists *ErrExists
	if !errors.As(err, &exists) || exists.Key == "_id" {
		return err
	}
	for _, w := range writes {
		for _, spec := range s.specs {
			if spec.Name != w.Collection {
				continue
			}
			if k, ok := spec.key(exists.Key); ok {
				return &ErrExists{Key: or(k.Field, k.Name), Rule: k.Rule}
			}
		}
	}
	return err
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
