package local

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
)

// marksName is the file that says which stores belong together, and of when they are.
const marksName = "installation.json"

// marks are what a data folder remembers of its stores beside them. Every start gives all stores and the broker's log the next generation, so
// that a file of another time or another installation among them is found before it is opened: SQLite takes the log that lies beside a
// file for that file's, and writes a mixture of both. A folder of an earlier release has no marks and gets them at its first start.
type marks struct {
	// Installation is drawn once.
	Installation uint32 `json:"installation"`
	// Generation is that of the last start; Next the one that a start was about to give when it was cut off, else 0.
	Generation uint32 `json:"generation"`
	Next       uint32 `json:"next,omitempty"`
	// Boot is the run of the machine under which the last start was; 0 in a folder of an earlier release.
	Boot uint32 `json:"boot,omitempty"`
	// Clean says that everything was closed in good order since, and synced.
	Clean bool `json:"clean"`
	// Stores are those that must be there; Again those that a start was about to make again from the topics when it was cut off.
	Stores []string `json:"stores"`
	Again  []string `json:"again,omitempty"`
	// Making are those made again that have not heard everything yet.
	Making []string `json:"making,omitempty"`
	// Open are the derived stores that the last start has not closed yet: a kill leaves their logs and indexes behind. Earlier releases write none.
	Open []string `json:"open,omitempty"`
}

// readMarks answers what the folder remembers, nothing where that cannot be read: the stores' own marks say the same, as long as they agree.
func readMarks(dataDir string) (m marks) {
	raw, err := os.ReadFile(filepath.Join(dataDir, marksName))
	if err != nil || json.Unmarshal(raw, &m) != nil {
		return marks{}
	}
	return m
}

func (m marks) write(dataDir string) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	name := filepath.Join(dataDir, marksName)
	if err := errors.Join(os.WriteFile(name+".new", append(raw, '\n'), 0o600), sqlitedoc.Sync(name+".new")); err != nil {
		return err
	}
	return errors.Join(os.Rename(name+".new", name), sqlitedoc.Sync(dataDir))
}

// current are the generations that stores may have after the last start.
func (m marks) current() []uint32 {
	if m.Next == 0 {
		return []uint32{m.Generation}
	}
	return []uint32{m.Generation, m.Next}
}

// ownerOf is the mark of a service's store in an installation; no two services' stores have the same.
func ownerOf(installation uint32, service string) uint32 {
	return installation ^ crc32.ChecksumIEEE([]byte(service))
}

// owns says whether a service's store has documents that are nowhere else; what owns nothing can be made again from the topics.
func owns(service string) bool { return !partOf(service).Derived }

// unknown says that the last start was of a release that has no such store: there is none, or one that lies there since a release that had it
// before, and that nobody has written to since. It is of an earlier time than the others, and right.
func (m marks) unknown(part string) bool {
	return partOf(part).Later && m.Installation != 0 && !slices.Contains(m.Stores, part)
}

// found is a store as it lies there.
type found struct {
	part   string
	owns   bool
	boot   uint32 // the run of the machine that it must be of; 0 of what owns documents, which is synced
	exists bool
	mark   sqlitedoc.Mark
	broken error // it is no store
}

func find(dataDir string, boot uint32) []found {
	var out []found
	for _, p := range Parts() {
		f := found{part: p.Name, owns: owns(p.Name)}
		if !f.owns {
			f.boot = boot
		}
		f.mark, f.exists, f.broken = sqlitedoc.ReadMark(StorePath(dataDir, p.Name))
		out = append(out, f)
	}
	return out
}

// What can be done about a store that must not be served.
const (
	putBack = "put back the file, with the -wal beside it, that belongs to the others; or restore a backup into an empty folder (bitacora restore), which brings all stores of one instant; " +
		"or give up what is not there and go on with what is (bitacora adopt)"
	replace = "put back a sound file, or restore a backup into an empty folder (bitacora restore)"
)

// judge holds the stores against what the folder remembers and against each other. It answers the marks that this start is about to write, with
// the stores to be made again. Its error names what must not be served, and what can be done.
func (m marks) judge(stores []found) (marks, error) {
	id := m.Installation
	owners := slices.DeleteFunc(slices.Clone(stores), func(f found) bool { return !f.owns || !f.exists || f.broken != nil })
	for _, f := range owners {
		if id == 0 && f.mark.Generation > 0 {
			id = ownerOf(f.mark.Owner, f.part)
		}
	}
	owners = slices.DeleteFunc(owners, func(f found) bool { return f.foreign(id) || m.unknown(f.part) })
	m = m.consistent(owners)
	next := marks{Installation: cmp.Or(id, rand.Uint32()|1), Generation: m.Generation, Next: cmp.Or(m.Next, m.Generation+1), Stores: m.Stores, Again: m.Again, Making: m.Making}
	var errs []error
	for at, f := range stores {
		// What is made later is there, or others that it is made from: then it was there too.
		wasThere := slices.ContainsFunc(stores[at+1:], func(f found) bool { return f.exists }) && m.Installation == 0 || !f.owns && len(owners) > 0
		switch why, remedy := m.misfit(f, id, wasThere); {
		case why == "":
		case f.owns:
			errs = append(errs, fmt.Errorf("%s: %s", why, remedy))
		case !slices.Contains(next.Again, f.part):
			next.Again = append(next.Again, f.part)
		}
	}
	return next, errors.Join(errs...)
}

// foreign says that the store has another installation's mark, or another service's, or may have come over a power cut unsynced.
func (f found) foreign(installation uint32) bool {
	return (f.mark.Generation > 0 || f.boot != 0) && f.mark.Owner != ownerOf(installation, f.part)^f.boot
}

// another is the service whose store it is, where it is another's of the same installation as any of the stores; "" where it is not known to be.
func (f found) another(stores []found) string {
	for _, p := range Parts() {
		if f.owns && p.Name != f.part && f.mark.Generation > 0 && slices.ContainsFunc(stores, func(o found) bool {
			return o.part != f.part && o.mark.Generation > 0 && !o.foreign(ownerOf(f.mark.Owner, p.Name))
		}) {
			return p.Name
		}
	}
	return ""
}

// misfit is why a store is not the one that belongs here, and what can be done; nothing where it is.
func (m marks) misfit(f found, installation uint32, wasThere bool) (why, remedy string) {
	switch {
	case f.broken != nil:
		return f.broken.Error(), replace
	case !f.exists && (wasThere || slices.Contains(m.Stores, f.part)):
		return f.part + ".db is missing", putBack
	case !f.exists:
		return "", ""
	case f.foreign(installation):
		return f.part + ".db is of another installation, or of another service", putBack
	case m.unknown(f.part):
		return "", ""
	case !slices.Contains(m.current(), f.mark.Generation):
		return fmt.Sprintf("%s.db is of another time (start %d) than the other stores (start %d)", f.part, f.mark.Generation, m.Generation), putBack
	}
	return "", ""
}

// consistent is m where the stores that own documents say otherwise all together: they were put back from one copy, which is as good as what was
// there, or the folder does not remember.
func (m marks) consistent(owners []found) marks {
	var generations []uint32
	for _, f := range owners {
		generations = append(generations, f.mark.Generation)
	}
	slices.Sort(generations)
	generations = slices.Compact(generations)
	others := slices.ContainsFunc(generations, func(g uint32) bool { return !slices.Contains(m.current(), g) })
	switch n := len(generations); {
	case others && n == 1:
		// Generations are never given twice, so that the next is above all that there were.
		m.Generation, m.Next = generations[0], max(generations[0], m.Generation, m.Next)+1
	case others && n == 2 && m.Installation == 0 && generations[1] == generations[0]+1: // a copy of while a start was giving them
		m.Generation, m.Next = generations[0], generations[1]
	case others && m.Installation == 0:
		m.Generation = generations[n-1]
	}
	return m
}

// setAside moves a store that is made again out of the way.
func setAside(dataDir, part string) error {
	path := StorePath(dataDir, part)
	var errs []error
	for _, suffix := range []string{"", "-wal", "-shm"} {
		errs = append(errs, os.RemoveAll(path+".damaged"+suffix))
		if err := os.Rename(path+suffix, path+".damaged"+suffix); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// examine finds out whether what lies in the folder fits together, before anything of it is opened.
func (i *Installation) examine(ctx context.Context) error {
	dir := i.cfg.DataDir
	if err := writable(dir); err != nil {
		return err
	}
	was, boot := readMarks(dir), bootOf(dir)
	i.trusted = was.trusted(boot)
	stores := find(dir, i.trusted)
	next, err := was.judge(stores)
	if err != nil {
		return fmt.Errorf("the stores in %s do not fit together, and nothing was written to them: %w", dir, err)
	}
	next.Boot, i.unclean, i.killed = boot, !was.Clean, !was.Clean && was.Installation != 0
	indexed := was.Clean || boot == was.Boot
	if i.trusted != was.Boot {
		i.log.WarnContext(ctx, "the machine was started anew since the last run, which did not end in good order, or it cannot be known whether it was: what is made from the documents is made again")
	}
	for _, f := range stores {
		if !f.exists || slices.Contains(next.Again, f.part) || !i.unclean && !hasLog(dir, f.part) {
			continue
		}
		if err := was.sound(ctx, dir, f, indexed); err != nil && f.owns {
			return err
		} else if err != nil {
			next.Again = append(next.Again, f.part)
		}
	}
	i.marks = next
	for _, part := range next.Again {
		if err := i.makeAgain(ctx, part); err != nil {
			return err
		}
	}
	return i.marks.write(dir)
}

// makeAgain sets a store aside, and remembers that it is made again.
func (i *Installation) makeAgain(ctx context.Context, part string) error {
	i.log.WarnContext(ctx, "a store that owns no documents is missing or cannot be used: it is made again from the topics", "store", part+".db")
	if !slices.Contains(i.marks.Making, part) {
		i.marks.Making = append(i.marks.Making, part)
	}
	return errors.Join(i.marks.write(i.cfg.DataDir), setAside(i.cfg.DataDir, part))
}

// sound looks through a store that was not closed in good order. What lies beside one of another time is of no account; the index of its log, which
// is never synced, is of none after a power cut: it may be older than the log, or tell of commits that were not synced (indexed is false then).
func (m marks) sound(ctx context.Context, dataDir string, f found, indexed bool) error {
	path := StorePath(dataDir, f.part)
	if indexed && (m.Installation == 0 || slices.Contains(m.current(), f.mark.Generation)) {
		// Of what owns documents the newest records tell (behind). Nothing tells of a derived store that lacks its newest, so that one without an index
		// is made again, also where a command that looked through the folder took its log in and away.
		if slices.Contains(m.Open, f.part) && f.mark.Generation == m.Generation && !sqlitedoc.Indexed(path) {
			return fmt.Errorf("%s.db was in use, and the index of its log is gone: it may lack what was written last", f.part)
		}
		if err := sqlitedoc.CheckLog(path); err != nil {
			return fmt.Errorf("%s.db has lost what was written to it: %w: %s", f.part, err, putBack)
		}
	}
	if err := sqlitedoc.Glance(ctx, path); err != nil {
		return fmt.Errorf("%w: %s", err, replace)
	}
	// A mark goes into the file at once: what the log would make of it is the same, but for a log of another time.
	logged, err := sqlitedoc.LoggedMark(ctx, path)
	if err == nil && f.mark.Generation > 0 && logged != f.mark && !slices.Contains(m.current(), logged.Generation) {
		err = fmt.Errorf("the log beside %s.db is of another time (start %d) than the stores (start %d): %s", f.part, logged.Generation, m.Generation, putBack)
	}
	return err
}

// rebuild has the stores that are made again hear everything from the beginning.
func (i *Installation) rebuild(ctx context.Context) error {
	for _, s := range i.Services {
		if slices.Contains(i.marks.Again, s.Name) {
			if err := i.reset(ctx, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// hasLog says whether a store was not closed in good order.
func hasLog(dataDir, part string) bool {
	info, err := os.Stat(StorePath(dataDir, part) + "-wal")
	return err == nil && info.Size() > 0
}

// whole writes down that all stores and the broker have this start's marks.
func (i *Installation) whole() error {
	i.marks = marks{Installation: i.marks.Installation, Generation: i.marks.Next, Boot: i.marks.Boot, Making: i.marks.Making}
	for _, p := range Parts() {
		if i.marks.Stores = append(i.marks.Stores, p.Name); p.Derived {
			i.marks.Open = append(i.marks.Open, p.Name)
		}
	}
	return i.marks.write(i.cfg.DataDir)
}

// closing writes down that a derived store is about to be closed, which takes its log and index away. It is done before, so that a kill in between
// does not make a whole store look like one that has lost its log.
func (i *Installation) closing(part string) error {
	if !slices.Contains(i.marks.Open, part) {
		return nil
	}
	i.marks.Open = slices.DeleteFunc(slices.Clone(i.marks.Open), func(open string) bool { return open == part })
	return i.marks.write(i.cfg.DataDir)
}

// closed syncs what was not and writes down that everything was closed in good order, where it was. Where a store was not, the next start looks
// through all of them, and makes again what can be made again.
func (i *Installation) closed(context.Context) error {
	spoilt := false
	i.spoilt.Range(func(part, _ any) bool {
		spoilt = true
		if name := part.(string); !owns(name) && !slices.Contains(i.marks.Again, name) {
			i.marks.Again = append(i.marks.Again, name)
		}
		return true
	})
	if spoilt && i.marks.Generation > 0 && i.marks.Next == 0 {
		return i.marks.write(i.cfg.DataDir)
	}
	if spoilt || i.marks.Generation == 0 || i.marks.Next != 0 || !i.quiet.Load() || slices.ContainsFunc(Parts(), func(p Part) bool { return hasLog(i.cfg.DataDir, p.Name) }) {
		return nil
	}
	if err := syncDerived(i.cfg.DataDir); err != nil {
		return err
	}
	i.marks.Clean = true
	return i.marks.write(i.cfg.DataDir)
}
