package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// commit writes a blob as containerd's content store does (1 MiB at a time, flushed, renamed), without its hash.
func commit(folder string, data []byte) {
	name := filepath.Join(folder, "ingest")
	file, err := os.Create(name)
	must(err)
	for from := 0; from < len(data); from += mib {
		to := from + mib
		if to > len(data) {
			to = len(data)
		}
		_, err := file.Write(data[from:to])
		must(err)
	}
	must(file.Sync())
	must(file.Close())
	must(os.Rename(name, filepath.Join(folder, "blob")))
}

const readBytes = 16 * mib

// How much of what it reads is in memory before a measurement of reads.
type readCache int

const (
	allCached  readCache = iota
	noneCached           // all caches dropped
	ownDropped           // the file's own pages dropped; what serves them is still in memory
)

func fadvise(file *os.File, advice uintptr) {
	_, _, errno := syscall.Syscall6(syscall.SYS_FADVISE64, file.Fd(), 0, 0, advice, 0, 0)
	if errno != 0 {
		must(errno)
	}
}

const (
	fadviseRandom   = 1
	fadviseDontNeed = 4
)

// reads of some pages each, apart from each other: requests of just these pages (POSIX_FADV_RANDOM).
func reads(name string, series string, cache readCache) {
	for _, pages := range []int{1, 2, 4, 8, 16, 32} {
		file, err := os.Open(name)
		must(err)
		fadvise(file, fadviseRandom)
		const count = 100
		rounds := 1
		if cache == allCached {
			rounds = 10 // else what the kernel does on the side weighs
		}
		buffer := make([]byte, pages*page)
		work := func() {
			for i := 0; i < rounds*count; i++ {
				_, err := syscall.Pread(int(file.Fd()), buffer, int64(i%count*(readBytes/count/page)*page))
				must(err)
			}
		}
		work()
		prepare := func() {}
		switch cache {
		case noneCached:
			// The first read after it brings the inode's own blocks back.
			prepare = func() {
				dropCaches()
				_, err := syscall.Pread(int(file.Fd()), buffer[:1], readBytes-1)
				must(err)
			}
		case ownDropped:
			prepare = func() { fadvise(file, fadviseDontNeed) }
		}
		x := quantities{"reads": rounds * count, "pages": rounds * count * pages}
		report(series, pages == 4 || pages == 16, x, median(prepare, work))
		must(file.Close())
	}
}

const faultAround = "/sys/kernel/debug/fault_around_bytes"

// faults on a file's cached pages; each maps as many pages as fault-around has it.
func faults(name string) {
	before, err := os.ReadFile(faultAround)
	must(err)
	file, err := os.Open(name)
	must(err)
	for _, pages := range []int{1, 4, 16} {
		must(os.WriteFile(faultAround, []byte(fmt.Sprint(pages*page)), 0))
		var memory []byte
		sum := byte(0)
		prepare := func() {
			if memory != nil {
				must(syscall.Munmap(memory))
			}
			memory, err = syscall.Mmap(int(file.Fd()), 0, readBytes, syscall.PROT_READ, syscall.MAP_PRIVATE)
			must(err)
		}
		ns := median(prepare, func() {
			for i := 0; i < len(memory); i += pages * page {
				sum += memory[i]
			}
		})
		must(syscall.Munmap(memory))
		count := readBytes / page / pages
		report("fault-mapped", pages == 4, quantities{"faults": count, "pages": count * pages}, ns)
	}
	must(os.WriteFile(faultAround, bytes.TrimSpace(before), 0))
	must(file.Close())
}

func disk(folder string) {
	must(os.MkdirAll(folder, 0o755))
	data := words(readBytes, 1000)
	for _, size := range []int{4 * kib, 4 * mib, 16 * mib} {
		ns := median(syscall.Sync, func() { commit(folder, data[:size]) })
		report("content-commit", size == 4*mib, quantities{"operations": 1, "bytes": size}, ns)
	}
	name := filepath.Join(folder, "read")
	must(os.WriteFile(name, data, 0o644))
	syscall.Sync()
	reads(name, "read-cached", allCached)
	reads(name, "read-cold", noneCached)
	_, err := os.ReadFile(name)
	must(err)
	faults(name)
	must(os.RemoveAll(folder))
}
