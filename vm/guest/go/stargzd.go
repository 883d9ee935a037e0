// stargzd serves the stargz snapshotter to containerd. Debian packages its library and its client, not its daemon.
//
// usage: stargzd ROOT SOCKET CONFIG.toml
package main

import (
	"context"
	"log"
	"net"
	"os"

	snapshotsapi "github.com/containerd/containerd/api/services/snapshots/v1"
	"github.com/containerd/containerd/contrib/snapshotservice"
	"github.com/containerd/stargz-snapshotter/service"
	"github.com/pelletier/go-toml"
	"google.golang.org/grpc"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: stargzd ROOT SOCKET CONFIG.toml")
	}
	root, socket, configFile := os.Args[1], os.Args[2], os.Args[3]
	var config service.Config
	tree, err := toml.LoadFile(configFile)
	if err != nil {
		log.Fatal(err)
	}
	if err := tree.Unmarshal(&config); err != nil {
		log.Fatal(err)
	}
	snapshotter, err := service.NewStargzSnapshotterService(context.Background(), root, &config)
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	snapshotsapi.RegisterSnapshotsServer(server, snapshotservice.FromSnapshotter(snapshotter))
	listener, err := net.Listen("unix", socket)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(server.Serve(listener))
}
