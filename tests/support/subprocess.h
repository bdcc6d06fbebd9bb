// Programs that tests start, and never leave behind.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nvmeofs {

using Command = std::vector<std::string>;

struct RunOptions {
  std::optional<uid_t> uid{};  // another user, with a group of the same number
  std::string directory{};     // to run in; empty: where we are
  std::string input{};         // on standard input
  std::map<std::string, std::string> environment{};  // added
  std::chrono::seconds bound{30};                    // then it is killed
};

struct Outcome {
  int status = -1;  // exit status; 128 + the signal that ended it
  std::string out;
  std::string err;
};

// A program in the background, in a process group of its own. Its end kills what is left of it.
class Subprocess {
 public:
  explicit Subprocess(const Command& command, const RunOptions& options = {});
  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int signal) const;
  // Waits for its end, for as long as the bound allows, and kills it then.
  const Outcome& wait(std::chrono::seconds bound = std::chrono::seconds(30));

 private:
  void collect(int status);

  pid_t pid_ = -1;
  std::string out_path_;
  std::string err_path_;
  std::optional<Outcome> outcome_;
};

Outcome run(const Command& command, const RunOptions& options = {});
// The same through a shell.
Outcome bash(const std::string& script, const RunOptions& options = {});

// Writes with one write(2), and answers the errno of that or of the open; 0: done. `flags` are
// added to O_WRONLY.
int write_errno(const std::string& path, const std::string& value, int flags = 0);
// What can be read of it; empty when nothing can.
std::string read_file(const std::string& path);

}  // namespace nvmeofs
