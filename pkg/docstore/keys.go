package docstore

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
)

// Key declares a comparison key: a normalised value by which documents are compared where people write one thing in several ways (pkg/mx.Key
// makes it from an inventory tag). It is computed from the state at each write and stored in the reserved field _keys; a query names it
// KeyField(name). Of the documents with the same key at most one holds it (_holds, under a unique index).
//
// A command that gives its document a key that another document holds is refused (*ErrExists). A command that does not change the key is
// not refused: where documents had equal keys before the rule existed, one of them holds the key and the others carry Mark in
// _discrepancies, until the key is released.
type Key struct {
	// Name identifies the key. Field is the value of ErrExists.Key, the field's name in the API; Name when empty.
	Name, Field string
	// Rule is the stable name of the refusal in the API, such as "tag-taken".
	Rule string
	// Mark is put among the discrepancies of a document whose key another document holds.
	Mark string
	// Shared keys refuse nothing: the second document with the key is written and marked.
	Shared bool
	// Free keys are held by no document and refuse nothing: documents are only searched by them.
	Free bool
	// Within names another key that is equal whenever this one is. Documents are then searched by that one, and this one has no index.
	Within string
}

// The reserved fields of keys, and the field of the schema, by which documents that an older release wrote are found.
const (
	keysField          = "_keys"
	holdsField         = "_holds"
	discrepanciesField = "_discrepancies"
	schemaField        = "_schema"
)

// Discrepancies is the field that a Condition names to find documents with a discrepancy.
const Discrepancies = discrepanciesField

// KeyField is the field that a Condition names to find documents by the comparison key of that name.
func KeyField(name string) string { return keysField + "." + name }

// withKeys adds what keys need: their indexes, and a schema of at least 1, by which documents written by a release without keys are found:
// that release writes schema 0, also over documents of this release, whose keys it leaves unchanged.
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

// Keyed sets how the declared keys are computed from a state, by name; a key that is absent or empty takes no part. flaws, which may be nil,
// lists further discrepancies of a document, beside the marks of keys.
func (c *Collection[T]) Keyed(keys func(*T) map[string]string, flaws func(*T) []string) *Collection[T] {
	c.keys, c.flaws = keys, flaws
	c.store.keyRefreshers = append(c.store.keyRefreshers, c.refreshKeys)
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

// claim sets in m that the document holds all keys of its state. soft are those that it gives up if another document holds them: shared
// keys, and keys that it had before (was). A new document had none before.
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

// Alike finds possible duplicates of a document: the ids of at most limit documents in the caller's scope that have the same key as it, for
// each key whose Mark is among marks.
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

// withhold changes the write so that its document does not hold the key and carries the key's mark.
func (w *Write) withhold(k Key) error {
	w.soft = slices.DeleteFunc(slices.Clone(w.soft), func(o Key) bool { return o.Name == k.Name })
	return w.hold(func(m *meta) {
		delete(m.Holds, k.Name)
		if !slices.Contains(m.Discrepancies, k.Mark) {
			m.Discrepancies = append(m.Discrepancies, k.Mark)
		}
	})
}

// hold changes which keys the document holds after the write, and its marks; it changes nothing else of the write.
func (w *Write) hold(change func(*meta)) error {
	m, err := decodeMeta(w.Body)
	if err != nil {
		return err
	}
	var body fields
	if err := json.Unmarshal(w.Body, &body); err != nil {
		return err
	}
	change(&m)
	if w.Set == nil {
		w.Set = fields{}
	}
	w.Unset = slices.DeleteFunc(slices.Clone(w.Unset), func(name string) bool { return name == discrepanciesField || name == holdsField })
	for name, left := range map[string]any{holdsField: m.Holds, discrepanciesField: m.Discrepancies} {
		delete(w.Set, name)
		delete(body, name)
		if len(m.Holds) == 0 && name == holdsField || len(m.Discrepancies) == 0 && name == discrepanciesField {
			if w.Kind == Update {
				w.Unset = append(w.Unset, name)
			}
			continue
		}
		if w.Set[name], err = marshal(left); err != nil {
			return err
		}
		body[name] = w.Set[name]
	}
	w.Body, err = marshal(body)
	return err
}

// giveWay changes those of the writes that may give up the key that err says is taken, and says whether there were any.
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

// applyClaims is Apply, repeated without the soft keys that turn out to be taken. Keys that the writes release pass to successors.
func (s *Store) applyClaims(ctx context.Context, writes []Write) error {
	for again := true; ; {
		successors, err := s.successors(ctx, writes)
		if err != nil {
			return err
		}
		err = s.driver.Apply(ctx, append(slices.Clip(writes), successors...))
		switch {
		case err == nil:
			return nil
		case giveWay(writes, err):
		case again && len(successors) > 0 && errors.As(err, new(*ErrExists)):
			again = false // another document may have got the released key meanwhile: then it has no successor
		default:
			return s.ruled(err, writes)
		}
	}
}

// ruled adds to the error of a taken key the field's name in the API and the rule that it breaks.
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
