#include <spdlog/spdlog.h>

#include "connect/connector.h"
#include "nvmeofs/text.h"

namespace nvmeofs::connector {

Result<void> Connector::load() {
  auto loaded = environment_.store.load();
  if (!loaded) return tl::unexpected(loaded.error());
  stored_ = std::move(*loaded);
  for (const auto& [name, stored] : stored_)
    entries_.place(name, {.wanted = stored.wanted, .made = stored.made, .changed = stored.made});
  return {};
}

Result<void> Connector::save(const std::string& name, const StoredConnection& next) {
  auto all = stored_;
  all.insert_or_assign(name, next);
  if (auto saved = environment_.store.save(all); !saved) return saved;
  stored_ = std::move(all);
  return {};
}

Result<void> Connector::save_removal(const std::string& name) {
  auto all = stored_;
  all.erase(name);
  if (auto saved = environment_.store.save(all); !saved) return saved;
  stored_ = std::move(all);
  return {};
}

void Connector::save_as_it_is(const LiveConnection& entry) {
  const std::string& name = entry.view.wanted.name.str();
  const auto saved =
      entry.view.foreign ? save_removal(name) : save(name, {entry.view.wanted, entry.view.made});
  if (!saved)
    spdlog::error(
        "{}: {}; until the next change is saved the refused state is what a restart finds",
        printable(name), saved.error().message);
}

}  // namespace nvmeofs::connector
