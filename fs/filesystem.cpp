#include "fs/filesystem.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <iterator>
#include <utility>
#include <vector>

#include "fs/connections_branch.h"
#include "fs/exports_branch.h"
#include "fs/show.h"

namespace nvmeofs {
namespace {

// A record is for a person; nobody reads 64 KiB of a value that was too long.
constexpr std::size_t longest_recorded = 4096;

constexpr std::size_t longest_log = 256;

std::string_view without_newline(std::string_view bytes) {
  if (bytes.ends_with('\n')) bytes.remove_suffix(1);
  return bytes;
}

Result<WrittenValue> parse(const OpenFile& file, std::string_view bytes, off_t offset) {
  const Result<bool> append = file.appends(offset);
  if (!append) return tl::make_unexpected(append.error());
  if (bytes.size() > Filesystem::longest_value) {
    return refuse(EFBIG, Reason::too_long, "{} bytes are too many for one value; the limit is {}",
                  bytes.size(), Filesystem::longest_value);
  }
  if (bytes.find('\0') != std::string_view::npos)
    return refuse(EINVAL, Reason::bad_value, "the value has a NUL byte; write plain text");
  return WrittenValue{without_newline(bytes), *append};
}

std::vector<std::unique_ptr<const Branch>> branches(Engine& engine, Connections& connections,
                                                    const FilesystemOptions& options) {
  std::vector<std::unique_ptr<const Branch>> all;
  all.push_back(std::make_unique<ExportsBranch>(engine, options.owner, options.default_transport));
  all.push_back(
      std::make_unique<ConnectionsBranch>(connections, options.owner, options.default_transport));
  return all;
}

// Of both, in the order of time.
Tree::Log log_of(const Engine& engine, const Connections& connections) {
  const auto served = engine.snapshot();
  const auto used = connections.snapshot();
  std::deque<Record> log;
  std::merge(served->log.begin(), served->log.end(), used->log.begin(), used->log.end(),
             std::back_inserter(log),
             [](const Record& a, const Record& b) { return a.when < b.when; });
  while (log.size() > longest_log) log.pop_front();
  return {log_text(log), log.empty() ? std::nullopt : std::optional(log.back().when)};
}

}  // namespace

Filesystem::Filesystem(Engine& engine, Connections& connections, FilesystemOptions options)
    : options_(std::move(options)),
      tree_(options_.owner, branches(engine, connections, options_),
            [&engine, &connections] { return log_of(engine, connections); }) {}

void Filesystem::write(Caller caller, std::shared_ptr<OpenFile> file, std::string_view bytes,
                       off_t offset, Completion completion) {
  const auto target = file->target();
  const auto value = parse(*file, bytes, offset);
  target->store(std::move(caller), std::string(without_newline(bytes).substr(0, longest_recorded)),
                value,
                [file = std::move(file), offset, size = bytes.size(),
                 completion = std::move(completion)](Result<void> result) {
                  if (result) file->accepted(offset, size);
                  completion(std::move(result));
                });
}

}  // namespace nvmeofs
