#include "fs/readme.h"

namespace nvmeofs {

std::string_view readme_text() {
  return R"(NVMe over Fabrics as a tree of files
====================================

Each directory in exports/ is one disk that this machine serves to others over the network. Its name
is the NQN that they connect to.

  mkdir exports/toto                              a draft; nothing in the kernel yet
  echo /dev/nvme0n1 > exports/toto/device         which disk; checked now
  echo 192.168.1.32 > exports/toto/address        where; checked now
  cat exports/toto/plan                           what enabling will do, as commands
  echo 1 > exports/toto/enabled                   all of it, or none of it
  cat exports/toto/status                         what is true now
  echo 0 > exports/toto/enabled                   taken back, and the disk is free again
  rmdir exports/toto

The host connects with
  nvme connect -t rdma -a 192.168.1.32 -s 4420 -n toto
or with nvmeofs: each directory in connections/ is one subsystem of another machine that this one uses.

  mkdir connections/toto
  echo 192.168.1.32 > connections/toto/address    where it is served; several are several paths
  echo 1 > connections/toto/connected             connects; or says why not
  cat connections/toto/device                     /dev/nvme0n1
  echo 0 > connections/toto/connected             refused while the disk is in use
  rmdir connections/toto

What another machine serves is found in discovery/:

  mkdir discovery/tcp:192.168.1.32:4420           whom to ask; the port is 8009 (rdma: 4420) unless written
  cat discovery/tcp:192.168.1.32:4420/subsystems  asks now
  echo 1 > discovery/tcp:192.168.1.32:4420/connect_all

A machine that has nvme-cli's files already gives them to nvmeofs, which adds what is missing:

  cp /etc/nvme/config.json connections/           connects what it lists; read, it is what is connected
  cp /etc/nvme/discovery.conf discovery/          asks, and connects, as nvme connect-all does

and those of nvmetcli, whose target is here as it says afterwards, or not changed at all:

  cp /etc/nvmet/config.json config.json           restores it; read, it is what is served

The files of an export
----------------------
device    The block device or regular file: an absolute path. One that is in use on this machine is
          refused; "/dev/sdb force" skips that check.
address   [transport://]address[:port], one a line. The transport is rdma (or what the mount option
          transport= says) or tcp, the port 4420: tcp://192.168.1.32, rdma://[fd00::1]:4420.
          > replaces the list, >> adds to it. "loop" is this machine alone,
          fc://nn-0x...:pn-0x... a Fibre Channel port of it (/sys/class/fc_host).
enabled   1 or 0. While hosts are connected 0 is refused; "0 force" does it all the same.
hosts     Who may connect: "any", or one host NQN a line. An empty line is nobody. "NQN force" ends the
          connections of the export's hosts, where one is left out that is connected.
status    disabled, enabled, waiting (for its disk or its address), drifted (somebody changed the
          kernel: writing 1 to enabled puts it right), failed, or foreign (made by something else);
          then the addresses, the hosts, how many are connected, and the last refusal.
plan      What writing 1 to enabled would do to the kernel, or 0 once it is enabled.
clients   Who is connected: address, transport, host NQN, how sure that is, and how it is known.

namespaces/ Its disks by their numbers: 1 is the device above, mkdir makes another. Each has device,
          enabled, uuid, nguid, ana_group (1 to 127), and what this kernel has of buffered_io,
          resv_enable and p2pmem.
passthru/ A whole NVMe controller instead of disks, where this kernel has that: device (/dev/nvme0), enabled,
          admin_timeout and io_timeout (in ticks of the kernel) and clear_ids. Hosts see the drive itself.
subsystem/ What it says of itself to hosts (serial, model, firmware, ieee_oui, version, ...) and gives
          them (cntlid_min, cntlid_max, qid_max, pi_enable), as this kernel has it. What a host has seen
          is frozen until the export is disabled. An empty line leaves it to the kernel.

The files of a port
-------------------
Each address that an export names is a directory in ports/.
exports   What the kernel serves there.
inline_data_size, max_queue_size, mdts, pi_enable, treq, tsas   Those that this kernel has. They can be
          changed while nothing is served there. An empty line leaves them to the kernel. "tls1.3" in
          tsas has hosts come over TLS; that needs tlshd.
ana_groups/ What hosts are told of the path by this address to the namespaces of a group: optimized,
          non-optimized, inaccessible, persistent-loss or change. It changes at once, under hosts too: where
          no path is left that is usable they hold their I/O.
referrals/ Discovery controllers elsewhere, of which hosts are told that discover here: mkdir makes one, with
          address (of any machine) and enabled.

The files of a host
-------------------
Each host that an export names is a directory in hosts/; mkdir makes one before that.
exports   The exports that name it.
dhchap_key, dhchap_ctrl_key   The key that it has to know, and the one that it may ask of this machine,
          as "nvme gen-dhchap-key" makes them. They read "set" or "unset"; an empty line clears them.
          They count when a host connects next, and not where hosts is "any".
dhchap_hash, dhchap_dhgroup   How that is done. A kernel without authentication has none of the four.

The files of a connection
-------------------------
address   As of an export: one path each.
nqn       The subsystem; the name of the directory unless written.
connected 1 or 0. While a disk is in use 0 is refused; "0 force" does it all the same.
device    Its disks, one a line.
status    disconnected, connected, degraded (some paths are not there), connecting (none is; it goes on
          trying), or foreign (made by something else); then each path, and the last refusal.
options/  What the kernel takes with a connection, by the names of nvme-cli. A secret reads "set".

The files of a discovery controller
-----------------------------------
subsystems, log.json   What it lists, for people and for scripts; each open asks it anew.
connect_all  1 connects what is listed, each in connections/; 0 goes no further, and connections stay.
persistent   1 keeps a controller and follows its changes: with connect_all, what comes is connected too.
status       reachable, unreachable or unknown; the log's generation; and the last refusals.

log, beside this file, has the last 256 changes and refusals.
metrics has numbers for a monitoring system, as OpenMetrics: exports by state, who is connected, what was
refused, how long it took, what each disk has read and written. topology.dot is a picture:
"dot -Tsvg topology.dot".

When a write fails
------------------
The write itself fails, nothing is changed, and the reason stands in status and in log, with the way
out. One write is one value, except that config.json and discovery.conf may come in several: use echo,
tee or cp, not an editor that makes a new file. An empty line (echo > address) clears device, address
or hosts of a disabled export; a truncation is no value and changes nothing.

chown and chmod of an export's directory and files are kept, so that root can let others run it; who
is not root can name only a device that he could open himself.

What is written is kept, over crashes and reboots. An enabled export comes up by itself when its
disk and its address are there; the disk is known by what it says of itself, not by its path alone.

Unmounting stops no export: the kernel goes on serving, and the next mount finds it as it is.
"nvmeofs stop" with this mount point takes all of them down, and unmounts.
)";
}

}  // namespace nvmeofs
