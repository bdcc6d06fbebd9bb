// The files at the root that tell of everything, as programs take them.
#include <gmock/gmock.h>

#include "support/mount_fixture.h"

namespace nvmeofs {
namespace {

using ::testing::HasSubstr;

class Overview : public MountFixture {
 protected:
  void SetUp() override {
    MountFixture::SetUp();
    make_export();
    ASSERT_EQ(write("exports/toto/enabled", "1"), 0);
    ASSERT_EQ(sh("mkdir connections/disk-array && "
                 "echo tcp://192.168.2.40 > connections/disk-array/address && "
                 "echo 1 > connections/disk-array/connected && "
                 "mkdir discovery/tcp:192.168.2.40 && cat discovery/tcp:192.168.2.40/subsystems")
                  .status,
              0);
  }
};

// Every family, with its type and its samples, by the parser of those who made the format.
constexpr auto parse = R"(/usr/bin/python3 - <<'END'
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
families = {family.name: family for family in parse(open('metrics', newline='').read())}
def value(name, **labels):
    return [s.value for f in families.values() for s in f.samples
            if s.name == name and s.labels == labels]
print(families['nvmeofs_build'].type, families['nvmeofs_operation_duration_seconds'].type)
print(value('nvmeofs_exports', state='enabled'), value('nvmeofs_connections', state='connected'))
print(value('nvmeofs_device_read_bytes_total', export='toto', nsid='1'))
print(families['nvmeofs_device_busy_seconds'].unit, families['nvmeofs_device_read_bytes'].unit)
for operation in 'enable', 'disable', 'connect', 'discover':
    print(operation, value('nvmeofs_operation_duration_seconds_count', operation=operation))
print(value('nvmeofs_discovery_controllers', state='reachable'))
END
)";

TEST_F(Overview, MetricsAreOpenMetrics) {
  const Outcome outcome = sh(parse);
  EXPECT_EQ(outcome.out,
            "info histogram\n[1] [1]\n[4096000]\nseconds bytes\n"
            "enable [1]\ndisable [0]\nconnect [1]\ndiscover [1]\n[1]\n")
      << outcome.err;
}

TEST_F(Overview, TopologyIsAGraph) {
  const Outcome outcome = sh("dot -Tplain topology.dot");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, HasSubstr("\"export toto\""));
  EXPECT_THAT(outcome.out, HasSubstr("edge \"export toto\" \"port rdma:192.168.1.32:4420\""));
  EXPECT_THAT(outcome.out, HasSubstr("\"connection disk-array\""));
}

TEST_F(Overview, ProgramsCopyIt) {
  const std::string copy = directory_ / "copy";
  for (const char* program :
       {"mkdir $COPY && cp -r metrics topology.dot $COPY",
        "mkdir $COPY && cat metrics > $COPY/metrics && cat topology.dot > $COPY/topology.dot",
        "mkdir $COPY && tar -cf - metrics topology.dot | tar -C $COPY -xf -",
        "rsync -a metrics topology.dot $COPY/"}) {
    const Outcome outcome =
        sh(std::string("set -o pipefail; ") + program +
               " && cmp metrics $COPY/metrics && cmp topology.dot $COPY/topology.dot; "
               "status=$?; rm -r $COPY; exit $status",
           {.environment = {{"COPY", copy}}});
    EXPECT_EQ(outcome.status, 0) << program << outcome.out << outcome.err;
  }
}

TEST_F(Overview, SizesAreThoseOfTheTexts) {
  EXPECT_EQ(sh("for f in metrics topology.dot; do "
               "[ $(stat -c %s $f) = $(wc -c < $f) ] || echo $f; done")
                .out,
            "");
  EXPECT_EQ(sh("find . -maxdepth 1 -type f -size +0 | LC_ALL=C sort").out,
            "./README\n./config.json\n./log\n./metrics\n./topology.dot\n");
}

}  // namespace
}  // namespace nvmeofs
