package mongodoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// there and back again.
func there(t testing.TB, body string) []byte {
	t.Helper()
	raw, err := document(&docstore.Write{ID: "x", Version: 7, Body: []byte(body)})
	if err != nil {
		t.Fatalf("to BSON: %v", err)
	}
	if err := bson.Raw(raw).Validate(); err != nil {
		t.Fatalf("made invalid BSON of %s: %v", body, err)
	}
	return raw
}

func back(t testing.TB, raw []byte) string {
	t.Helper()
	s, err := fromBSON(raw)
	if err != nil {
		t.Fatalf("to JSON: %v", err)
	}
	if s.ID != "x" || s.Version != 7 {
		t.Fatalf("came back as %q version %d", s.ID, s.Version)
	}
	return string(s.Body)
}

func TestBodiesComeBackAsTheyWere(t *testing.T) {
	for name, body := range map[string]string{
		"empty":           `{}`,
		"scalars":         `{"s":"text","t":true,"f":false,"n":null,"i":1,"d":1.5}`,
		"empties":         `{"s":"","a":[],"o":{},"deep":[[],[{}],[[]]]}`,
		"what looks like": `{"date":"2025-03-01T12:00:00.000Z","oid":"507f1f77bcf86cd799439011","$oid":"507f1f77bcf86cd799439011","n":{"$numberLong":"1"}}`,
		"integers":        `{"min":-9223372036854775808,"max":9223372036854775807,"umax":18446744073709551615,"past":9223372036854775808,"zero":0,"negative zero":-0}`,
		"decimals":        `{"a":0.1,"b":1e+300,"c":5e-324,"d":1.50,"e":123456789012345678901234567890.1234,"f":1e-7,"g":123456789012345680000,"h":-0.0}`,
		"names":           `{"a.b":1,"$set":{"$inc":{"x.y":1}},"":{"":2},"50%":3,"%2E":4,"nul\u0000in":5,"%":6,"$":7,".":8,"0":9,"ñandú":10}`,
		"texts":           `{"q":"\"\\/","c":"\u0000\u0001\b\f\n\r\t\u001f","u":"áéñ €","pair":"😀","sep":"\u2028\u2029","nul":"a\u0000b"}`,
		"array":           `{"a":[1,"x",null,[true],{"k":[0,1,2,3,4,5,6,7,8,9,10,11]}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(canon(t, body), canon(t, back(t, there(t, body)))); diff != "" {
				t.Errorf("(-was +is)\n%s", diff)
			}
		})
	}
}

// canon is a JSON text with its numbers as they are written and all else decoded.
func canon(t testing.TB, text string) any {
	t.Helper()
	var v any
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func TestTypes(t *testing.T) {
	for text, want := range map[string]bsoncore.Type{
		`"2025-03-01T12:00:00.000Z"`: bsoncore.TypeString, `7`: bsoncore.TypeInt64, `-9223372036854775808`: bsoncore.TypeInt64,
		`1.5`: bsoncore.TypeDouble, `1e+21`: bsoncore.TypeDouble, `18446744073709551615`: bsoncore.TypeDecimal128,
		`1.0`: bsoncore.TypeDecimal128, `null`: bsoncore.TypeNull, `[]`: bsoncore.TypeArray, `{}`: bsoncore.TypeEmbeddedDocument, `true`: bsoncore.TypeBoolean,
	} {
		v, err := toValue([]byte(text))
		if err != nil || bsoncore.Type(v.Type) != want {
			t.Errorf("%s became %s, want %s (%v)", text, v.Type, want, err)
		}
	}
}

func TestWhatIsNotJSONIsRefused(t *testing.T) {
	for _, text := range []string{``, `[]`, `1`, `{`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":1}x`, `{"a":01}`, `{"a":1.}`, `{"a":.5}`, `{"a":+1}`, `{"a":-}`,
		`{"a":1e}`, `{"a":nul}`, `{"a":"x}`, `{"a":"\x"}`, "{\"a\":\"\n\"}", `{"a":[1 2]}`, `{"a":[1,]}`, `{a:1}`, `{"a":NaN}`} {
		if _, err := appendMembers(nil, []byte(text), nil); !errors.Is(err, errNotJSON) {
			t.Errorf("%s: %v, want %v", text, err, errNotJSON)
		}
	}
	deep := `{"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`
	for _, text := range []string{deep, `{"a":1.23456789012345678901234567890123456789}`, `{"a":1e99999}`} {
		if _, err := appendMembers(nil, []byte(text), nil); err == nil {
			t.Errorf("%.60s was accepted", text)
		}
	}
	for _, name := range []string{"_id", "_version", "_outbox", "_touch"} {
		if _, err := document(&docstore.Write{Body: []byte(`{"` + name + `":1}`)}); err == nil {
			t.Errorf("a body with %s was accepted", name)
		}
	}
}

// TestWhatCannotBeStoredIsAnError, whichever way it would be sent.
func TestWhatCannotBeStoredIsAnError(t *testing.T) {
	bad := []byte(`{"a":1,"b":[tru]}`)
	for _, w := range []docstore.Write{{Kind: docstore.Insert, Body: bad}, {Kind: docstore.Put, Body: bad}, {Kind: docstore.Put, Body: []byte(`{"_id":"other"}`)},
		{Kind: docstore.Update, Set: map[string]json.RawMessage{"a": []byte("1 2")}}, {Kind: docstore.Update, Set: map[string]json.RawMessage{"_version": []byte("9")}},
		{Kind: docstore.Update, Unset: []string{"_outbox"}}, {Kind: docstore.Update, Outbox: []event.Entry{{Change: bad}}},
		{Kind: docstore.Put, Body: []byte(`{}`), Outbox: []event.Entry{{Change: bad}}}, {Kind: docstore.Insert, Body: []byte(`{}`), Outbox: []event.Entry{{Change: bad}}}, {Kind: 99}} {
		w.Collection, w.ID = "docs", "x"
		d := Driver{collections: map[string]*collection{"docs": {}}}
		if _, err := d.prepare(&w); err == nil {
			t.Errorf("%+v was accepted", w)
		}
	}
}

// jsonOf draws any JSON value.
func jsonOf(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		kinds := 6
		if depth > 0 {
			kinds = 8
		}
		switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
		case 0:
			return nil
		case 1:
			return rapid.Bool().Draw(t, "bool")
		case 2:
			return json.Number(strconv.FormatInt(rapid.Int64().Draw(t, "int"), 10))
		case 3:
			return rapid.Float64().Draw(t, "float")
		case 4:
			return rapid.String().Draw(t, "text")
		case 5:
			return json.Number(rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,12})?([eE][-+]?[0-9]{1,3})?`).Draw(t, "number"))
		case 6:
			return rapid.SliceOfN(jsonOf(depth-1), 0, 5).Draw(t, "array")
		}
		return rapid.MapOfN(rapid.OneOf(rapid.String(), rapid.StringMatching(`[%.$a2E\x00]{0,6}`)), jsonOf(depth-1), 0, 5).Draw(t, "object")
	})
}

func TestAnyBodyComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state := rapid.MapOfN(rapid.String(), jsonOf(3), 0, 6).Draw(t, "body")
		body, err := json.Marshal(map[string]any{"state": state})
		if err != nil {
			t.Skip(err)
		}
		raw, err := document(&docstore.Write{ID: "x", Version: 7, Body: body})
		if err != nil {
			t.Fatalf("to BSON: %v", err)
		}
		if err := bson.Raw(raw).Validate(); err != nil {
			t.Fatalf("invalid BSON: %v", err)
		}
		s, err := fromBSON(raw)
		if err != nil {
			t.Fatalf("to JSON: %v", err)
		}
		if err := same(body, s.Body); err != nil {
			t.Fatalf("%v\nwas %s\nis  %s", err, body, s.Body)
		}
	})
}

func FuzzConvert(f *testing.F) {
	f.Add([]byte(`{"a":[1,2.5,-0,18446744073709551615,{"$b.c":null}],"":"\u0000\ud800"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		raw, err := document(&docstore.Write{ID: "x", Version: 7, Body: body})
		if err != nil {
			return
		}
		if !json.Valid(body) {
			t.Fatalf("accepted %q", body)
		}
		if err := same(body, []byte(back(t, raw))); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzForeignBSON(f *testing.F) {
	f.Add(there(f, `{"a":[1,2.5,18446744073709551615,{"$b.c":null}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if s, err := fromBSON(raw); err == nil && bson.Raw(raw).Validate() == nil && !json.Valid(s.Body) {
			t.Fatalf("made %q", s.Body)
		}
	})
}

// same compares two JSON texts, numbers by their exact value.
func same(a, b []byte) error {
	one, err := decoded(a)
	if err != nil {
		return err
	}
	two, err := decoded(b)
	if err != nil {
		return err
	}
	numbers := cmp.Comparer(func(x, y json.Number) bool {
		p, ok := new(big.Rat).SetString(string(x))
		q, also := new(big.Rat).SetString(string(y))
		return ok && also && p.Cmp(q) == 0
	})
	if diff := cmp.Diff(one, two, numbers); diff != "" {
		return errors.New(diff)
	}
	return nil
}

func decoded(text []byte) (v any, err error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	err = dec.Decode(&v)
	return v, err
}

const sample = `{"id":"0190b5a0-7c6b-7d2e-9a3b-0c6c5f5d2a10","unit":"BSIST000014","equipment_type":"0190b5a0-7c6b-7d2e-9a3b-0c6c5f5d2a11","serial_number":"SN-00012345",` +
	`"inventory_tag":"51.103.0041","brand":"Hill-Rom","model":"Progressa","functioning":"works","custody":"in_service","price_centavos":1234500,"weight_kg":182.5,` +
	`"received_at":"2025-03-01T12:00:00.000Z","area":{"code":"QX-1","name":"Quirófano 1","floor":2},"accessories":["colchón","barandales"],"_schema":1,` +
	`"_scope":["nation","region:1","office:baja-california-sur","state:03","unit:BSIST000014","staff"]}`

func BenchmarkToBSON(b *testing.B) {
	w := &docstore.Write{ID: "x", Version: 1, Body: []byte(sample)}
	b.SetBytes(int64(len(sample)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := document(w); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkToJSON(b *testing.B) {
	raw := there(b, strings.Replace(sample, "{", `{"version":1,`, 1))
	b.SetBytes(int64(len(sample)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fromBSON(raw); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkByTree is what the converter is measured against: encoding/json into a map, the driver's codecs from there.
func BenchmarkByTree(b *testing.B) {
	b.SetBytes(int64(len(sample)))
	b.ReportAllocs()
	for b.Loop() {
		var m map[string]any
		if err := json.Unmarshal([]byte(sample), &m); err != nil {
			b.Fatal(err)
		}
		if _, err := bson.Marshal(m); err != nil {
			b.Fatal(err)
		}
	}
}
