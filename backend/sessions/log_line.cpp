#include "log_line.h"

#include <array>
#include <charconv>

namespace nvmeofs {
namespace {

bool skip(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

// A decimal number and the text right behind it.
template <class Number>
std::optional<Number> take_number(std::string_view& text, std::string_view behind) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return skip(text, behind) ? std::optional(number) : std::nullopt;
}

std::optional<Association> parse_association(std::string_view text, std::string_view what) {
  // Those have names in them that hosts choose.
  if (text.starts_with("nvmet: ") || !text.ends_with(what)) return std::nullopt;
  text.remove_suffix(what.size());
  const auto start = text.rfind(": {");
  if (start == std::string_view::npos) return std::nullopt;
  text.remove_prefix(start + 3);
  const auto port = take_number<unsigned>(text, ":");
  if (!port) return std::nullopt;
  const auto number = take_number<unsigned>(text, "}");
  if (!number || (!text.empty() && text != ":")) return std::nullopt;
  return Association{*port, *number};
}

// What printk made \xNN of: control characters, bytes above 126 and the backslash itself.
std::string unescape(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  while (!text.empty()) {
    unsigned byte = 0;
    if (text.size() >= 4 && text.starts_with("\\x") &&
        std::from_chars(text.data() + 2, text.data() + 4, byte, 16).ptr == text.data() + 4) {
      plain.push_back(static_cast<char>(byte));
      text.remove_prefix(4);
    } else {
      plain.push_back(text.front());
      text.remove_prefix(1);
    }
  }
  return plain;
}

// A host can choose a name that ends like one of these, and is then shown without; whether and
// where it is connected does not hang on its name.
std::string_view without_remarks(std::string_view host_nqn) {
  constexpr std::array<std::string_view, 4> remarks = {", TLS", ", secure concatenation",
                                                       " with DH-HMAC-CHAP", " T10-PI is enabled"};
  if (host_nqn.ends_with('.')) host_nqn.remove_suffix(1);
  for (const auto remark : remarks) {
    if (host_nqn.ends_with(remark)) host_nqn.remove_suffix(remark.size());
  }
  return host_nqn;
}

}  // namespace

std::optional<LogRecord> parse_record(std::string_view raw) {
  constexpr unsigned facility_shift = 3;  // syslog's: 0 is the kernel, and no writer can have it
  LogRecord record;
  const auto priority = take_number<unsigned>(raw, ",");
  if (!priority) return std::nullopt;
  const auto sequence = take_number<std::uint64_t>(raw, ",");
  if (!sequence) return std::nullopt;
  const auto microseconds = take_number<std::uint64_t>(raw, ",");
  const auto text = raw.find(';');
  if (!microseconds || text == std::string_view::npos) return std::nullopt;
  record.from_kernel = *priority >> facility_shift == 0;
  record.sequence = *sequence;
  record.microseconds = *microseconds;
  record.text = raw.substr(text + 1);
  record.text = record.text.substr(0, record.text.find('\n'));
  return record;
}

std::optional<ControllerCreated> parse_controller_created(std::string_view text) {
  ControllerCreated created;
  if (!skip(text, "nvmet: creating ") && !skip(text, "nvmet: Created ")) return std::nullopt;
  created.discovery = skip(text, "discovery ");
  if (!created.discovery && !skip(text, "nvm ")) return std::nullopt;
  if (!skip(text, "controller ")) return std::nullopt;
  const auto cntlid = take_number<std::uint16_t>(text, " for subsystem ");
  if (!cntlid) return std::nullopt;
  // The first one: what follows it is the host's to choose, what stands before it is root's.
  constexpr std::string_view between = " for NQN ";
  const auto end = text.find(between);
  if (end == std::string_view::npos) return std::nullopt;
  created.cntlid = *cntlid;
  created.subsystem = unescape(text.substr(0, end));
  created.host_nqn = unescape(without_remarks(text.substr(end + between.size())));
  return created;
}

std::optional<std::uint16_t> parse_keep_alive_expired(std::string_view text) {
  if (!skip(text, "nvmet: ctrl ")) return std::nullopt;
  const auto cntlid = take_number<std::uint16_t>(text, " keep-alive timer (");
  return cntlid && text.ends_with(" expired!") ? cntlid : std::nullopt;
}

std::optional<Association> parse_association_created(std::string_view text) {
  return parse_association(text, " Association created");
}

std::optional<Association> parse_association_deleted(std::string_view text) {
  return parse_association(text, " Association deleted");
}

bool is_port_enabled(std::string_view text) {
  return text.starts_with("nvmet_tcp: enabling port ");
}

}  // namespace nvmeofs
