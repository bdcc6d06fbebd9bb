#include "view.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

namespace nvmeofs::vm {
namespace {

namespace fs = std::filesystem;

// Where everything of the program and of the hosts is stuck, for whoever reads the log.
constexpr auto stuck_where = R"(; echo "this test does not end: $1"
for task in /proc/[0-9]*/task/*; do
  read -r state < <(sed -n 's/^State:[[:space:]]*//p' "$task/status")
  [[ $(<"$task/comm") == nvmeofs || $state == D* ]] || continue
  echo "--- ${task#/proc/} $(<"$task/comm") $state"
  cat "$task/stack"
done
dmesg | tail -n 20)";

}  // namespace

std::vector<pid_t> daemons() {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (read_text(entry.path() / "comm") == "nvmeofs") found.push_back(std::stoi(name));
  }
  return found;
}

bool is_mounted(const std::string& path) {
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);)
    if (line.find(" " + path + " ") != std::string::npos) return true;
  return false;
}

// No signal does it: a thread that waits for the program's answer to a write takes none but
// SIGKILL.
class ViewTest::Watchdog {
 public:
  explicit Watchdog(std::string test)
      : thread_([this, test = std::move(test)] {
          if (ended_.get_future().wait_for(longest_test) == std::future_status::ready) return;
          const Outcome outcome = sh("set -- " + test + stuck_where);
          fmt::print(stderr, "{}", outcome.output);
          ::_exit(1);
        }) {}
  ~Watchdog() {
    ended_.set_value();
    thread_.join();
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  static constexpr std::chrono::seconds longest_test{480};

  std::promise<void> ended_;
  std::thread thread_;
};

ViewTest::ViewTest() = default;
ViewTest::~ViewTest() = default;

void ViewTest::SetUp() {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  watchdog_ =
      std::make_unique<Watchdog>(fmt::format("{}.{}", info->test_suite_name(), info->name()));
  load_nvmet();
  before_ = nvmet_tree();
  fs::create_directories(mountpoint);
  start();
}

void ViewTest::start() {
  const Outcome outcome = execute({program, "nvmet", mountpoint});
  ASSERT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_EQ(outcome.output, "");
  ASSERT_TRUE(is_mounted(mountpoint));
}

void ViewTest::unmount() {
  const Outcome outcome = execute({"umount", mountpoint});
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_TRUE(eventually([] { return daemons().empty(); })) << "the program goes on";
}

void ViewTest::kill_program() {
  const auto found = daemons();
  ASSERT_EQ(found.size(), 1U);
  ::kill(found.front(), SIGKILL);
  EXPECT_TRUE(eventually([] { return daemons().empty(); }));
}

void ViewTest::forget_kernel() {
  kill_program();
  run("umount -l " + mountpoint);
  clear_nvmet();
  EXPECT_EQ(changes(), "");
}

void ViewTest::TearDown() {
  EXPECT_TRUE(eventually([] { return controllers().empty(); })) << "a host is still connected";
  if (is_mounted(mountpoint)) unmount();
  EXPECT_FALSE(is_mounted(mountpoint));
  EXPECT_TRUE(eventually([] { return daemons().empty(); })) << "the program goes on";
  load_nvmet();
  EXPECT_EQ(changes(), "") << "configfs is not as it was";

  if (HasFailure()) {
    sh("nvme disconnect-all; umount -l " + mountpoint);
    for (const pid_t pid : daemons()) ::kill(pid, SIGKILL);
    eventually([] { return daemons().empty(); });
    clear_nvmet();
    fs::remove_all(fs::path(state_file).parent_path());
  }
  watchdog_.reset();
}

std::string make_export(const std::string& name) {
  return errno_symbol(::mkdir((exports + name).c_str(), 0755) == 0 ? 0 : errno);
}

std::string remove_export(const std::string& name) {
  return errno_symbol(::rmdir((exports + name).c_str()) == 0 ? 0 : errno);
}

std::string set(const std::string& name, const std::string& file, const std::string& value) {
  return write_text(exports + name + "/" + file, value, O_TRUNC);
}

std::string append(const std::string& name, const std::string& file, const std::string& value) {
  return write_text(exports + name + "/" + file, value, O_APPEND);
}

std::string get(const std::string& name, const std::string& file) {
  return read_text(exports + name + "/" + file);
}

std::string state_of(const std::string& name) {
  const std::string status = get(name, "status");
  return status.substr(0, status.find_first_of(" :\n"));
}

std::string status_lines(const std::string& name, const std::string& word) {
  return lines_with(get(name, "status"), word);
}

void draft(const std::string& name, const std::string& device, const std::string& address) {
  EXPECT_EQ(make_export(name), "ok");
  EXPECT_EQ(set(name, "device", device), "ok") << status_lines(name, "refused");
  EXPECT_EQ(set(name, "address", address), "ok") << status_lines(name, "refused");
}

void serve(const std::string& name, const std::string& device, const std::string& address) {
  draft(name, device, address);
  EXPECT_EQ(set(name, "enabled", "1"), "ok") << status_lines(name, "refused");
}

void take_down(const std::string& name) {
  EXPECT_TRUE(eventually([&] { return is_left_alone(name); })) << get(name, "clients");
  EXPECT_EQ(set(name, "enabled", "0"), "ok") << status_lines(name, "refused");
  EXPECT_EQ(remove_export(name), "ok");
}

void visit(const Way& way, const std::string& name, const std::string& backing) {
  must_connect(way, name);
  const std::string disk = disk_of(name);
  if (!disk.empty()) check_data(disk, backing);
  disconnect(name);
}

bool is_left_alone(const std::string& name) {
  return get(name, "clients").empty();
}

}  // namespace nvmeofs::vm
