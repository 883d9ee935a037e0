#!/bin/sh
# The guest's first process: mounts what a container host needs, runs the agent, powers off.
export PATH=/opt/trio/bin:/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mountpoint -q /dev || mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmp /dev/shm
mount -t tmpfs tmp /tmp
mount -t tmpfs run /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tracefs tracefs /sys/kernel/tracing
mount -t debugfs debugfs /sys/kernel/debug
# What is mounted here later must also be seen in the namespaces made earlier.
mount --make-rshared /
mkdir -p /run/trio /run/netns
case " $(cat /proc/cmdline) " in
*" trio.shell "*)
	/opt/trio/node /opt/trio/vm/guest/agent.ts shell
	setsid -c sh -l </dev/ttyS0 >/dev/ttyS0 2>&1
	;;
*)
	/opt/trio/node /opt/trio/vm/guest/agent.ts || echo "agent: exit status $?"
	;;
esac
echo o >/proc/sysrq-trigger
sleep 60
