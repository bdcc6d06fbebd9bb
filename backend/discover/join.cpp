#include "discover/join.h"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace nvmeofs::discoverer {
namespace {

struct Step {
  std::string file;
  std::string value;
  ConnectionIntent intent;
};

std::vector<Step> steps_of(const Join& join) {
  std::vector<Step> steps;
  if (join.make) steps.push_back({"", "", MakeConnection{}});
  if (!join.paths.empty()) {
    std::string text;
    for (const auto& path : join.paths) text += (text.empty() ? "" : "\n") + path.uri();
    steps.push_back({"address", std::move(text), SetPaths{join.paths, true}});
  }
  if (join.connect) steps.push_back({"connected", "1", SetConnected{true, false}});
  return steps;
}

class Sequence : public std::enable_shared_from_this<Sequence> {
 public:
  Sequence(Connections& connections, Caller caller, const Join& join,
           std::function<void(Result<void>)> done)
      : connections_(connections),
        caller_(std::move(caller)),
        name_(join.name),
        makes_(join.make),
        steps_(steps_of(join)),
        done_(std::move(done)) {}

  void go_on() {
    if (at_ == steps_.size()) return done_({});
    submit(steps_[at_], [self = shared_from_this()](Result<void> result) {
      if (!result) return self->give_up(std::move(result));
      ++self->at_;
      self->go_on();
    });
  }

 private:
  void give_up(Result<void> why) {
    if (!makes_ || at_ == 0) return done_(std::move(why));
    submit({"", "", RemoveConnection{}}, [self = shared_from_this(), why = std::move(why)](
                                             const Result<void>&) { self->done_(why); });
  }

  void submit(const Step& step, Completion completion) {
    std::uint64_t serial = 0;
    if (!step.file.empty()) {
      const auto snapshot = connections_.snapshot();
      const auto found = snapshot->connections.find(name_);
      if (found != snapshot->connections.end()) serial = found->second.serial;
    }
    connections_.submit({.caller = caller_,
                         .name = name_,
                         .serial = serial,
                         .file = step.file,
                         .value = step.value,
                         .intent = step.intent},
                        std::move(completion));
  }

  Connections& connections_;
  const Caller caller_;
  const std::string name_;
  const bool makes_;
  const std::vector<Step> steps_;
  const std::function<void(Result<void>)> done_;
  std::size_t at_ = 0;
};

}  // namespace

void join(Connections& connections, const Caller& caller, const Join& join,
          std::function<void(Result<void>)> done) {
  std::make_shared<Sequence>(connections, caller, join, std::move(done))->go_on();
}

}  // namespace nvmeofs::discoverer
