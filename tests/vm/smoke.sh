#!/usr/bin/env bash
# Proves that a guest of scripts/vm can do what the tests of nvmeofs need,
# without nvmeofs: exports a disk over TCP and one over RDMA by hand, connects
# to both, writes, compares, and takes all of it down again.
#
#   scripts/vm run KERNEL -- tests/vm/smoke.sh
#
# Exit code 0 if it all worked, 1 if not.
set -euo pipefail

readonly config=/sys/kernel/config
readonly nvmet=$config/nvmet
readonly address=192.168.1.32
readonly hostnqn=nqn.2014-08.org.nvmexpress:uuid:5d0c0f7a-6a1c-4d53-9d53-0c3d8a3a7c01
readonly hostid=5d0c0f7a-6a1c-4d53-9d53-0c3d8a3a7c01

fail() {
	echo "smoke: $*" >&2
	exit 1
}

# Waits until a command succeeds, at most 60 seconds.
wait_for() {
	local deadline=$((SECONDS + 60)) what=$1
	shift

	until "$@"; do
		((SECONDS < deadline)) || fail "$what: not within 60 s"
		sleep 0.05
	done
}

# What a guest must be like before anything is done.
check_start() {
	local release

	release=$(uname -r)
	echo "smoke: kernel $release"
	[[ -e /lib/modules/$release/modules.dep ]] || fail "no modules of $release"
	! mountpoint -q $config || fail "configfs is mounted at start"
	[[ ! -d /sys/module/nvmet ]] || fail "nvmet is loaded at start"
	[[ -c /dev/fuse ]] || fail "no /dev/fuse"
	exec 5<>/dev/fuse || fail "/dev/fuse cannot be opened"
	exec 5>&-
}

# Subsystem $1 with namespace 1 on disk $2, at port $3 over transport $4.
make_export() {
	local nqn=$1 disk=$2 port=$nvmet/ports/$3 transport=$4
	local subsystem=$nvmet/subsystems/$nqn

	mkdir "$subsystem" "$subsystem/namespaces/1"
	echo 1 >"$subsystem/attr_allow_any_host"
	echo -n "$disk" >"$subsystem/namespaces/1/device_path"
	echo 1 >"$subsystem/namespaces/1/enable"
	mkdir "$port"
	echo "$transport" >"$port/addr_trtype"
	echo ipv4 >"$port/addr_adrfam"
	echo $address >"$port/addr_traddr"
	echo 4420 >"$port/addr_trsvcid"
	ln -s "$subsystem" "$port/subsystems/$nqn"
}

remove_export() {
	local nqn=$1 port=$nvmet/ports/$2

	rm "$port/subsystems/$nqn"
	rmdir "$port" "$nvmet/subsystems/$nqn/namespaces/1" "$nvmet/subsystems/$nqn"
}

# Sets disk to the block device by which the host sees subsystem $1.
find_disk() {
	local subsystem path

	for subsystem in /sys/class/nvme-subsystem/*; do
		[[ $(<"$subsystem/subsysnqn") == "$1" ]] || continue
		for path in "$subsystem"/nvme*n*; do
			disk=/dev/${path##*/}
			[[ ! -b $disk ]] || return 0
		done
	done
	return 1
}

# The kernel's own words, and who is connected, for whoever reads the log.
show_connections() {
	echo "--- kernel log"
	dmesg | grep -E 'nvme|rxe' || true
	echo "--- ss -tn"
	ss -tn
	echo "--- rdma -j res show cm_id"
	rdma -j res show cm_id
	echo
	echo "---"
}

# Writes over the fabric, and compares with what the exported disk holds.
check_data() {
	local nqn=$1 backing=$2 disk=

	wait_for "the disk of $nqn" find_disk "$nqn"
	dd if="$data" of="$disk" bs=1M oflag=direct status=none
	dd if="$backing" bs=1M count=8 iflag=direct status=none | cmp - "$data" ||
		fail "$backing does not hold what was written to $disk"
	dd if="$disk" bs=1M count=8 iflag=direct status=none | cmp - "$data" ||
		fail "$disk does not hold what was written to it"
	echo "smoke: $nqn: 8 MiB through $disk to $backing"
}

connect() {
	nvme connect -t "$1" -a $address -s 4420 -n "$2" -q $hostnqn -I $hostid ||
		fail "no connection to $2 over $1"
}

# Nothing of the exports may be left, on either side.
check_end() {
	local left

	left=$(find "$nvmet"/{subsystems,ports} -mindepth 1 -maxdepth 1)
	[[ -z $left ]] || fail "left in nvmet: $left"
	wait_for "end of the connections" bash -c '! ls /sys/class/nvme/nvme* >/dev/null 2>&1'
	! ss -Hltn 'sport = :4420' | grep -q . || fail "something still listens on TCP port 4420"
	! rdma res show cm_id | grep -q nvme || fail "nvmet still has an RDMA listener or connection"
	umount $config
	modprobe -r nvmet-tcp nvmet-rdma nvmet || fail "nvmet cannot be unloaded: something is still in use"
}

check_start
"$(dirname "$0")/../../scripts/vm-fabric"
check_start >/dev/null # the fabric may not have touched it
modprobe nvmet
mount -t configfs configfs $config

data=$(mktemp)
trap 'rm -f "$data"' EXIT
head -c 8M /dev/urandom >"$data"

make_export smoke-tcp /dev/nullb0 1 tcp
make_export smoke-rdma /dev/ram0 2 rdma
connect tcp smoke-tcp
connect rdma smoke-rdma
check_data smoke-tcp /dev/nullb0
check_data smoke-rdma /dev/ram0
show_connections

nvme disconnect -n smoke-tcp
nvme disconnect -n smoke-rdma
remove_export smoke-tcp 1
remove_export smoke-rdma 2
check_end
echo "smoke: passed"
