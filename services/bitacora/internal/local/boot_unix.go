//go:build unix

package local

import (
	"os"
	"syscall"
)

// deviceOf is the number of the file system that a folder is on.
func deviceOf(dir string) (device uint64, known bool) {
	info, err := os.Stat(dir)
	if err != nil {
		return 0, false
	}
	stat, known := info.Sys().(*syscall.Stat_t)
	if !known {
		return 0, false
	}
	return uint64(stat.Dev), true //nolint:gosec,unconvert // its type is another on each system
}
