package mongodoc

import (
	"encoding/json"
	"fmt"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// sentence is a docstore.Write as it is sent. Which of doc, update, pipeline is set depends on the kind.
type sentence struct {
	kind       docstore.WriteKind
	collection *collection
	filter     bson.Raw
	doc        bson.Raw
	update     bson.Raw
	pipeline   pipeline
	// size is that of the whole document, less its outbox, in JSON.
	size int
}

// pipeline is a BSON array of stages, which the driver takes as it is.
type pipeline []byte

// MarshalBSONValue implements bson.ValueMarshaler.
func (p pipeline) MarshalBSONValue() (byte, []byte, error) { return byte(bson.TypeArray), p, nil }

// prepare turns a write into what is sent.
func (d *Driver) prepare(w *docstore.Write) (sentence, error) {
	s := sentence{kind: w.Kind, collection: d.collection(w.Collection), size: len(w.Body)}
	var err error
	switch w.Kind {
	case docstore.Insert:
		s.doc, err = document(w)
	case docstore.Update:
		s.filter = atVersion(w)
		s.update, err = updateOf(w)
	case docstore.Put:
		s.filter = olderThan(w)
		s.pipeline, err = replacementOf(w)
	case docstore.Verify:
		s.filter = atVersion(w)
		s.update = touch()
	case docstore.Remove:
		s.filter = atVersion(w)
	default:
		err = fmt.Errorf("write of unknown kind %d", w.Kind)
	}
	if err == nil && max(len(s.doc), len(s.update), len(s.pipeline)) > docstore.MaxDocument {
		err = docstore.ErrTooLarge
	}
	if err != nil {
		return s, fmt.Errorf("write %s/%s: %w", w.Collection, w.ID, err)
	}
	return s, nil
}

// atVersion matches the document at version Expect.
func atVersion(w *docstore.Write) bson.Raw {
	start, b := bsoncore.AppendDocumentStart(make([]byte, 0, 48+len(w.ID)))
	b = bsoncore.AppendStringElement(b, fieldID, w.ID)
	b = bsoncore.AppendInt64Element(b, fieldVersion, w.Expect)
	return closed(b, start)
}

// olderThan matches the document at any version below Version.
func olderThan(w *docstore.Write) bson.Raw {
	start, b := bsoncore.AppendDocumentStart(make([]byte, 0, 64+len(w.ID)))
	b = bsoncore.AppendStringElement(b, fieldID, w.ID)
	b = subdocument(b, fieldVersion, func(b []byte) []byte { return bsoncore.AppendInt64Element(b, "$lt", w.Version) })
	return closed(b, start)
}

// document is the whole of a new document.
func document(w *docstore.Write) ([]byte, error) {
	start, b := bsoncore.AppendDocumentStart(make([]byte, 0, len(w.Body)+len(w.Body)/4+512*len(w.Outbox)+96))
	b, err := appendContent(b, w)
	if err != nil {
		return nil, err
	}
	if len(w.Outbox) > 0 {
		if b, err = appendEntries(b, fieldOutbox, w.Outbox); err != nil {
			return nil, err
		}
	}
	return closed(b, start), nil
}

// appendContent appends all of a document but its outbox.
func appendContent(b []byte, w *docstore.Write) ([]byte, error) {
	b = bsoncore.AppendStringElement(b, fieldID, w.ID)
	b = bsoncore.AppendInt64Element(b, fieldVersion, w.Version)
	return appendMembers(b, w.Body, refuseReserved)
}

// updateOf sets and unsets fields and the version, and appends to the outbox.
func updateOf(w *docstore.Write) (_ []byte, err error) {
	size := 96 + 512*len(w.Outbox)
	for _, v := range w.Set {
		size += len(v) + len(v)/4 + 32
	}
	start, b := bsoncore.AppendDocumentStart(make([]byte, 0, size))
	b = subdocument(b, "$set", func(b []byte) []byte {
		b = bsoncore.AppendInt64Element(b, fieldVersion, w.Version)
		for name, v := range w.Set {
			if err == nil {
				err = refuseReserved([]byte(name))
			}
			if err == nil {
				b, err = appendElement(b, name, v)
			}
		}
		return b
	})
	if len(w.Unset) > 0 {
		b = subdocument(b, "$unset", func(b []byte) []byte {
			for _, name := range w.Unset {
				if err == nil {
					err = refuseReserved([]byte(name))
				}
				b = bsoncore.AppendBooleanElement(b, string(appendName(nil, []byte(name))), true)
			}
			return b
		})
	}
	if len(w.Outbox) > 0 {
		b = subdocument(b, "$push", func(b []byte) []byte {
			return subdocument(b, fieldOutbox, func(b []byte) []byte {
				if err == nil {
					b, err = appendEntries(b, "$each", w.Outbox)
				}
				return b
			})
		})
	}
	if err != nil {
		return nil, err
	}
	return closed(b, start), nil
}

// replacementOf is the pipeline [{$replaceWith: {$mergeObjects: [{$literal: doc}, {_outbox: old ++ new}]}}]: all but the outbox is
// replaced, for what is in there is not published yet.
func replacementOf(w *docstore.Write) (pipeline, error) {
	start, b := bsoncore.AppendDocumentStart(make([]byte, 0, len(w.Body)+len(w.Body)/4+512*len(w.Outbox)+256))
	var err error
	b = subdocument(b, "0", func(b []byte) []byte {
		return subdocument(b, "$replaceWith", func(b []byte) []byte {
			list, b := bsoncore.AppendArrayElementStart(b, "$mergeObjects")
			b = subdocument(b, "0", func(b []byte) []byte {
				return subdocument(b, "$literal", func(b []byte) []byte {
					b, err = appendContent(b, w)
					return b
				})
			})
			b = subdocument(b, "1", func(b []byte) []byte { return appendKept(b, w.Outbox, &err) })
			b, _ = bsoncore.AppendArrayEnd(b, list)
			return b
		})
	})
	if err != nil {
		return nil, err
	}
	return pipeline(closed(b, start)), nil
}

// appendKept appends {_outbox: the stored outbox and entries}.
func appendKept(b []byte, entries []event.Entry, err *error) []byte {
	if len(entries) == 0 {
		return bsoncore.AppendStringElement(b, fieldOutbox, "$"+fieldOutbox)
	}
	return subdocument(b, fieldOutbox, func(b []byte) []byte {
		list, b := bsoncore.AppendArrayElementStart(b, "$concatArrays")
		b = subdocument(b, "0", func(b []byte) []byte {
			n, b := bsoncore.AppendArrayElementStart(b, "$ifNull")
			b = bsoncore.AppendStringElement(b, "0", "$"+fieldOutbox)
			b = bsoncore.AppendArrayElement(b, "1", bsoncore.NewArrayBuilder().Build())
			b, _ = bsoncore.AppendArrayEnd(b, n)
			return b
		})
		b = subdocument(b, "1", func(b []byte) []byte {
			if *err == nil {
				b, *err = appendEntries(b, "$literal", entries)
			}
			return b
		})
		b, _ = bsoncore.AppendArrayEnd(b, list)
		return b
	})
}

// touch is an update that changes nothing that anyone sees and yet conflicts with every other.
func touch() bson.Raw {
	start, b := bsoncore.AppendDocumentStart(nil)
	b = subdocument(b, "$inc", func(b []byte) []byte { return bsoncore.AppendInt64Element(b, fieldTouch, 1) })
	return closed(b, start)
}

// appendEntries appends an array of outbox entries.
func appendEntries(b []byte, name string, entries []event.Entry) ([]byte, error) {
	list, b := bsoncore.AppendArrayElementStart(b, name)
	for i := range entries {
		text, err := json.Marshal(&entries[i])
		if err != nil {
			return nil, fmt.Errorf("encode outbox entry %s: %w", entries[i].ID, err)
		}
		if b, err = appendElement(b, strconv.Itoa(i), text); err != nil {
			return nil, fmt.Errorf("outbox entry %s: %w", entries[i].ID, err)
		}
	}
	return bsoncore.AppendArrayEnd(b, list)
}

// refuseReserved refuses a body that holds what is the store's.
func refuseReserved(name []byte) error {
	switch string(name) {
	case fieldID, fieldVersion, fieldOutbox, fieldTouch:
		return fmt.Errorf("field %s is reserved", name)
	}
	return nil
}

func subdocument(b []byte, name string, fill func([]byte) []byte) []byte {
	start, b := bsoncore.AppendDocumentElementStart(b, name)
	b = fill(b)
	b, _ = bsoncore.AppendDocumentEnd(b, start) // fails only on a start beyond the end
	return b
}

func closed(b []byte, start int32) []byte {
	b, _ = bsoncore.AppendDocumentEnd(b, start) // as above
	return b
}
