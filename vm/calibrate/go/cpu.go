package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"io"
	"os"
	"syscall"
)

func zipped(data []byte) []byte {
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, err := zip.Write(data)
	must(err)
	must(zip.Close())
	return packed.Bytes()
}

// gunzip as containerd does it (pkg archive/compression): a buffered reader before Go's own inflate.
func gunzip(packed []byte) {
	unzip, err := gzip.NewReader(bufio.NewReaderSize(bytes.NewReader(packed), 32*kib))
	must(err)
	_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, unzip, make([]byte, 32*kib))
	must(err)
}

func cpu() {
	for _, size := range []int{4 * kib, mib, 8 * mib} {
		data := make([]byte, size)
		ns := median(nil, func() { sha256.Sum256(data) })
		report("sha256", size == mib, quantities{"operations": 1, "bytes": size}, ns)
	}
	gunzipped := func(check bool, data []byte) {
		packed := zipped(data)
		x := quantities{"compressedBytes": len(packed), "bytes": len(data)}
		report("gunzip", check, x, median(nil, func() { gunzip(packed) }))
	}
	gunzipped(false, literals(mib))
	gunzipped(false, words(mib, 1000))
	gunzipped(true, append(literals(mib/2), words(mib/2, 1000)...))
	// A program, as most of an image's bytes are: this very one.
	self, err := os.ReadFile("/proc/self/exe")
	must(err)
	gunzipped(true, self[:mib])
	for _, faults := range []int{512, 2048, 8192} {
		var memory []byte
		work := func() {
			memory, err = syscall.Mmap(-1, 0, faults*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
			must(err)
			must(syscall.Madvise(memory, 15)) // MADV_NOHUGEPAGE
			for i := 0; i < len(memory); i += page {
				memory[i] = 1
			}
		}
		ns := median(func() {
			if memory != nil {
				must(syscall.Munmap(memory))
			}
		}, work)
		must(syscall.Munmap(memory))
		memory = nil
		report("fault-anonymous", faults == 2048, quantities{"mappings": 1, "faults": faults}, ns)
	}
}
