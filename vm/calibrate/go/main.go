// micro measures what containerd, the stargz snapshotter and the kernel do at a container's start, one step at a time.
// It is Go because containerd is: the same gunzip, hash and HTTP client, of the same Go release.
//
// usage: micro cpu | disk FOLDER | registry URL IMAGES.json | far URL IMAGES.json RTT_NS | fuse MOUNT | overlay FOLDER LAYERS
//
// Each line of its output is one sample: {"series":…,"x":{quantity: how many},"ns":…,"check":…}. What is sampled as a
// check must not be used to fit.
package main

import (
	"encoding/json"
	"log"
	"os"
	"runtime/debug"
	"sort"
	"strconv"
	"syscall"
	"time"
)

const (
	kib  = 1024
	mib  = 1024 * kib
	page = 4 * kib
)

type quantities map[string]int

type sample struct {
	Series string     `json:"series"`
	X      quantities `json:"x"`
	NS     int64      `json:"ns"`
	Check  bool       `json:"check"`
}

var out = json.NewEncoder(os.Stdout)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func report(series string, check bool, x quantities, ns int64) {
	must(out.Encode(sample{series, x, ns, check}))
}

// median of three runs; prepare runs before each, outside the measurement.
func median(prepare, work func()) int64 {
	runs := make([]int64, 3)
	for i := range runs {
		if prepare != nil {
			prepare()
		}
		from := time.Now()
		work()
		runs[i] = time.Since(from).Nanoseconds()
	}
	sort.Slice(runs, func(a, b int) bool { return runs[a] < runs[b] })
	return runs[len(runs)/2]
}

func drop(what string) {
	syscall.Sync()
	must(os.WriteFile("/proc/sys/vm/drop_caches", []byte(what), 0))
}

// dropNames drops dentries and inodes, and leaves pages of files that are open.
func dropNames() { drop("2") }

func dropCaches() { drop("3") }

func main() {
	debug.SetGCPercent(-1)
	arguments := append(os.Args[2:], "", "")
	switch os.Args[1] {
	case "cpu":
		cpu()
	case "disk":
		disk(arguments[0])
	case "registry":
		registry(arguments[0], arguments[1])
	case "far":
		rttNS, err := strconv.ParseInt(arguments[2], 10, 64)
		must(err)
		far(arguments[0], arguments[1], rttNS)
	case "fuse":
		fuse(arguments[0])
	case "overlay":
		overlay(arguments[0], arguments[1])
	}
}
