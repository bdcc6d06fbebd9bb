#include "fs/operations.h"

#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <spdlog/spdlog.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "fs/filesystem.h"
#include "fs/reply.h"

namespace nvmeofs {
namespace {

// How long the kernel may believe what we said. Nothing that changes is missed for longer, also
// when a notification is lost.
constexpr double second = 1.0;
// Of one answer to readdir, whatever size is asked for.
constexpr std::size_t longest_listing = 1 << 20;

Filesystem& filesystem_of(fuse_req_t req) {
  return *static_cast<Filesystem*>(fuse_req_userdata(req));
}

// Nothing that is thrown may reach libfuse's C code; the request is answered EIO by its Reply.
template <class Body>
void answer(fuse_req_t req, const char* operation, Body body) noexcept {
  try {
    body(filesystem_of(req), Reply(req));
  } catch (const std::exception& thrown) {
    spdlog::error("{}: {}", operation, thrown.what());
  }
}

// None where they cannot be known: of a process that has ended, or of another pid namespace.
std::vector<gid_t> groups_of(fuse_req_t req) {
  std::vector<gid_t> groups;
  for (int count = fuse_req_getgroups(req, 0, nullptr); count > static_cast<int>(groups.size());) {
    groups.resize(static_cast<std::size_t>(count));
    count = fuse_req_getgroups(req, count, groups.data());
    if (count >= 0 && count <= static_cast<int>(groups.size())) {
      groups.resize(static_cast<std::size_t>(count));
      break;
    }
  }
  return groups;
}

Caller caller_of(fuse_req_t req) {
  const fuse_ctx* context = fuse_req_ctx(req);
  Caller caller{.uid = context->uid, .pid = context->pid, .command = "", .gid = context->gid};
  if (!caller.is_root()) caller.groups = groups_of(req);
  std::ifstream comm("/proc/" + std::to_string(caller.pid) + "/comm");
  std::getline(comm, caller.command);
  return caller;
}

double attribute_timeout(const Tree& tree, NodeId node) {
  return tree.cacheable(node) ? second : 0.0;
}

Found<fuse_entry_param> make_entry(const Tree& tree, NodeId node) {
  return tree.attributes(node).map([&tree, node](const struct stat& st) {
    fuse_entry_param entry{};
    entry.ino = node;
    entry.attr = st;
    entry.attr_timeout = attribute_timeout(tree, node);
    entry.entry_timeout = second;
    return entry;
  });
}

void on_init(void* userdata, fuse_conn_info* conn) {
  // A value that waits in the page cache is refused when nobody listens any more.
  conn->want &= ~static_cast<unsigned>(FUSE_CAP_WRITEBACK_CACHE | FUSE_CAP_SPLICE_READ |
                                       FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE);
  static_cast<Filesystem*>(userdata)->options().on_ready();
}

void on_lookup(fuse_req_t req, fuse_ino_t parent, const char* name) {
  answer(req, "lookup", [&](Filesystem& fs, Reply reply) {
    const auto entry = fs.tree().lookup(parent, name).and_then([&](NodeId node) {
      return make_entry(fs.tree(), node);
    });
    // As an error, not as an entry without a node: that would be remembered as missing.
    entry ? reply.entry(*entry) : reply.error(entry.error());
  });
}

// Ids are never reused and hold nothing, so there is nothing to count.
void on_forget(fuse_req_t req, fuse_ino_t, std::uint64_t) {
  Reply(req).none();
}
void on_forget_multi(fuse_req_t req, std::size_t, fuse_forget_data*) {
  Reply(req).none();
}

void on_getattr(fuse_req_t req, fuse_ino_t node, fuse_file_info*) {
  answer(req, "getattr", [&](Filesystem& fs, Reply reply) {
    const auto st = fs.tree().attributes(node);
    st ? reply.attributes(*st, attribute_timeout(fs.tree(), node)) : reply.error(st.error());
  });
}

// As far as the kernel has not checked it: that it may be done at all (default_permissions).
Result<Access> access_in(const struct stat& wanted, int to_set) {
  Access access;
  if ((to_set & FUSE_SET_ATTR_UID) != 0) access.uid = wanted.st_uid;
  if ((to_set & FUSE_SET_ATTR_GID) != 0) access.gid = wanted.st_gid;
  if ((to_set & FUSE_SET_ATTR_MODE) == 0) return access;
  access.mode = wanted.st_mode & ~static_cast<mode_t>(S_IFMT);
  if ((*access.mode & ~Access::permissions) != 0)
    return refuse(EPERM, Reason::not_offered, "setuid, setgid and sticky bits mean nothing here");
  return access;
}

// A truncation is not a value, and times are ours: both are taken and change nothing, because
// shells and touch do them in passing.
void on_setattr(fuse_req_t req, fuse_ino_t node, struct stat* wanted, int to_set, fuse_file_info*) {
  answer(req, "setattr", [&](Filesystem& fs, Reply reply) {
    const auto st = fs.tree().attributes(node);
    if (!st) return reply.error(st.error());
    if ((to_set & (FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)) == 0)
      return reply.attributes(*st, attribute_timeout(fs.tree(), node));
    const Branch* const branch = fs.tree().branch_of(node);
    const auto access = access_in(*wanted, to_set);
    if (branch == nullptr || !access) return reply.error(EPERM);
    auto waiting = std::make_shared<Reply>(std::move(reply));
    branch->change_access(caller_of(req), node, *access,
                          [&tree = fs.tree(), waiting, node](const Result<void>& result) {
                            if (!result) return waiting->error(result.error().errnum);
                            const auto now = tree.attributes(node);
                            now ? waiting->attributes(*now, attribute_timeout(tree, node))
                                : waiting->error(now.error());
                          });
  });
}

void on_mkdir(fuse_req_t req, fuse_ino_t parent, const char* name, mode_t) {
  answer(req, "mkdir", [&](Filesystem& fs, Reply reply) {
    const Branch* const branch = fs.tree().branch_at(parent);
    if (branch == nullptr) return reply.error(EPERM);
    // std::function wants to be copied, a Reply does not.
    auto waiting = std::make_shared<Reply>(std::move(reply));
    branch->make(
        caller_of(req), parent, name,
        [&tree = fs.tree(), waiting, parent, name = std::string(name)](Result<void> result) {
          if (!result) return waiting->error(result.error().errnum);
          const auto entry = tree.lookup(parent, name).and_then([&](NodeId node) {
            return make_entry(tree, node);
          });
          entry ? waiting->entry(*entry) : waiting->error(entry.error());
        });
  });
}

void on_rmdir(fuse_req_t req, fuse_ino_t parent, const char* name) {
  answer(req, "rmdir", [&](Filesystem& fs, Reply reply) {
    const Branch* const branch = fs.tree().branch_at(parent);
    if (branch == nullptr) return reply.error(EPERM);
    auto waiting = std::make_shared<Reply>(std::move(reply));
    branch->remove(caller_of(req), parent, name, [waiting](Result<void> result) {
      waiting->error(result ? 0 : result.error().errnum);
    });
  });
}

void on_open(fuse_req_t req, fuse_ino_t node, fuse_file_info* info) {
  answer(req, "open", [&](Filesystem& fs, Reply reply) {
    std::shared_ptr<const WritableFile> target;
    if ((info->flags & O_ACCMODE) != O_RDONLY) {
      auto file = fs.tree().writable(node);
      // EACCES as configfs: also for root, whom no permission bit stops.
      if (!file) return reply.error(file.error());
      target = std::move(*file);
    }
    const bool append = (info->flags & O_APPEND) != 0;
    auto waiting = std::make_shared<Reply>(std::move(reply));
    fs.tree().open_text(node, [&handles = fs.handles(), waiting, target = std::move(target), append,
                               opened = *info](Found<std::string> text) mutable {
      if (!text) return waiting->error(text.error());
      opened.direct_io = 1;
      // Of a document alone close(2) has something to say. Asking for it takes the file's lock:
      // close would wait for a write of somebody else that waits in the kernel.
      opened.noflush = target == nullptr || target->kind() != Kind::document;
      opened.fh =
          handles.add(std::make_shared<OpenFile>(*std::move(text), std::move(target), append));
      // Who has stopped waiting never closes it.
      if (!waiting->open(opened)) handles.remove(opened.fh);
    });
  });
}

void on_read(fuse_req_t req, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info* info) {
  answer(req, "read", [&](Filesystem& fs, Reply reply) {
    const auto file = fs.handles().file(info->fh);
    if (file == nullptr) return reply.error(EBADF);
    if (offset < 0) return reply.error(EINVAL);
    const std::string_view text = file->text();
    reply.data(text.substr(std::min(static_cast<std::size_t>(offset), text.size()), size));
  });
}

void on_write(fuse_req_t req, fuse_ino_t, const char* bytes, std::size_t size, off_t offset,
              fuse_file_info* info) {
  answer(req, "write", [&](Filesystem& fs, Reply reply) {
    const auto file = fs.handles().file(info->fh);
    if (file == nullptr || file->target() == nullptr) return reply.error(EBADF);
    if (offset < 0) return reply.error(EINVAL);
    if (size == 0) return reply.written(0);
    auto waiting = std::make_shared<Reply>(std::move(reply));
    fs.write(caller_of(req), file, {bytes, size}, offset, [waiting, size](Result<void> result) {
      result ? waiting->written(size) : waiting->error(result.error().errnum);
    });
  });
}

void on_flush(fuse_req_t req, fuse_ino_t, fuse_file_info* info) {
  answer(req, "flush", [&](Filesystem& fs, Reply reply) {
    const auto file = fs.handles().file(info->fh);
    if (file == nullptr) return reply.error(EBADF);
    auto waiting = std::make_shared<Reply>(std::move(reply));
    fs.flush(file, [waiting](const Result<void>& result) {
      waiting->error(result ? 0 : result.error().errnum);
    });
  });
}

void on_release(fuse_req_t req, fuse_ino_t, fuse_file_info* info) {
  answer(req, "release", [&](Filesystem& fs, Reply reply) {
    if (const auto file = fs.handles().file(info->fh)) fs.release(file);
    fs.handles().remove(info->fh);
    reply.error(0);
  });
}

void on_opendir(fuse_req_t req, fuse_ino_t node, fuse_file_info* info) {
  answer(req, "opendir", [&](Filesystem& fs, Reply reply) {
    auto entries = fs.tree().list(node);
    if (!entries) return reply.error(entries.error());
    fuse_file_info opened = *info;
    opened.fh = fs.handles().add(std::make_shared<const OpenDirectory>(std::move(*entries)));
    if (!reply.open(opened)) fs.handles().remove(opened.fh);
  });
}

// Where the next entry begins is its place in the frozen list, plus one.
template <class Add>
void read_directory(Filesystem& fs, Reply reply, std::size_t size, off_t offset,
                    const fuse_file_info* info, Add add) {
  const auto entries = fs.handles().directory(info->fh);
  if (entries == nullptr) return reply.error(EBADF);
  if (offset < 0) return reply.error(EINVAL);
  std::string buffer(std::min(size, longest_listing), '\0');
  std::size_t used = 0;
  for (auto i = static_cast<std::size_t>(offset); i < entries->size(); ++i) {
    const std::size_t room = buffer.size() - used;
    const std::size_t taken =
        add((*entries)[i], buffer.data() + used, room, static_cast<off_t>(i + 1));
    if (taken > room) break;
    used += taken;
  }
  reply.data({buffer.data(), used});
}

void on_readdir(fuse_req_t req, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info* info) {
  answer(req, "readdir", [&](Filesystem& fs, Reply reply) {
    read_directory(fs, std::move(reply), size, offset, info,
                   [&](const Entry& entry, char* out, std::size_t room, off_t next) {
                     struct stat st {};
                     st.st_ino = entry.node;
                     st.st_mode = entry.type;
                     return fuse_add_direntry(req, out, room, entry.name.c_str(), &st, next);
                   });
  });
}

void on_readdirplus(fuse_req_t req, fuse_ino_t, std::size_t size, off_t offset,
                    fuse_file_info* info) {
  answer(req, "readdirplus", [&](Filesystem& fs, Reply reply) {
    read_directory(fs, std::move(reply), size, offset, info,
                   [&](const Entry& entry, char* out, std::size_t room, off_t next) -> std::size_t {
                     fuse_entry_param param{};
                     param.attr.st_ino = entry.node;
                     param.attr.st_mode = entry.type;
                     if (entry.name != "." && entry.name != "..") {
                       const auto full = make_entry(fs.tree(), entry.node);
                       if (!full) return 0;  // removed since the opendir
                       param = *full;
                     }
                     return fuse_add_direntry_plus(req, out, room, entry.name.c_str(), &param,
                                                   next);
                   });
  });
}

void on_releasedir(fuse_req_t req, fuse_ino_t node, fuse_file_info* info) {
  on_release(req, node, info);
}

void on_statfs(fuse_req_t req, fuse_ino_t) {
  answer(req, "statfs", [&](Filesystem&, Reply reply) {
    struct statvfs st {};
    st.f_bsize = st.f_frsize = 4096;
    st.f_namemax = Nqn::max_length;
    reply.statfs(st);
  });
}

void not_offered(fuse_req_t req) {
  Reply(req).error(EPERM);
}

void on_mknod(fuse_req_t req, fuse_ino_t, const char*, mode_t, dev_t) {
  not_offered(req);
}
void on_unlink(fuse_req_t req, fuse_ino_t, const char*) {
  not_offered(req);
}
void on_symlink(fuse_req_t req, const char*, fuse_ino_t, const char*) {
  not_offered(req);
}
void on_rename(fuse_req_t req, fuse_ino_t, const char*, fuse_ino_t, const char*, unsigned) {
  not_offered(req);
}
void on_link(fuse_req_t req, fuse_ino_t, fuse_ino_t, const char*) {
  not_offered(req);
}
void on_create(fuse_req_t req, fuse_ino_t, const char*, mode_t, fuse_file_info*) {
  not_offered(req);
}

// Not there on purpose: fsync (an answer to it comes too late: the write has it), and xattrs (asked
// for with every write and every ls -l; one ENOSYS ends that for the whole mount).
fuse_lowlevel_ops make_operations() {
  fuse_lowlevel_ops ops{};
  ops.init = on_init;
  ops.lookup = on_lookup;
  ops.forget = on_forget;
  ops.forget_multi = on_forget_multi;
  ops.getattr = on_getattr;
  ops.setattr = on_setattr;
  ops.mknod = on_mknod;
  ops.mkdir = on_mkdir;
  ops.unlink = on_unlink;
  ops.rmdir = on_rmdir;
  ops.symlink = on_symlink;
  ops.rename = on_rename;
  ops.link = on_link;
  ops.open = on_open;
  ops.read = on_read;
  ops.write = on_write;
  ops.flush = on_flush;
  ops.release = on_release;
  ops.opendir = on_opendir;
  ops.readdir = on_readdir;
  ops.readdirplus = on_readdirplus;
  ops.releasedir = on_releasedir;
  ops.statfs = on_statfs;
  ops.create = on_create;
  return ops;
}

}  // namespace

const fuse_lowlevel_ops& operations() {
  static const fuse_lowlevel_ops ops = make_operations();
  return ops;
}

}  // namespace nvmeofs
