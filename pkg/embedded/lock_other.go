//go:build !unix

package embedded

import (
	"os"
)

// lock holds the file open: other processes cannot remove an open file.
func lock(name string) (unlock func(), err error) {
	if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
		return nil, ErrInUse
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}
