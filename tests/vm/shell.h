// What a person at a root shell of the guest does: commands, each with an end, and files.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace nvmeofs::vm {

struct Outcome {
  int status = -1;     // 0..255; 128 + N after signal N; -1: not ended in time, and killed
  std::string output;  // stdout and stderr
};

// In a process group of its own, until it and all who share its output have ended: a daemon that
// kept its caller's output open would be noticed.
Outcome execute(const std::vector<std::string>& words,
                std::chrono::seconds limit = std::chrono::seconds(60));

// The same by bash, whose start alone takes an emulated machine 0.15 s.
Outcome sh(const std::string& script, std::chrono::seconds limit = std::chrono::seconds(60));

// The same for what must succeed: a failure of the test with the output if it does not.
std::string run(const std::string& script, std::chrono::seconds limit = std::chrono::seconds(60));

// Whether the condition comes true within the limit, which is only there so that a test that fails
// ends: the emulated machine has been seen to be three times slower on one day than on another.
bool eventually(const std::function<bool()>& condition,
                std::chrono::seconds limit = std::chrono::seconds(60));

// The whole text, without the newline at its end; "(EACCES)" if it cannot be read.
std::string read_text(const std::string& path);

// One write(2) of the text and a newline, as echo does: "ok", or the symbol of the errno.
std::string write_text(const std::string& path, const std::string& text, int flags = 0);

// The symbol of an errno, "ok" for 0.
std::string errno_symbol(int errnum);

// The lines of a text that start with these words.
std::string lines_with(const std::string& text, const std::string& beginning);

std::string lines_without(const std::string& text, const std::string& part);

// A script that is run at the end of the scope, whatever happens before.
class Afterwards {
 public:
  explicit Afterwards(std::string script) : script_(std::move(script)) {}
  ~Afterwards() { run(script_); }
  Afterwards(const Afterwards&) = delete;
  Afterwards& operator=(const Afterwards&) = delete;

 private:
  std::string script_;
};

}  // namespace nvmeofs::vm
