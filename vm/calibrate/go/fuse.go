package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// fuse reads an eStargz layer that the snapshotter has mounted (see vm/calibrate/synthetic.ts for what is in it).
func fuse(folder string) {
	for _, count := range []int{50, 100, 400} {
		many := filepath.Join(folder, fmt.Sprintf("many-%d", count))
		names := filesOf(many, count)
		// The snapshotter looks through the folder: its cost grows with what is in it.
		x := func() quantities { return quantities{"lookups": count, "entries": count * count} }
		report("fuse-lookup", count == 100, x(), median(dropNames, func() { stat(names...) }))
		absent := make([]string, count)
		for i := range absent {
			absent[i] = filepath.Join(many, fmt.Sprintf("absent-%d", i))
		}
		miss := func() {
			for _, name := range absent {
				var info syscall.Stat_t
				if err := syscall.Stat(name, &info); err != syscall.ENOENT {
					log.Fatalf("%s: %v", name, err)
				}
			}
		}
		miss() // the snapshotter's first one in a folder lists it
		report("fuse-negative", count == 100, x(), median(dropNames, miss))
		stat(names...)
		open := func() {
			for _, name := range names {
				file, err := syscall.Open(name, syscall.O_RDONLY, 0)
				must(err)
				must(syscall.Close(file))
			}
		}
		report("fuse-open", count == 100, quantities{"opens": count}, median(func() { stat(names...) }, open))
		list := func() {
			folder, err := os.Open(many)
			must(err)
			names, err := folder.Readdirnames(-1)
			if err != nil && err != io.EOF || len(names) != count {
				log.Fatalf("%s: %d names, %v", many, len(names), err)
			}
			must(folder.Close())
		}
		report("fuse-list", count == 100, quantities{"folders": 1, "entries": count}, median(dropNames, list))
	}
	big := filepath.Join(folder, "big")
	_, err := os.ReadFile(big) // brings all chunks into the snapshotter's own cache
	must(err)
	reads(big, "fuse-read", ownDropped)
}

func stat(names ...string) {
	for _, name := range names {
		var info syscall.Stat_t
		must(syscall.Stat(name, &info))
	}
}

func filesOf(folder string, count int) []string {
	names, err := filepath.Glob(filepath.Join(folder, "*"))
	must(err)
	if len(names) != count {
		log.Fatalf("%s: %d files, not %d", folder, len(names), count)
	}
	return names
}

// overlay looks names up in an overlay of `layers` eStargz layers, each of which has the folders that they are in.
func overlay(folder, layersText string) {
	layers, err := strconv.Atoi(layersText)
	must(err)
	check := layers == 4
	all := filepath.Join(folder, "all")
	stat(all)
	named := func(layer int) []string {
		names := make([]string, 100)
		for i := range names {
			names[i] = filepath.Join(all, fmt.Sprintf("file-%d-%d", i, layer))
		}
		return names
	}
	// Layer 7 is the top one; the lowest of this overlay is 8 - layers.
	top, bottom := named(7), named(8-layers)
	const count = 100
	look := func(names []string) int64 {
		stat(names...)
		return median(func() { dropNames(); stat(all) }, func() { stat(names...) })
	}
	report("overlay-lookup", check, quantities{"lookups": count, "fuse-lookup.lookups": count, "fuse-lookup.entries": count * count}, look(top))
	if layers > 1 {
		x := quantities{
			"lookups":               count,
			"fuse-lookup.lookups":   count,
			"fuse-lookup.entries":   count * count,
			"fuse-negative.lookups": count * (layers - 1),
			"fuse-negative.entries": count * count * (layers - 1),
		}
		report("overlay-lookup", check, x, look(bottom))
	}
	folders := make([]string, 50)
	for i := range folders {
		folders[i] = filepath.Join(folder, "folders", fmt.Sprintf("folder-%d", i))
	}
	ns := median(func() { dropNames(); stat(filepath.Join(folder, "folders")) }, func() { stat(folders...) })
	x := quantities{
		"folders":             len(folders),
		"layers":              len(folders) * layers,
		"fuse-lookup.lookups": len(folders) * layers,
		"fuse-lookup.entries": len(folders) * len(folders) * layers,
	}
	report("overlay-folder", check, x, ns)
	open := func() {
		for _, name := range top {
			file, err := syscall.Open(name, syscall.O_RDONLY, 0)
			must(err)
			must(syscall.Close(file))
		}
	}
	report("overlay-open", check, quantities{"opens": count}, median(func() { stat(top...) }, open))
}
