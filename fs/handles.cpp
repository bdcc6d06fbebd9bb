#include "fs/handles.h"

#include <cerrno>
#include <utility>

namespace nvmeofs {

OpenFile::OpenFile(std::string text, std::shared_ptr<const WritableFile> target, bool append)
    : text_(std::move(text)), target_(std::move(target)), append_(append) {}

Result<bool> OpenFile::appends(off_t offset) const {
  const bool list = target_->kind() == Kind::list;
  const std::lock_guard lock(mutex_);
  if (list && append_) return true;
  if (append_ ? end_ == 0 : offset == 0) return false;
  if (list && end_ != 0 && offset == end_) return true;
  return refuse(EINVAL, Reason::not_one_write,
                "a value is one write, and this is a piece of one; write it whole, as echo does");
}

void OpenFile::accepted(off_t offset, std::size_t size) {
  const std::lock_guard lock(mutex_);
  end_ = offset + static_cast<off_t>(size);
}

Result<std::optional<std::string>> OpenFile::add(const Caller& caller, std::string_view bytes,
                                                 off_t offset) {
  const std::lock_guard lock(mutex_);
  if (auto added = document_.add(caller, bytes, offset, append_); !added)
    return tl::unexpected(added.error());
  if (target_->whole(document_.text()) != Whole::yes) return std::nullopt;
  return document_.take();
}

Result<std::optional<OpenFile::Rest>> OpenFile::rest() {
  const std::lock_guard lock(mutex_);
  if (document_.is_blank()) return std::nullopt;
  if (target_->whole(document_.text()) == Whole::no)
    return refuse(EINVAL, Reason::incomplete, "the document is not whole");
  return Rest{document_.caller(), document_.take()};
}

std::optional<OpenFile::Rest> OpenFile::last_rest() {
  const std::lock_guard lock(mutex_);
  if (document_.is_blank()) return std::nullopt;
  return Rest{document_.caller(), document_.take()};
}

void OpenFile::forget() {
  const std::lock_guard lock(mutex_);
  document_.forget();
}

std::uint64_t Handles::insert(Open open) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t handle = next_++;
  open_.emplace(handle, std::move(open));
  return handle;
}

std::uint64_t Handles::add(std::shared_ptr<OpenFile> file) {
  return insert(std::move(file));
}

std::uint64_t Handles::add(std::shared_ptr<const OpenDirectory> directory) {
  return insert(std::move(directory));
}

std::shared_ptr<OpenFile> Handles::file(std::uint64_t handle) const {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(handle);
  if (found == open_.end()) return nullptr;
  const auto* file = std::get_if<std::shared_ptr<OpenFile>>(&found->second);
  return file != nullptr ? *file : nullptr;
}

std::shared_ptr<const OpenDirectory> Handles::directory(std::uint64_t handle) const {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(handle);
  if (found == open_.end()) return nullptr;
  const auto* directory = std::get_if<std::shared_ptr<const OpenDirectory>>(&found->second);
  return directory != nullptr ? *directory : nullptr;
}

void Handles::remove(std::uint64_t handle) {
  Open removed;  // destroyed after the lock
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(handle);
  if (found == open_.end()) return;
  removed = std::move(found->second);
  open_.erase(found);
}

}  // namespace nvmeofs
