// Package damage does to the files of a data folder what disks, people and restores do. It is for tests and attacks.
package damage

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Harm is something done to a data folder.
type Harm = func(dir string) error

// Page is the length of a page of a store's file.
const Page = 4096

// At does something to what has that name in the folder.
func At(name string, do func(path string) error) Harm {
	return func(dir string) error { return do(filepath.Join(dir, name)) }
}

// All does one after the other.
func All(harms ...Harm) Harm {
	return func(dir string) (err error) {
		for _, do := range harms {
			err = errors.Join(err, do(dir))
		}
		return err
	}
}

// Removed takes away what has these names, which may be patterns (filepath.Match).
func Removed(names ...string) Harm {
	return func(dir string) (err error) {
		for _, name := range names {
			found, bad := filepath.Glob(filepath.Join(dir, name))
			err = errors.Join(err, bad)
			for _, path := range found {
				err = errors.Join(err, os.RemoveAll(path))
			}
		}
		return err
	}
}

// Cut shortens a file to a part of its pages, and then by some bytes more or less.
func Cut(path string, part float64, bytes int64) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Truncate(path, max(0, int64(float64(info.Size()/Page)*part)*Page+bytes))
}

// Scribble fills a part of a file with rubbish.
func Scribble(path string, at float64, bytesLong int) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	from := int(at * float64(len(b)))
	to := min(from+bytesLong, len(b))
	copy(b[from:to], bytes.Repeat([]byte("rubbish "), (to-from)/8+1))
	return os.WriteFile(path, b, 0o600)
}

// Turn turns a bit over.
func Turn(path string) error {
	b, err := os.ReadFile(path)
	if err != nil || len(b) == 0 {
		return err
	}
	b[len(b)*2/3] ^= 0x10
	return os.WriteFile(path, b, 0o600)
}

// Put puts files of one folder in the place of another's; one that is not there is taken away.
func Put(from, to string, names ...string) error {
	for _, name := range names {
		if err := os.RemoveAll(filepath.Join(to, name)); err != nil {
			return err
		}
		info, err := os.Stat(filepath.Join(from, name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err == nil && info.IsDir():
			err = os.CopyFS(filepath.Join(to, name), os.DirFS(filepath.Join(from, name)))
		case err == nil:
			err = Copy(filepath.Join(from, name), filepath.Join(to, name))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Copy puts a file's content in the place of another's.
func Copy(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o600)
}

// Exchange exchanges two files.
func Exchange(dir, a, b string) error {
	at := func(name string) string { return filepath.Join(dir, name) }
	return errors.Join(os.Rename(at(a), at("exchanged")), os.Rename(at(b), at(a)), os.Rename(at("exchanged"), at(b)))
}

// Owners is the content of the stores that own documents; "" where there is none.
func Owners(dir string) (all []string) {
	for _, name := range []string{"asset.db", "workorder.db", "delivery.db", "people.db"} {
		b, _ := os.ReadFile(filepath.Join(dir, name))
		all = append(all, string(b))
	}
	return all
}
