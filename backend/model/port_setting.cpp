#include "nvmeofs/port_setting.h"

#include <cerrno>

#include "model/setting.h"

namespace nvmeofs {
namespace {

Result<std::string> check_pi_enable(Trtype trtype, std::string_view text) {
  auto on = check_bool(text);
  if (on && *on == "1" && trtype != Trtype::rdma)
    return refuse(EINVAL, Reason::bad_value,
                  "only RDMA has protection information; a port of another transport does not come "
                  "up with it");
  return on;
}

Result<std::string> check_treq(std::string_view text) {
  for (const std::string_view name : {"not specified", "required", "not required"})
    if (text == name) return std::string(name);
  return refuse(EINVAL, Reason::bad_value, "write 'required', 'not required' or 'not specified'");
}

// rdma: NVMF_RDMA_QPTYPE_DATAGRAM is nobody's.
Result<std::string> check_tsas(Trtype trtype, std::string_view text) {
  if (trtype == Trtype::loop)
    return refuse(EINVAL, Reason::bad_value, "loop stays in this machine and has no channel");
  if (trtype == Trtype::fc)
    return refuse(EINVAL, Reason::bad_value, "only TCP has TLS; of FC there is nothing to choose");
  if (trtype == Trtype::rdma) {
    if (text == "connected") return std::string(text);
    return refuse(EINVAL, Reason::bad_value,
                  "only TCP has TLS; of RDMA there is nothing but 'connected'");
  }
  if (text == "none" || text == "tls1.3") return std::string(text);
  return refuse(EINVAL, Reason::bad_value, "write 'none' or 'tls1.3'");
}

}  // namespace

const PortSetting* find_port_setting(std::string_view name) {
  return find_row(port_settings, &PortSetting::name, name);
}

Result<std::string> check(const PortSetting& setting, Trtype trtype, std::string_view text) {
  const bool rdma = trtype == Trtype::rdma;
  const std::string_view note = rdma ? ": RDMA takes no more" : "";
  // What is larger the kernel cuts down in silence for RDMA (NVMET_RDMA_MAX_INLINE_DATA_SIZE). TCP
  // takes any number of bytes, and has room made for that many for each command of each host.
  if (setting.name == "inline_data_size" && trtype == Trtype::fc)
    return check_number(text, 0, 0, ": over FC no data travels with a command");
  if (setting.name == "inline_data_size")
    return check_number(text, 0, rdma ? 16384 : 1048576, note);
  // Both ends are where the kernel cuts in silence (NVMET_MIN_QUEUE_SIZE, NVMET_MAX_QUEUE_SIZE,
  // NVME_RDMA_MAX_QUEUE_SIZE).
  if (setting.name == "max_queue_size") return check_number(text, 16, rdma ? 256 : 1024, note);
  if (setting.name == "mdts") return check_number(text, 0, 255);
  if (setting.name == "pi_enable") return check_pi_enable(trtype, text);
  if (setting.name == "tsas") return check_tsas(trtype, text);
  return check_treq(text);
}

std::string_view when_made(const PortSetting& setting, Trtype trtype) {
  const bool rdma = trtype == Trtype::rdma;
  if (setting.name == "treq") return "not specified";
  if (setting.name == "tsas") return rdma ? "connected" : trtype == Trtype::tcp ? "none" : "";
  // nvmet_enable_port: none where the transport does not say.
  if (setting.name == "inline_data_size")
    return rdma ? "4096" : trtype == Trtype::tcp ? "16384" : "0";
  if (setting.name == "max_queue_size") return rdma ? "128" : "1024";
  return "0";
}

bool wants_tls(const PortSettings& settings) {
  const auto tsas = settings.find("tsas");
  return tsas != settings.end() && tsas->second == "tls1.3";
}

bool lets_in_without_tls(const PortSettings& settings) {
  const auto treq = settings.find("treq");
  return treq != settings.end() && treq->second == "not required";
}

// nvmet_addr_treq_store
Result<void> check_together(const PortSettings& settings) {
  const auto treq = settings.find("treq");
  if (treq == settings.end() || treq->second != "not specified" || !wants_tls(settings)) return {};
  return refuse(
      EINVAL, Reason::bad_value,
      "with tls1.3 in tsas, treq is 'required', or 'not required' to let in hosts without "
      "TLS too");
}

AnaState WantedPort::ana_state(AnaGroup group) const {
  const auto written = ana_states.find(group);
  return written != ana_states.end() ? written->second : AnaState::optimized;
}

Attributes attributes_of(const PortSettings& wanted) {
  Attributes attributes;
  for (const auto& [name, value] : wanted)
    if (const auto* const setting = find_port_setting(name))
      attributes.emplace(setting->attribute, value);
  return attributes;
}

}  // namespace nvmeofs
