// What the tests of the state file share: states, the texts of a directory, and system calls that
// fail when they are told to.
#pragma once

#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "nvmeofs/store.h"
#include "store/state_file.h"
#include "store/system_files.h"
#include "support/temp_dir.h"

namespace nvmeofs {

// One export with every key set, or one of that name.
StoredState small_state(const std::string& name = "toto");
StoredExport small_export(const std::string& name, unsigned number);

// Anything that the model takes, bytes that are no UTF-8 included.
StoredState random_state(std::mt19937& random);

std::string text_of(const std::string& file);
void write_text(const std::string& file, const std::string& text);  // mode 0600
// File name → text, of regular files.
std::map<std::string, std::string> texts_in(const std::string& directory);
// The names without the lock.
std::vector<std::string> names_in(const std::string& directory);

// The text of a file without its line "crc32".
std::string edited(std::string text);
std::string replaced(std::string text, const std::string& from, const std::string& to);

// The real calls. `before` is asked at each of them with its name: an errno refuses it.
class FaultyFiles : public SystemFiles {
 public:
  std::function<int(const std::string& call)> before;
  std::vector<std::string> calls;
  std::size_t longest_write = SIZE_MAX;

  int mkdir(const char* path, mode_t mode) override;
  int openat(int directory, const char* name, int flags, mode_t mode) override;
  int fstat(int fd, struct stat* result) override;
  ssize_t read(int fd, void* data, std::size_t size) override;
  ssize_t write(int fd, const void* data, std::size_t size) override;
  int fchmod(int fd, mode_t mode) override;
  int ftruncate(int fd, off_t size) override;
  int fsync(int fd) override;
  int flock(int fd, int operation) override;
  int linkat(int directory, const char* from, const char* to) override;
  int renameat(int directory, const char* from, const char* to) override;
  int unlinkat(int directory, const char* name) override;
  int list(int directory, std::vector<std::string>& names) override;

 private:
  bool refused(const std::string& call);
};

// A directory that is new, with a state file that is open.
struct StoreFixture {
  TempDir directory;
  FaultyFiles files;
  std::string path = directory / "state.json";
  std::unique_ptr<StateFile> store;

  StoreFixture() { reopen(); }
  void reopen();  // as a program that starts again; loads nothing
};

}  // namespace nvmeofs
