#include "protocol/fake_kernel.h"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <array>
#include <future>

#include "engine/identity.h"
#include "support/wait_until.h"

namespace nvmeofs {
namespace {

constexpr std::size_t largest_message = 2 << 20;

std::string named(const std::string& name) {
  return name + std::string(1, '\0');
}

}  // namespace

FakeKernel::FakeKernel(Fd socket) : socket_(std::move(socket)), thread_([this] { listen(); }) {}

FakeKernel::~FakeKernel() {
  hang_up();
  thread_.join();
}

void FakeKernel::hang_up() {
  ::shutdown(socket_.get(), SHUT_RDWR);
}

std::uint64_t FakeKernel::send(fuse_opcode opcode, std::uint64_t node, std::string_view body) {
  fuse_in_header header{};
  header.opcode = opcode;
  header.nodeid = node;
  header.pid = static_cast<std::uint32_t>(::getpid());
  header.len = static_cast<std::uint32_t>(sizeof header + body.size());
  {
    const std::lock_guard lock(mutex_);
    header.unique = last_ += 2;  // as the kernel counts: odd ones are interrupts
    requests_.emplace(header.unique, std::nullopt);
  }
  const std::string message = bytes_of(header) + std::string(body);
  EXPECT_EQ(::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(message.size()));
  return header.unique;
}

void FakeKernel::listen() {
  std::vector<char> buffer(largest_message);
  for (;;) {
    const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (size <= 0) return;
    fuse_out_header header{};
    std::memcpy(&header, buffer.data(), sizeof header);
    const std::lock_guard lock(mutex_);
    if (header.unique == 0) {
      notifications_.push_back(header.error);
      continue;
    }
    const auto asked = requests_.find(header.unique);
    if (asked == requests_.end() || asked->second) {
      ++surplus_;
      continue;
    }
    asked->second = Answer{
        -header.error,
        std::string(buffer.data() + sizeof header, static_cast<std::size_t>(size) - sizeof header)};
  }
}

bool FakeKernel::answered(std::uint64_t request) const {
  const std::lock_guard lock(mutex_);
  const auto asked = requests_.find(request);
  return asked != requests_.end() && asked->second;
}

Answer FakeKernel::receive(std::uint64_t request) {
  if (!wait_until([&] { return answered(request); })) {
    ADD_FAILURE() << "request " << request << " was not answered";
    return {ETIMEDOUT, ""};
  }
  const std::lock_guard lock(mutex_);
  return *requests_.at(request);
}

std::size_t FakeKernel::surplus() const {
  const std::lock_guard lock(mutex_);
  return surplus_;
}

std::vector<int> FakeKernel::notifications() const {
  const std::lock_guard lock(mutex_);
  return notifications_;
}

ProtocolTest::ProtocolTest() {
  spdlog::set_level(spdlog::level::err);
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
  for (const int end : ends) {
    const int size = largest_message;
    ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  }
  // Bounded, as the rest: it is set before the first answer that a test waits for.
  auto ready = std::make_shared<std::promise<void>>();
  auto is_ready = ready->get_future();
  engine_ = std::make_unique<Engine>(
      Environment{backend_, devices_, addresses_, sessions_, watch_, store_, "boot"},
      EngineOptions{});
  connections_ = std::make_unique<Connections>(ConnectionsEnvironment{initiator_, no_connections_},
                                               ConnectionsOptions{});
  discoveries_ = std::make_unique<Discoveries>(
      DiscoveriesEnvironment{initiator_, no_discoveries_, *connections_}, DiscoveriesOptions{});
  filesystem_ = std::make_unique<Filesystem>(
      *engine_, *connections_, *discoveries_,
      FilesystemOptions{.owner = {0, 0}, .on_ready = [ready] { ready->set_value(); }});
  auto session = Session::open(*filesystem_, {.source = "sim"});
  EXPECT_TRUE(session) << session.error().message;
  session_ = std::move(*session);
  EXPECT_TRUE(session_->connect(Fd(ends[0])));
  invalidation_ = std::make_unique<Invalidation>(session_->handle());
  engine_->on_publish([this](const Snapshot& before, const Snapshot& after) {
    invalidation_->tell(notices(before, after, {}));
  });
  connections_->on_publish(
      [this](const ConnectionsSnapshot& before, const ConnectionsSnapshot& after) {
        invalidation_->tell(notices(before, after));
      });
  discoveries_->on_publish(
      [this](const DiscoveriesSnapshot& before, const DiscoveriesSnapshot& after) {
        invalidation_->tell(notices(before, after));
      });
  EXPECT_TRUE(engine_->start());
  EXPECT_TRUE(connections_->start());
  EXPECT_TRUE(discoveries_->start());
  session_->start();
  kernel_ = std::make_unique<FakeKernel>(Fd(ends[1]));

  fuse_init_in init{};
  init.major = FUSE_KERNEL_VERSION;
  init.minor = FUSE_KERNEL_MINOR_VERSION;
  init.max_readahead = 128 * 1024;
  init.flags = FUSE_ASYNC_READ | FUSE_ATOMIC_O_TRUNC | FUSE_BIG_WRITES | FUSE_DO_READDIRPLUS |
               FUSE_READDIRPLUS_AUTO | FUSE_WRITEBACK_CACHE | FUSE_SPLICE_READ | FUSE_SPLICE_WRITE |
               FUSE_SPLICE_MOVE | FUSE_PARALLEL_DIROPS | FUSE_MAX_PAGES;
  greeting_ = kernel_->call(FUSE_INIT, 0, bytes_of(init)).as<fuse_init_out>();
  EXPECT_EQ(is_ready.wait_for(std::chrono::seconds(30)), std::future_status::ready);
}

ProtocolTest::~ProtocolTest() {
  stop();
  EXPECT_EQ(kernel_->surplus(), 0U);
}

void ProtocolTest::stop() {
  backend_.let_go();
  engine_->stop();
  discoveries_->stop();
  connections_->stop();
  invalidation_.reset();
  session_->stop();
  session_.reset();
}

std::uint64_t ProtocolTest::lookup(std::uint64_t parent, const std::string& name) {
  return kernel_->call(FUSE_LOOKUP, parent, named(name)).as<fuse_entry_out>().nodeid;
}

Answer ProtocolTest::open(std::uint64_t node, int flags) {
  fuse_open_in in{};
  in.flags = static_cast<std::uint32_t>(flags);
  return kernel_->call(FUSE_OPEN, node, bytes_of(in));
}

Answer ProtocolTest::read(std::uint64_t node, std::uint64_t handle, std::uint64_t offset,
                          std::uint32_t size) {
  fuse_read_in in{};
  in.fh = handle;
  in.offset = offset;
  in.size = size;
  return kernel_->call(FUSE_READ, node, bytes_of(in));
}

std::uint64_t ProtocolTest::send_write(std::uint64_t node, std::uint64_t handle,
                                       std::string_view value, std::uint64_t offset) {
  fuse_write_in in{};
  in.fh = handle;
  in.offset = offset;
  in.size = static_cast<std::uint32_t>(value.size());
  return kernel_->send(FUSE_WRITE, node, bytes_of(in) + std::string(value));
}

Answer ProtocolTest::mkdir(std::uint64_t parent, const std::string& name) {
  fuse_mkdir_in in{};
  in.mode = 0755;
  return kernel_->call(FUSE_MKDIR, parent, bytes_of(in) + named(name));
}

Answer ProtocolTest::rmdir(std::uint64_t parent, const std::string& name) {
  return kernel_->call(FUSE_RMDIR, parent, named(name));
}

Answer ProtocolTest::getattr(std::uint64_t node) {
  return kernel_->call(FUSE_GETATTR, node, bytes_of(fuse_getattr_in{}));
}

int ProtocolTest::store(std::uint64_t node, std::string_view value, int flags) {
  const Answer opened = open(node, O_WRONLY | flags);
  if (opened.error != 0) return opened.error;
  fuse_release_in release{};
  release.fh = opened.as<fuse_open_out>().fh;
  const int error = write(node, release.fh, value).error;
  EXPECT_EQ(kernel_->call(FUSE_RELEASE, node, bytes_of(release)).error, 0);
  return error;
}

std::string ProtocolTest::text(std::uint64_t node) {
  const Answer opened = open(node, O_RDONLY);
  EXPECT_EQ(opened.error, 0);
  return read(node, opened.as<fuse_open_out>().fh, 0, 1 << 20).body;
}

std::uint64_t ProtocolTest::file(const std::string& name, const std::string& of) {
  std::uint64_t directory = lookup(exports_node, of);
  if (directory == 0) directory = mkdir(exports_node, of).as<fuse_entry_out>().nodeid;
  const auto slash = name.find('/');
  if (slash == std::string::npos) return lookup(directory, name);
  return lookup(lookup(directory, name.substr(0, slash)), name.substr(slash + 1));
}

void ProtocolTest::complete(const std::string& of) {
  EXPECT_EQ(store(file("device", of), "/dev/nvme0n1\n"), 0);
  EXPECT_EQ(store(file("address", of), "192.168.1.32\n"), 0);
}

}  // namespace nvmeofs
