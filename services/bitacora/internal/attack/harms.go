package attack

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/damage"
)

// harm is something done to a copy of a folder that nobody serves.
type harm struct {
	name string
	from *folder
	do   func(dir string) error
	// mend undoes it as the words of the refusal say; nil where they say something else.
	mend func(dir string) error
	// as is the state that the folder is in afterwards; nil for the one that it is from.
	as *folder
	// wrap is a command under which the program is run.
	wrap []string
}

// liveHarm is something done to a folder while it is served.
type liveHarm struct {
	name string
	do   func(dir string) error
	// gone: nothing is left that a later start could miss anything in, so that nothing may be acknowledged any more.
	gone bool
}

// fileHarm is something done to one file, given its path.
type fileHarm struct {
	name string
	do   func(path string) error
}

const page = damage.Page

// bit is a bit turned over: in a log and a description it is noticed; SQLite keeps no sums of what is in the store's file itself.
var bit = fileHarm{"with one bit turned over", damage.Turn}

var summed = append([]fileHarm{bit}, files...)

// files are what may be done to any file.
var files = []fileHarm{
	{"removed", os.RemoveAll},
	{"emptied", func(path string) error { return os.Truncate(path, 0) }},
	{"cut to its half, within a page", func(path string) error { return damage.Cut(path, 0.5, 13) }},
	{"cut to its half, between pages", func(path string) error { return damage.Cut(path, 0.5, 0) }},
	{"cut by its last page", func(path string) error { return damage.Cut(path, 1, -page) }},
	{"cut to its header", func(path string) error { return os.Truncate(path, 100) }},
	{"written over at its beginning", func(path string) error { return damage.Scribble(path, 0, page) }},
	{"written over in its middle", func(path string) error { return damage.Scribble(path, 0.4, 8*page) }},
	{"replaced by a folder", func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) }},
	{"replaced by text", func(path string) error { return os.WriteFile(path, []byte("no store\n"), 0o600) }},
}

// store is all files of a service's store.
func store(name string) []string { return []string{name + ".db", name + ".db-wal", name + ".db-shm"} }

// harms is everything that is done to folders before a start.
func harms(w *workshop) (all []harm) {
	add := func(name string, from *folder, mended []string, do func(dir string) error) {
		all = append(all, harmed(name, from, mended, do))
	}
	states := map[string]*folder{"closed in order": &w.closed, "after a kill": &w.killed}
	for state, from := range states {
		for _, s := range services {
			for _, f := range files {
				add(fmt.Sprintf("%s.db %s, %s", s, f.name, state), from, store(s), damage.At(s+".db", f.do))
			}
			for of, other := range map[string]*folder{"an older time": &w.older, "another installation": &w.other} {
				add(fmt.Sprintf("%s.db of %s, %s", s, of, state), from, store(s), func(dir string) error { return damage.Put(other.dir, dir, s+".db") })
			}
		}
		all = append(all, w.around(state, from)...)
	}
	for i, s := range services {
		for _, f := range summed {
			add(fmt.Sprintf("%s.db-wal %s", s, f.name), &w.killed, store(s), damage.At(s+".db-wal", f.do))
		}
		other := services[(i+1)%len(services)]
		add(fmt.Sprintf("%s.db-wal of %s", s, other), &w.killed, store(s), func(dir string) error {
			return damage.Copy(filepath.Join(dir, other+".db-wal"), filepath.Join(dir, s+".db-wal"))
		})
		add(fmt.Sprintf("%s.db with the log of a kill, closed in order since", s), &w.closed, store(s), func(dir string) error { return damage.Put(w.killed.dir, dir, s+".db-wal", s+".db-shm") })
		add(fmt.Sprintf("%s.db-wal and %s.db-shm removed", s, s), &w.killed, store(s), damage.Removed(s+".db-wal", s+".db-shm"))
		add(fmt.Sprintf("%s.db-wal and the broker removed", s), &w.killed, store(s), damage.All(damage.At(s+".db-wal", os.Remove), damage.At("broker", os.RemoveAll)))
	}
	add("asset.db and delivery.db exchanged", &w.closed, append(store("asset"), store("delivery")...), func(dir string) error { return damage.Exchange(dir, "asset.db", "delivery.db") })
	add("all stores of an older time together", &w.closed, nil, func(dir string) error {
		return damage.Put(w.older.dir, dir, "asset.db", "workorder.db", "delivery.db", "status.db", "people.db")
	})
	all[len(all)-1].as = &w.older
	return all
}

// harmed is a harm that is mended by putting files back from where they came; nil mends nothing.
func harmed(name string, from *folder, mended []string, do func(dir string) error) harm {
	h := harm{name: name, from: from, do: do}
	if mended != nil {
		h.mend = func(dir string) error { return damage.Put(from.dir, dir, mended...) }
	}
	return h
}

// around is what is done to what lies around the stores.
func (w *workshop) around(state string, from *folder) (all []harm) {
	add := func(name string, mended []string, do func(dir string) error) {
		all = append(all, harmed(name+", "+state, from, mended, do))
	}
	at := damage.At
	for _, name := range []string{"installation.json", "broker/bitacora.json", "broker/topics.json", "broker/meta.json"} {
		for _, f := range summed {
			if !strings.Contains(f.name, "page") || strings.Contains(f.name, "within") {
				add(name+" "+f.name, []string{name}, at(name, f.do))
			}
		}
		add(name+" of another installation", []string{name}, func(dir string) error { return damage.Put(w.other.dir, dir, name) })
		add(name+" of an older time", []string{name}, func(dir string) error { return damage.Put(w.older.dir, dir, name) })
	}
	broker := []string{"broker"}
	add("the broker removed", broker, at("broker", os.RemoveAll))
	add("the broker replaced by a file", broker, at("broker", func(path string) error { return errors.Join(os.RemoveAll(path), os.WriteFile(path, nil, 0o600)) }))
	add("the broker of an older time", broker, func(dir string) error { return damage.Put(w.older.dir, dir, "broker") })
	add("the broker of another installation", broker, func(dir string) error { return damage.Put(w.other.dir, dir, "broker") })
	for _, f := range summed {
		add("a segment "+f.name, broker, at("broker", segment(f.do)))
	}
	add("a segment half written", broker, at("broker", segment(func(path string) error {
		b, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, append(b, b[:len(b)/3]...), 0o600)
		}
		return err
	})))
	add("every segment removed", broker, at("broker", func(dir string) error {
		names, err := filepath.Glob(filepath.Join(dir, "partitions", "*", "*.dat"))
		for _, name := range names {
			err = errors.Join(err, os.Remove(name))
		}
		return err
	}))
	add("the issuer's keys removed", []string{"issuer"}, at("issuer", os.RemoveAll))
	add("the issuer's keys written over", []string{"issuer"}, at("issuer", func(dir string) error {
		return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			return damage.Scribble(path, 0, page)
		})
	}))
	add("a restore that was cut off", []string{"restore.unfinished"}, at("restore.unfinished", func(path string) error { return os.WriteFile(path, []byte("x\n"), 0o600) }))
	add("an old journal beside asset.db", nil, at("asset.db-journal", func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte("rubbish "), page), 0o600) }))
	add("asset.db-shm written over", nil, at("asset.db-shm", func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte("rubbish "), page), 0o600) }))
	return append(all, w.readOnly(state, from)...)
}

// segment does something to the fullest segment of a broker's log.
func segment(do func(path string) error) func(dir string) error {
	return func(dir string) error {
		names, err := filepath.Glob(filepath.Join(dir, "partitions", "*", "*.dat"))
		fullest, most := "", int64(-1)
		for _, name := range names {
			if info, err := os.Stat(name); err == nil && info.Size() > most {
				fullest, most = name, info.Size()
			}
		}
		if fullest == "" {
			return errors.Join(err, fmt.Errorf("%s has no segments", dir))
		}
		return do(fullest)
	}
}

// readOnly takes the right to write away. The administrator's programs are started without the power to pass over that.
func (w *workshop) readOnly(state string, from *folder) (all []harm) {
	var wrap []string
	if os.Geteuid() == 0 {
		setpriv, err := exec.LookPath("setpriv")
		if err != nil {
			return nil
		}
		wrap = []string{setpriv, "--bounding-set", "-dac_override,-dac_read_search"}
	}
	for _, name := range []string{"asset.db", "delivery.db", "status.db", "installation.json", "broker", "lock", "."} {
		all = append(all, harm{name: name + " read-only, " + state, from: from, wrap: wrap, mend: func(dir string) error { return mode(filepath.Join(dir, name), 0o600) },
			do: func(dir string) error { return mode(filepath.Join(dir, name), 0o400) }})
	}
	return all
}

// mode gives a file, or a folder's own and its files', the right to be written, or takes it away.
func mode(path string, m fs.FileMode) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		m |= m >> 2 & 0o100 // who may read it may look into it
	}
	return os.Chmod(path, m)
}

// liveHarms is everything that is done to a folder while it is served.
func liveHarms() (all []liveHarm) {
	add := func(name, file string, do func(path string) error) {
		all = append(all, liveHarm{name: name + ", while it is served", do: damage.At(file, do)})
	}
	for _, s := range services {
		for _, f := range files {
			add(s+".db "+f.name, s+".db", f.do)
		}
		add(s+".db-wal removed", s+".db-wal", os.Remove)
		add(s+".db-wal emptied", s+".db-wal", func(path string) error { return os.Truncate(path, 0) })
		add(s+".db-wal written over", s+".db-wal", func(path string) error { return damage.Scribble(path, 0, 4*page) })
		add(s+".db-shm removed", s+".db-shm", os.Remove)
	}
	add("the broker removed", "broker", os.RemoveAll)
	add("a segment removed", "broker", segment(os.Remove))
	add("a topic's partitions removed", ".", damage.Removed("broker/partitions/bitacora.assets-*"))
	add("a segment cut", "broker", segment(func(path string) error { return damage.Cut(path, 0.5, 7) }))
	add("installation.json removed", "installation.json", os.Remove)
	add("everything removed", ".", func(dir string) error {
		entries, err := os.ReadDir(dir)
		for _, e := range entries {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
		return err
	})
	all[len(all)-1].gone = true
	return all
}
