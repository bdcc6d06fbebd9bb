// An engine that is given saved targets.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "engine_fixture.h"
#include "nvmeofs/target_config.h"

namespace nvmeofs {

// Each of two texts in the place of the other, as two names that were exchanged have them.
inline std::string exchanged(std::string text,
                             std::initializer_list<std::pair<std::string, std::string>> what) {
  for (const auto& [one, other] : what) {
    const std::string mark = "\"exchanged\"";
    for (auto [from, to] : {std::pair(one, mark), std::pair(other, one), std::pair(mark, other)}) {
      from = from == mark ? mark : "\"" + from + "\"";
      to = to == mark ? mark : "\"" + to + "\"";
      const auto at = text.find(from);
      EXPECT_NE(at, std::string::npos) << from;
      text.replace(at, from.size(), to);
    }
  }
  return text;
}

class RestoreTest : public EngineTest {
 protected:
  std::future<Result<void>> begin_restore(const std::string& text) {
    auto config = parse_target_config(text);
    EXPECT_TRUE(config) << config.error().message;
    auto promise = std::make_shared<std::promise<Result<void>>>();
    engine_->submit(
        {.caller = caller_,
         .name = "",
         .file = "config.json",
         .value = "",
         .intent = Intent(TakeTarget{std::make_shared<const TargetConfig>(std::move(*config))}),
         .about = About::the_target},
        [promise](Result<void> result) { promise->set_value(std::move(result)); });
    return promise->get_future();
  }
  int restore(const std::string& text) {
    auto answer = begin_restore(text);
    if (answer.wait_for(std::chrono::seconds(20)) != std::future_status::ready) return -1;
    const auto result = answer.get();
    last_ = result ? Error{} : result.error();
    return last_.errnum;
  }
  // Of the port at tcp://10.0.0.1.
  int ask_port(const std::string& file, Intent intent) {
    std::promise<Result<void>> answer;
    const std::string port = at("10.0.0.1").name();
    engine_->submit({.caller = caller_,
                     .name = port,
                     .serial = engine_->snapshot()->ports.views.at(port).serial,
                     .file = file,
                     .value = "…",
                     .intent = std::move(intent),
                     .about = About::a_port},
                    [&](Result<void> result) { answer.set_value(std::move(result)); });
    const auto result = answer.get_future().get();
    last_ = result ? Error{} : result.error();
    return last_.errnum;
  }
  std::string saved() { return target_config_text(engine_->target_to_save()); }
  std::string last_record() { return engine_->snapshot()->log.back().text; }
  std::uint64_t steps() { return engine_->snapshot()->steps; }
  // By somebody else, as /etc/nvmet/config.json is at boot.
  void connect_host(const std::string& nqn) {
    ASSERT_TRUE(kernel_.connect("nqn.h", nqn, at("10.0.0.1"), "10.0.0.9"));
  }
  static std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const auto at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), by);
  }
};

}  // namespace nvmeofs
