#include "fs/filesystem.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <iterator>
#include <utility>
#include <vector>

#include "fs/connections_branch.h"
#include "fs/discovery_branch.h"
#include "fs/exports_branch.h"
#include "fs/hosts_branch.h"
#include "fs/metrics_text.h"
#include "fs/overview.h"
#include "fs/ports_branch.h"
#include "fs/readme.h"
#include "fs/recent_text.h"
#include "fs/show.h"
#include "fs/target_config_file.h"
#include "fs/topology_text.h"
#include "journal/record_log.h"

namespace nvmeofs {
namespace {

// A record is for a person; nobody reads 64 KiB of a value that was too long.
constexpr std::size_t longest_recorded = 4096;

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
                                                    Discoveries& discoveries,
                                                    const FilesystemOptions& options) {
  std::vector<std::unique_ptr<const Branch>> all;
  all.push_back(std::make_unique<ExportsBranch>(engine, options.owner, options.default_transport,
                                                options.names));
  all.push_back(
      std::make_unique<ConnectionsBranch>(connections, options.owner, options.default_transport));
  all.push_back(std::make_unique<DiscoveryBranch>(discoveries, connections, options.owner,
                                                  options.default_transport));
  all.push_back(std::make_unique<PortsBranch>(engine, options.owner, options.default_transport));
  all.push_back(std::make_unique<HostsBranch>(engine, options.owner, options.default_transport));
  return all;
}

std::deque<Record> merged(const std::deque<Record>& one, const std::deque<Record>& other) {
  std::deque<Record> log;
  std::merge(one.begin(), one.end(), other.begin(), other.end(), std::back_inserter(log),
             [](const Record& a, const Record& b) { return a.when < b.when; });
  return log;
}

// Of all, in the order of time.
Text log_of(const Engine& engine, const Connections& connections, const Discoveries& discoveries) {
  auto log = merged(merged(engine.snapshot()->log, connections.snapshot()->log),
                    discoveries.snapshot()->log);
  while (log.size() > RecordLog::most) log.pop_front();
  return {log_text(log), log.empty() ? std::nullopt : std::optional(log.back().when)};
}

// Another one after each change.
std::uint64_t generation(const Engine& engine, const Connections& connections,
                         const Discoveries& discoveries) {
  return engine.snapshot()->generation + connections.snapshot()->generation +
         discoveries.snapshot()->generation;
}

std::function<Text()> recent(const Engine& engine, const Connections& connections,
                             const Discoveries& discoveries, std::function<std::string()> make) {
  return [&, text = std::make_shared<RecentText>(std::move(make))] {
    return text->at(generation(engine, connections, discoveries));
  };
}

std::vector<RootText> texts(Engine& engine, const Connections& connections,
                            const Discoveries& discoveries) {
  const Time began = std::chrono::system_clock::now();
  return {
      {.name = "README",
       .node = readme_node,
       .cacheable = true,
       .text =
           [] {
             return Text{std::string(readme_text()), std::nullopt};
           }},
      {.name = "config.json",
       .node = target_config_node,
       .text = recent(engine, connections, discoveries,
                      [&] { return target_config_text(engine.target_to_save()); }),
       .document = std::make_shared<const TargetConfigFile>(engine)},
      {.name = "log",
       .node = log_node,
       .text = [&] { return log_of(engine, connections, discoveries); }},
      {.name = "metrics",
       .node = metrics_node,
       .text = recent(engine, connections, discoveries,
                      [&, began] {
                        return metrics_text(metrics_of(engine, connections, discoveries, began));
                      })},
      {.name = "topology.dot",
       .node = topology_node,
       .text = recent(engine, connections, discoveries,
                      [&] { return topology_text(topology_of(engine, connections)); })},
  };
}

}  // namespace

Filesystem::Filesystem(Engine& engine, Connections& connections, Discoveries& discoveries,
                       FilesystemOptions options)
    : options_(std::move(options)),
      tree_(options_.owner, branches(engine, connections, discoveries, options_),
            texts(engine, connections, discoveries)) {}

void Filesystem::write(Caller caller, std::shared_ptr<OpenFile> file, std::string_view bytes,
                       off_t offset, Completion completion) {
  const auto target = file->target();
  if (target->kind() == Kind::document) {
    auto document = file->add(caller, bytes, offset);
    if (document && !*document) return completion({});
    return store(std::move(caller), std::move(file),
                 document.map([](auto& whole) { return *std::move(whole); }),
                 std::move(completion));
  }
  const auto value = parse(*file, bytes, offset);
  target->store(std::move(caller), std::string(without_newline(bytes).substr(0, longest_recorded)),
                value,
                [file = std::move(file), offset, size = bytes.size(),
                 completion = std::move(completion)](Result<void> result) {
                  if (result) file->accepted(offset, size);
                  completion(std::move(result));
                });
}

void Filesystem::store(Caller caller, std::shared_ptr<OpenFile> file,
                       const Result<std::string>& document, Completion completion) {
  const auto target = file->target();
  target->store(std::move(caller), "",
                document.map([](const std::string& text) { return WrittenValue{text}; }),
                [file = std::move(file), completion = std::move(completion)](Result<void> result) {
                  if (!result) file->forget();
                  completion(std::move(result));
                });
}

void Filesystem::flush(const std::shared_ptr<OpenFile>& file, const Completion& completion) {
  if (file->target() == nullptr || file->target()->kind() != Kind::document) return completion({});
  auto rest = file->rest();
  // Only told: whoever else has the file open may go on with it.
  if (!rest) return completion(tl::unexpected(rest.error()));
  if (!*rest) return completion({});
  store((*rest)->caller, file, std::move((*rest)->text), completion);
}

void Filesystem::release(const std::shared_ptr<OpenFile>& file) {
  if (file->target() == nullptr || file->target()->kind() != Kind::document) return;
  if (auto rest = file->last_rest())
    store(rest->caller, file, std::move(rest->text), [](const Result<void>&) {});
}

}  // namespace nvmeofs
