package sqlitedoc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

// SQLite's write-ahead log and the index that it keeps of it beside the file (-shm), as https://www.sqlite.org/walformat.html says.
const (
	indexSuffix     = "-shm"
	indexHeader     = 48 // twice, and then how many frames are in the store's file already
	logHeader       = 32
	frameHeader     = 24
	indexVersion    = 3007000
	logMagic        = 0x377f0682 // the last bit says in which order of bytes sums are made
	largestPageCode = 1
	largestPage     = 65536
)

// CheckLog says whether the log beside a store that nobody has open lacks what was committed to it. SQLite takes a log that was cut, removed or
// changed for one that ends earlier, and says nothing. The index that a process leaves beside the log when it is killed knows how far the log
// went: a commit is in the log, on the disk, before it is in the index. Without an index, or with one that is not whole, nothing is known and
// nothing is said; opening the store does away with it.
func CheckLog(path string) error {
	index, err := os.ReadFile(path + indexSuffix)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(index) < 2*indexHeader+4 || !bytes.Equal(index[:indexHeader], index[indexHeader:2*indexHeader]) {
		return nil
	}
	u32 := func(at int) uint32 { return binary.NativeEndian.Uint32(index[at:]) }
	s0, s1 := logSum(binary.NativeEndian, 0, 0, index[:indexHeader-8])
	if u32(0) != indexVersion || index[12] == 0 || s0 != u32(40) || s1 != u32(44) {
		return nil
	}
	went, moved := int(u32(16)), int(u32(2*indexHeader))
	if went <= moved {
		return nil
	}
	size := int(binary.NativeEndian.Uint16(index[14:]))
	if size == largestPageCode {
		size = largestPage
	}
	log, err := os.ReadFile(path + logSuffix)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if goes := logFrames(log, index[32:40], size); goes < went {
		return fmt.Errorf("the log beside it (%s) was removed, cut or changed: of %d pages written to it %d are left", path+logSuffix, went, goes)
	}
	return nil
}

// Indexed says whether the index of a log lies beside the store, as a process that has it open, and a kill, leave it.
func Indexed(path string) bool {
	_, err := os.Stat(path + indexSuffix)
	return err == nil
}

// logFrames is how many frames of a log are valid, from the first on; 0 for one that has other salts.
func logFrames(log, salts []byte, size int) (n int) {
	if len(log) < logHeader || !bytes.Equal(log[16:24], salts) || binary.BigEndian.Uint32(log)&^1 != logMagic {
		return 0
	}
	var order binary.ByteOrder = binary.LittleEndian
	if binary.BigEndian.Uint32(log)&1 == 1 {
		order = binary.BigEndian
	}
	s0, s1 := logSum(order, 0, 0, log[:logHeader-8])
	sums := func(at int) bool {
		return binary.BigEndian.Uint32(log[at:]) == s0 && binary.BigEndian.Uint32(log[at+4:]) == s1
	}
	if !sums(logHeader - 8) {
		return 0
	}
	for at := logHeader; at+frameHeader+size <= len(log); at += frameHeader + size {
		s0, s1 = logSum(order, s0, s1, log[at:at+8])
		s0, s1 = logSum(order, s0, s1, log[at+frameHeader:at+frameHeader+size])
		if !bytes.Equal(log[at+8:at+16], salts) || !sums(at+16) {
			break
		}
		n++
	}
	return n
}

// logSum goes on with the sum over b.
func logSum(order binary.ByteOrder, s0, s1 uint32, b []byte) (uint32, uint32) {
	for ; len(b) >= 8; b = b[8:] {
		s0 += order.Uint32(b) + s1
		s1 += order.Uint32(b[4:]) + s0
	}
	return s0, s1
}
