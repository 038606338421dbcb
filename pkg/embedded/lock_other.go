//go:build !unix

package embedded

import (
	"os"
)

// lock takes the file for this process: an open file cannot be removed by another.
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
