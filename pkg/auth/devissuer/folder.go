package devissuer

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-jose/go-jose/v4"
)

const fileName = "dev-issuer.json"

// load reads the folder's state and makes it where there is none. Of two processes that make it at once one wins, and both go on
// with what it wrote.
func load(dir string) (state, error) {
	s, err := read(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	key, err := newKey()
	if err != nil {
		return s, err
	}
	secret := make([]byte, 24)
	if _, err := rand.Read(secret); err != nil {
		return s, err
	}
	made := state{Secret: hex.EncodeToString(secret), Keys: []jose.JSONWebKey{key}}
	if err := made.place(dir, os.Link); err != nil && !errors.Is(err, fs.ErrExist) {
		return s, err
	}
	return read(dir)
}

func read(dir string) (s state, err error) {
	path := filepath.Join(dir, fileName)
	b, err := os.ReadFile(path)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(b, &s); err != nil || s.Secret == "" || len(s.Keys) == 0 || s.Keys[0].IsPublic() {
		return s, fmt.Errorf("%s does not hold the issuer's keys; remove it and new ones are made, with which old tokens end: %w",
			path, errors.Join(err, errDamaged))
	}
	return s, nil
}

var errDamaged = errors.New("damaged file")

func (s state) save(dir string) error { return s.place(dir, os.Rename) }

// place writes the whole state beside its place, to the disk, and then puts it there in one step.
func (s state) place(dir string, put func(from, to string) error) error {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, fileName+".*") // CreateTemp's files are 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(b)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return put(file.Name(), filepath.Join(dir, fileName))
}
