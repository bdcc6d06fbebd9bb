#include "fs/topology_text.h"

#include <fmt/format.h>

#include <set>
#include <string_view>
#include <tuple>

#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

// A quoted string, which is shown as the text is: Graphviz reads escapes and HTML's entities in
// labels. What would move the line or the terminal stands as \xNN.
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : as_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      result += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\\\x{:02x}", byte);
    } else if (c == '&') {
      result += "&amp;";
    } else {
      if (c == '\\' || c == '"') result += '\\';
      result += c;
    }
  }
  return result + "\"";
}

// Of one kind each, so that an export and a host of one name are two.
std::string node(std::string_view kind, std::string_view name) {
  return quoted(fmt::format("{} {}", kind, name));
}

// Nodes, which come once however often they are named, and edges, both in an order that hangs on
// nothing but their names.
class Graph {
 public:
  void add_node(const std::string& node, std::string_view label, std::string_view shape) {
    nodes_.insert(fmt::format("{} [label={}, shape={}]", node, quoted(label), shape));
  }
  void add_edge(const std::string& from, const std::string& to, std::string_view style,
                std::string_view label = "") {
    edges_.insert(fmt::format("{} -> {} [style={}{}]", from, to, style,
                              label.empty() ? "" : ", label=" + quoted(label)));
  }
  std::string nodes(std::string_view indent) const { return lines(nodes_, indent); }
  std::string edges(std::string_view indent) const { return lines(edges_, indent); }
  bool empty() const { return nodes_.empty(); }

 private:
  static std::string lines(const std::set<std::string>& statements, std::string_view indent) {
    std::string text;
    for (const auto& statement : statements) text += fmt::format("{}{};\n", indent, statement);
    return text;
  }

  std::set<std::string> nodes_;
  std::set<std::string> edges_;
};

std::string cluster(std::string_view name, std::string_view label, const Graph& graph) {
  if (graph.empty()) return "";
  return fmt::format("  subgraph cluster_{} {{\n    label={};\n{}  }}\n", name, quoted(label),
                     graph.nodes("    "));
}

// By node: all ways in which a host is connected.
std::map<std::string, std::string> connected(Graph& outside, const std::vector<Client>& clients) {
  std::map<std::string, std::set<std::string>> ways;
  for (const Client& client : clients) {
    const bool known = !client.host_nqn.empty();
    const std::string host =
        known ? node("host", client.host_nqn) : node("unknown host", client.peer);
    outside.add_node(host, known ? client.host_nqn : "unknown host", "ellipse");
    ways[host].insert(fmt::format("{} {}{}", to_string(client.address.trtype), client.peer,
                                  client.certainty == Certainty::likely ? " (likely)" : ""));
  }
  std::map<std::string, std::string> labels;
  for (const auto& [host, peers] : ways)
    for (const auto& peer : peers) {
      std::string& label = labels[host];
      label += (label.empty() ? "" : "\n") + peer;
    }
  return labels;
}

void add_hosts(Graph& outside, const std::string& export_node, const ExportTopology& of_export) {
  auto labels = connected(outside, of_export.clients);
  if (of_export.wanted.hosts.any) {
    const std::string any = node("any", "host");
    outside.add_node(any, "any host", "plaintext");
    outside.add_edge(any, export_node, "solid");
  }
  for (const auto& host : of_export.wanted.hosts.list) {
    const std::string allowed = node("host", host.str());
    outside.add_node(allowed, host.str(), "ellipse");
    if (!labels.contains(allowed)) outside.add_edge(allowed, export_node, "solid");
  }
  for (const auto& [host, label] : labels) outside.add_edge(host, export_node, "bold", label);
}

void add_export(Graph& inside, Graph& outside, const std::string& name,
                const ExportTopology& of_export) {
  const std::string export_node = node("export", name);
  inside.add_node(export_node, fmt::format("{}\n{}", name, to_string(of_export.state)), "box");
  add_hosts(outside, export_node, of_export);
  const bool wanted = of_export.wanted.enabled;
  std::set<TransportAddress> addresses = of_export.listening;
  addresses.insert(of_export.wanted.addresses.begin(), of_export.wanted.addresses.end());
  for (const auto& address : addresses) {
    const std::string port = node("port", address.name());
    inside.add_node(port, address.uri(), "component");
    outside.add_edge(export_node, port,
                     of_export.listening.contains(address) ? "solid"
                     : wanted                              ? "dashed"
                                                           : "dotted");
  }
  for (const auto& [nsid, space] : of_export.wanted.spaces) {
    if (!space.device) continue;
    const std::string device = node("device", space.device->path());
    inside.add_node(device, space.device->path(), "cylinder");
    outside.add_edge(export_node, device, wanted && space.enabled ? "solid" : "dotted",
                     std::to_string(nsid));
  }
  if (const auto& controller = of_export.wanted.controller; controller.device) {
    const std::string device = node("device", controller.device->path());
    inside.add_node(device, controller.device->path(), "cylinder");
    outside.add_edge(export_node, device, wanted && controller.enabled ? "solid" : "dotted",
                     "passthru");
  }
}

void add_connection(Graph& inside, Graph& outside, const std::string& name,
                    const ConnectionTopology& connection) {
  const std::string connection_node = node("connection", name);
  inside.add_node(connection_node, fmt::format("{}\n{}", name, to_string(connection.status.state)),
                  "box");
  for (const PathStatus& path : connection.status.paths) {
    const std::string target = node("target", path.where);
    outside.add_node(target, path.where, "component");
    outside.add_edge(connection_node, target, path.state == "live" ? "solid" : "dashed",
                     path.state);
  }
  for (const auto& device : connection.devices) {
    const std::string disk = node("disk", device);
    inside.add_node(disk, device, "cylinder");
    outside.add_edge(disk, connection_node, "solid");
  }
}

}  // namespace

std::string topology_text(const Topology& topology) {
  Graph outside;
  Graph served;
  Graph used;
  for (const auto& [name, of_export] : topology.exports)
    add_export(served, outside, name, of_export);
  for (const auto& [name, connection] : topology.connections)
    add_connection(used, outside, name, connection);
  return fmt::format(
      "// Edges of a host: bold when it is connected. Of an address: solid where the kernel "
      "serves\n"
      "// it or the path is live, dashed while it is waited for, dotted when it is disabled.\n"
      "digraph nvmeofs {{\n  rankdir=LR;\n  charset=\"UTF-8\";\n{}{}{}{}}}\n",
      cluster("served", "served by this machine", served),
      cluster("used", "used by this machine", used), outside.nodes("  "), outside.edges("  "));
}

}  // namespace nvmeofs
