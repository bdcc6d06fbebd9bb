#include "fabrics_options.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

// Those that the request has by itself; a second one would win over it.
constexpr std::array<std::string_view, 6> own{"transport", "traddr",  "trsvcid",
                                              "nqn",       "hostnqn", "hostid"};

bool is_one_token(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7f && c != ',';
  });
}

std::string shown(std::string_view option, std::string_view value) {
  return is_secret(option) ? std::string("its value") : "'" + printable(value) + "'";
}

class Line {
 public:
  explicit Line(const FabricsOptions& known) : known_(known) {}

  Result<void> add(const std::string& option, std::string_view value) {
    const auto found = known_.find(option);
    if (found == known_.end()) {
      return refuse(EOPNOTSUPP, Reason::not_offered,
                    "the NVMe host of this kernel has no option {}; leave it out, or boot a kernel "
                    "that has it",
                    printable(option));
    }
    if (!is_one_token(value)) {
      return refuse(EINVAL, Reason::bad_value,
                    "{}: {} has a comma, a blank or a control character, which no value here has",
                    option, shown(option, value));
    }
    if (found->second == value.empty()) {
      return refuse(EINVAL, Reason::bad_value, "{} {}", option,
                    found->second ? "needs a value" : "takes no value");
    }
    if (!text_.empty()) text_ += ',';
    text_ += option;
    if (found->second) text_.append("=").append(value);
    return {};
  }

  const std::string& text() const { return text_; }

 private:
  const FabricsOptions& known_;
  std::string text_;
};

}  // namespace

FabricsOptions parse_fabrics_options(std::string_view text) {
  FabricsOptions options;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(",\n"), text.size());
    const auto token = text.substr(0, end);
    const auto equals = token.find('=');
    const std::string name(token.substr(0, equals));
    // What a connection is answered with, of a device that has not made one.
    if (!name.empty() && name != "instance" && name != "cntlid") {
      options[name] = equals != std::string_view::npos;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return options;
}

Result<std::string> fabrics_line(const PathRequest& request, const FabricsOptions& known) {
  // fabrics.c, nvmf_dev_write: ENOMEM for more than a page; the last byte is the terminator's.
  constexpr std::size_t longest = 4095;
  const std::array<std::pair<std::string, std::string>, own.size()> given{{
      {"transport", std::string(to_string(request.address.trtype))},
      {"traddr", request.address.traddr},
      // Always: the kernel's own default for TCP is 8009, that of discovery.
      {"trsvcid", std::to_string(request.address.trsvcid)},
      {"nqn", request.subsystem.str()},
      // Always both: 6.12 and later take one of them only with its partner of before.
      {"hostnqn", request.host.nqn},
      {"hostid", request.host.id},
  }};
  Line line(known);
  for (const auto& [option, value] : given) {
    if (auto added = line.add(option, value); !added) return tl::unexpected<Error>(added.error());
  }
  for (const auto& [option, value] : request.options) {
    if (std::find(own.begin(), own.end(), option) != own.end()) {
      return refuse(EINVAL, Reason::bad_value, "{} is no option here: it is given by itself",
                    option);
    }
    if (auto added = line.add(option, value); !added) return tl::unexpected<Error>(added.error());
  }
  if (line.text().size() > longest) {
    return refuse(EFBIG, Reason::too_long,
                  "the options are longer together than the {} bytes that "
                  "the kernel takes",
                  longest);
  }
  return line.text();
}

bool is_secret(std::string_view option) {
  return option == "dhchap_secret" || option == "dhchap_ctrl_secret";
}

}  // namespace nvmeofs
