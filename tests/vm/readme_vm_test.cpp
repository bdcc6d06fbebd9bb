// The README's commands, typed one after the other, and the output that it shows. A line of "…" is
// any lines; within a line "…" is anything.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "view.h"

namespace nvmeofs::vm {
namespace {

struct Command {
  std::string text;
  std::string shown;  // the output as the README has it
};

// What stands in ```console blocks: "# " begins a command.
std::vector<Command> commands_of(const std::string& path) {
  std::vector<Command> commands;
  std::ifstream file(path);
  bool in_block = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```"))
      in_block = line == "```console";
    else if (!in_block)
      continue;
    else if (line.starts_with("# "))
      commands.push_back({line.substr(2), ""});
    else
      commands.back().shown += line + "\n";
  }
  return commands;
}

std::string pattern_of(const std::string& shown) {
  static const std::regex special(R"([.^$|()\[\]{}*+?\\])");
  std::istringstream lines(shown);
  std::string pattern;
  for (std::string line; std::getline(lines, line);) {
    if (line == "…") {
      pattern += "(.*\n)*";
      continue;
    }
    line = std::regex_replace(line, special, R"(\$&)");
    for (std::size_t at = 0; (at = line.find("…", at)) != std::string::npos;)
      line.replace(at, std::string("…").size(), ".*");
    pattern += line + "\n";
  }
  return pattern;
}

class Readme : public ViewTest {
 protected:
  void SetUp() override {
    ViewTest::SetUp();
    unmount();
    // The reader's disk, and the reader's host name.
    run("ln -s /dev/nullb0 /dev/sdb; cp /etc/fstab /run/fstab");
    keep_host_identity(first_host);
  }
  void TearDown() override {
    run("rm -f /dev/sdb /usr/local/sbin/nvmeofs; cp /run/fstab /etc/fstab; rm /run/fstab");
    ViewTest::TearDown();
  }

  // In the folder that the last `cd` went to; a shell names its lines when nobody sits before it.
  std::string type(const std::string& command) {
    static const std::regex line_number("bash: line [0-9]+: ");
    if (command.starts_with("cd ")) folder_ = command.substr(3);
    const auto build = std::string("build/release");
    std::string there = command;
    if (const auto at = there.find(build); at != std::string::npos)
      there.replace(at, build.size(), NVMEOFS_BUILD);
    return std::regex_replace(sh(fmt::format("cd {}\n{}", folder_, there)).output, line_number,
                              "bash: ");
  }

  std::string folder_ = NVMEOFS_SOURCE;
};

TEST_F(Readme, CommandsDoWhatItSays) {
  const auto commands = commands_of(std::string(NVMEOFS_SOURCE) + "/README.md");
  ASSERT_GT(commands.size(), 20U);
  for (const Command& command : commands) {
    const std::regex shown(pattern_of(command.shown));
    std::string output = type(command.text);
    // A disk comes a moment after its controller.
    if (command.text.starts_with("ls "))
      eventually([&] { return std::regex_match(output = type(command.text), shown); });
    ASSERT_TRUE(std::regex_match(output, shown)) << "# " << command.text << "\n"
                                                 << output << "and the README says\n"
                                                 << command.shown;
  }
}

}  // namespace
}  // namespace nvmeofs::vm
