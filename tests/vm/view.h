// The product as its user has it: `nvmeofs nvmet /mnt/nvmeof`, the tree that is then there, and a
// machine that is afterwards as it was before.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "host.h"
#include "nvmet_tree.h"
#include "shell.h"

namespace nvmeofs::vm {

inline const std::string mountpoint = "/mnt/nvmeof";
inline const std::string exports = mountpoint + "/exports/";

// The program under test, and its processes.
inline const std::string program = NVMEOFS_PROGRAM;
std::vector<pid_t> daemons();
bool is_mounted(const std::string& path);

// Asserts at the end of each test: no mount, no process, no controller of a host, and a configfs
// that is what it was, attribute for attribute. Whatever is left is then cleared away, so that one
// failure stays one.
class ViewTest : public ::testing::Test {
 protected:
  ViewTest();
  ~ViewTest() override;
  void SetUp() override;
  void TearDown() override;

  // nvmet is loaded, configfs mounted, and the program serves the view.
  void start();
  void unmount();
  // The program as it is, without a chance to do anything; and the kernel as a reboot leaves it.
  static void kill_program();
  void forget_kernel();
  const NvmetTree& before() const { return before_; }
  std::string changes() const { return difference(before_, nvmet_tree()); }

 private:
  // A wait that nothing else ends is ended, and all tests with it: what hangs is shown.
  class Watchdog;

  std::unique_ptr<Watchdog> watchdog_;
  NvmetTree before_;
};

// mkdir and rmdir: "ok", or the symbol of the errno.
std::string make_export(const std::string& name);
std::string remove_export(const std::string& name);

// A file of an export: one write, an appending write, and what is read.
std::string set(const std::string& name, const std::string& file, const std::string& value);
std::string append(const std::string& name, const std::string& file, const std::string& value);
std::string get(const std::string& name, const std::string& file);

inline const std::string state_file = "/var/lib/nvmeofs/state.json";

// The first word of status, and its lines that start with a word.
std::string state_of(const std::string& name);
std::string status_lines(const std::string& name, const std::string& word);

// What must succeed, or the test fails: a draft, all the way up, all the way down.
void draft(const std::string& name, const std::string& device, const std::string& address);
void serve(const std::string& name, const std::string& device, const std::string& address);
void take_down(const std::string& name);

// A host comes, what it writes is on the backing disk, and it goes.
void visit(const Way& way, const std::string& name, const std::string& backing);

// The export has no host any more, as far as `clients` says.
bool is_left_alone(const std::string& name);

}  // namespace nvmeofs::vm
