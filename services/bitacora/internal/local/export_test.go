package local

// BootFile is what names the run of the machine outside of tests.
var BootFile = bootFile

// SetBootFile has the file name this run of the machine.
func SetBootFile(path string) { bootFile = path }
