package docstore

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
)

// freed returns keys, which a document had before a write, if the write releases one that the document held, else nil. All of them are
// returned because documents with one key may be found by another (Key.Within).
func (s Spec) freed(keys, holds, now map[string]string) map[string]string {
	for _, k := range s.Keys {
		if held := holds[k.Name]; held != "" && held == keys[k.Name] && held != now[k.Name] {
			return maps.Clone(keys)
		}
	}
	return nil
}

// successors returns the writes that give each key which writes release to the oldest of the documents that are marked because they do not
// hold it. Without them a key that several documents have would be free until the next RefreshKeys, and a new document could take it.
// Such a write changes nothing but the holder and the mark. It does raise the version, unlike RefreshKeys: a concurrent change of the
// successor, which has seen the key taken and would write the mark again, is then repeated.
func (s *Store) successors(ctx context.Context, writes []Write) (out []Write, err error) {
	for _, w := range writes {
		if w.freed == nil {
			continue
		}
		spec := s.specs[slices.IndexFunc(s.specs, func(spec Spec) bool { return spec.Name == w.Collection })]
		now, err := decodeMeta(w.Body)
		if err != nil {
			return nil, err
		}
		for _, k := range spec.Keys {
			if k.Free || w.freed[k.Name] == "" || w.freed[k.Name] == now.Keys[k.Name] {
				continue
			}
			successor, err := s.successor(ctx, spec, k, w)
			if err != nil {
				return nil, err
			}
			if successor == nil || slices.ContainsFunc(writes, func(o Write) bool { return o.Kind != Verify && o.ref() == successor.ref() }) {
				continue // it claims its keys by its own write
			}
			i := slices.IndexFunc(out, func(o Write) bool { return o.ref() == successor.ref() })
			if i < 0 {
				i, out = len(out), append(out, *successor)
			}
			if err := out[i].hold(func(m *meta) { m.take(spec, k) }); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// successor returns a write, as yet without changes, of the document that gets the key k which w releases; nil when no document waits for it.
func (s *Store) successor(ctx context.Context, spec Spec, k Key, w Write) (successor *Write, err error) {
	var oldest Document
	held := false
	err = s.sharing(ctx, spec, k, w.freed, func(d Document, m meta) bool {
		switch {
		case d.ID == w.ID || m.Keys[k.Name] != w.freed[k.Name]:
		case m.Holds[k.Name] != "":
			held = true
		case successor == nil || spec.older(d, oldest):
			oldest = d
			successor = &Write{Kind: Update, Collection: spec.Name, ID: d.ID, Expect: d.Version, Version: d.Version + 1, Body: d.Body}
		}
		return held
	})
	if held {
		successor = nil
	}
	return successor, err
}

// take makes the document the holder of its key k.
func (m *meta) take(spec Spec, k Key) {
	if m.Holds == nil {
		m.Holds = map[string]string{}
	}
	m.Holds[k.Name] = m.Keys[k.Name]
	for _, o := range spec.Keys {
		if o.Mark == k.Mark && !o.Free && m.Keys[o.Name] != m.Holds[o.Name] {
			return // it is marked for that one too
		}
	}
	m.Discrepancies = slices.DeleteFunc(m.Discrepancies, func(mark string) bool { return mark == k.Mark })
}

// sharing calls each for the documents that have the same key k as keys, until it returns true. Of a key that is found by another one
// (Key.Within) it calls each also for documents that have only that one.
func (s *Store) sharing(ctx context.Context, spec Spec, k Key, keys map[string]string, each func(Document, meta) (enough bool)) error {
	by := or(k.Within, k.Name)
	q := Query{Where: []Condition{{KeyField(by), []any{keys[by]}}}, Limit: refreshPage}
	for {
		docs, err := s.driver.Find(ctx, spec.Name, q)
		if err != nil {
			return err
		}
		for _, d := range docs {
			m, err := decodeMeta(d.Body)
			if err != nil || each(d, m) {
				return err
			}
		}
		if len(docs) < refreshPage {
			return nil
		}
		last := docs[len(docs)-1].ID
		q.After = &Position{Value: last, ID: last}
	}
}

// older says which of two documents was there first.
func (s Spec) older(a, b Document) bool {
	return cmp.Or(strings.Compare(s.since(a), s.since(b)), strings.Compare(a.ID, b.ID)) < 0
}

// since is the instant by which a document's age is told; instants are texts of one width.
func (s Spec) since(d Document) (at string) {
	for name, member := range Members(d.Body) {
		if name == s.Since {
			_, value, _ := strings.Cut(string(member), ":")
			return strings.TrimSpace(value)
		}
	}
	return ""
}
