// A directory at the root of the tree that people make directories in, and all that is below it.
#pragma once

#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fs/attribute.h"
#include "fs/document.h"
#include "fs/node.h"
#include "nvmeofs/error.h"
#include "nvmeofs/intent.h"

namespace nvmeofs {

// One write(2): the text without the newline that ends it, and whether it adds to a list.
struct WrittenValue {
  std::string_view text;
  bool append = false;
};

// A file that was opened for writing. It stays the one that was opened, whatever is made under its
// name meanwhile. Any thread.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  virtual Kind kind() const = 0;

  // Of a document: whether `text` is all of it, and store() is to have it.
  virtual Whole whole(std::string_view /*text*/) const { return Whole::yes; }

  // Hands it to whoever decides, who keeps the record of every refusal: also of a value that could
  // not be one. `recorded`: its text, for the record; of a document nothing, as it may hold
  // secrets.
  virtual void store(Caller caller, std::string recorded, const Result<WrittenValue>& value,
                     Completion completion) const = 0;
};

// Called once, from any thread.
using TextAnswer = std::function<void(Found<std::string>)>;

// Any thread. Looks at the state of the moment of the call; of nodes that are not of this branch it
// is not asked.
class Branch {
 public:
  virtual ~Branch() = default;

  virtual NodeId directory() const = 0;
  virtual bool has(NodeId node) const = 0;  // directory() or below

  virtual Found<NodeId> lookup(NodeId parent, std::string_view name) const = 0;
  virtual Found<struct stat> attributes(NodeId node) const = 0;
  virtual Found<std::vector<Entry>> list(NodeId directory) const = 0;  // with "." and ".."
  virtual Found<std::string> text(NodeId file) const = 0;
  // The text for whoever opens the file: answered before it returns, or later where it has to be
  // asked for first. Never waits.
  virtual void open_text(NodeId file, TextAnswer answer) const { answer(text(file)); }
  // EACCES for what can only be read.
  virtual Found<std::shared_ptr<const WritableFile>> writable(NodeId file) const = 0;

  // Whether the kernel may keep size and times for a while.
  virtual bool cacheable(NodeId node) const = 0;

  // chown and chmod of a node that is directory() or below. EPERM where it is not offered.
  virtual void change_access(Caller /*caller*/, NodeId /*node*/, Access /*access*/,
                             Completion completion) const {
    completion(refuse(EPERM, Reason::not_offered, "only exports have owners of their own"));
  }

  // Whether people make directories in it: in directory(), and perhaps in others below.
  virtual bool is_for_making(NodeId node) const { return node == directory(); }
  // mkdir and rmdir in such a one.
  virtual void make(Caller caller, NodeId in, std::string_view name,
                    Completion completion) const = 0;
  virtual void remove(Caller caller, NodeId in, std::string_view name,
                      Completion completion) const = 0;
};

}  // namespace nvmeofs
