package run

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const lockName = "lock"

// Lock is an exclusive lock on a folder, against other processes.
type Lock struct{ file *os.File }

// ErrLocked means that another process holds the lock.
var ErrLocked = errors.New("in use by another process")

// LockFolder creates dir when it is missing and locks it. When another process holds the lock the error is ErrLocked and names its pid, who
// it passed ("serve on 127.0.0.1:8080") and since when. The operating system releases the lock when the process ends, also after a kill.
func LockFolder(dir, who string, now time.Time) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := io.ReadAll(io.LimitReader(file, 512)) // unreadable: the error does not name the holder
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("data folder %s is %w: %s", dir, ErrLocked, strings.TrimSpace(string(holder)))
		}
		return nil, fmt.Errorf("data folder %s cannot be locked: %w", dir, err)
	}
	note := fmt.Sprintf("pid %d, %s, since %s\n", os.Getpid(), who, now.UTC().Format(time.RFC3339))
	_, err = file.WriteAt([]byte(note), 0)
	if err := errors.Join(err, file.Truncate(int64(len(note)))); err != nil {
		return nil, errors.Join(fmt.Errorf("data folder: %w", err), file.Close())
	}
	return &Lock{file}, nil
}

// Release releases the lock.
func (l *Lock) Release() error { return errors.Join(l.file.Truncate(0), l.file.Close()) }
