// config.json at the root: the target as nvmetcli saves it, and to be restored by being written.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "fs/branch.h"
#include "nvmeofs/engine.h"
#include "nvmeofs/target_config.h"

namespace nvmeofs {

class TargetConfigFile : public WritableFile {
 public:
  explicit TargetConfigFile(Engine& engine) : engine_(engine) {}  // which outlives it

  Kind kind() const override { return Kind::document; }
  Whole whole(std::string_view text) const override { return whole_json(text); }

  void store(Caller caller, std::string recorded, const Result<WrittenValue>& value,
             Completion completion) const override {
    auto config = value.and_then(
        [](const WrittenValue& written) { return parse_target_config(written.text); });
    engine_.submit({.caller = std::move(caller),
                    .name = "",
                    .file = "config.json",
                    .value = std::move(recorded),
                    .intent = to_intent<Intent>(std::move(config).map([](TargetConfig&& taken) {
                      return TakeTarget{std::make_shared<const TargetConfig>(std::move(taken))};
                    })),
                    .about = About::the_target},
                   std::move(completion));
  }

 private:
  Engine& engine_;
};

}  // namespace nvmeofs
