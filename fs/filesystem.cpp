#include "fs/filesystem.h"

#include <cerrno>
#include <utility>

namespace nvmeofs {
namespace {

// A record is for a person; nobody reads 64 KiB of a value that was too long.
constexpr std::size_t longest_recorded = 4096;

std::string_view without_newline(std::string_view bytes) {
  if (bytes.ends_with('\n')) bytes.remove_suffix(1);
  return bytes;
}

}  // namespace

Filesystem::Filesystem(Engine& engine, FilesystemOptions options)
    : engine_(engine), options_(std::move(options)), tree_(engine, options_.owner) {}

void Filesystem::make_export(Caller caller, std::string_view name, Completion completion) {
  engine_.submit(Request{std::move(caller), std::string(name), 0, "", "", Intent(MakeExport{})},
                 std::move(completion));
}

void Filesystem::remove_export(Caller caller, std::string_view name, Completion completion) {
  engine_.submit(Request{std::move(caller), std::string(name), 0, "", "", Intent(RemoveExport{})},
                 std::move(completion));
}

Result<Intent> Filesystem::parse(const OpenFile& file, std::string_view bytes, off_t offset) const {
  const Result<bool> append = file.appends(offset);
  if (!append) return tl::make_unexpected(append.error());
  if (bytes.size() > longest_value) {
    return refuse(EFBIG, Reason::too_long, "{} bytes are too many for one value; the limit is {}",
                  bytes.size(), longest_value);
  }
  if (bytes.find('\0') != std::string_view::npos)
    return refuse(EINVAL, Reason::bad_value, "the value has a NUL byte; write plain text");
  return file.target()->attribute->store(without_newline(bytes),
                                         {options_.default_transport, *append});
}

void Filesystem::write(Caller caller, std::shared_ptr<OpenFile> file, std::string_view bytes,
                       off_t offset, Completion completion) {
  const ExportFile& target = *file->target();
  Request request{std::move(caller),
                  target.name,
                  target.serial,
                  std::string(target.attribute->name),
                  std::string(without_newline(bytes).substr(0, longest_recorded)),
                  parse(*file, bytes, offset)};
  engine_.submit(std::move(request), [file = std::move(file), offset, size = bytes.size(),
                                      completion = std::move(completion)](Result<void> result) {
    if (result) file->accepted(offset, size);
    completion(std::move(result));
  });
}

}  // namespace nvmeofs
