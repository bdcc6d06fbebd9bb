#include "nvmeofs/discovery_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "discovery_page.h"

namespace nvmeofs {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Le;
using testing::SizeIs;

// A controller with this page; after each read of the header it may turn to the next one.
class Pages {
 public:
  explicit Pages(std::vector<std::string> pages) : pages_(std::move(pages)) {}

  Result<DiscoveryLog> read() {
    return read_discovery_log([this](std::uint64_t offset, std::size_t size, bool last) {
      sizes_.push_back(size);
      armed_ = last;
      const auto answer =
          pages_.front().substr(std::min<std::size_t>(offset, pages_.front().size()), size);
      if (offset == 0 && pages_.size() > 1) pages_.erase(pages_.begin());
      return Result<std::string>(answer);
    });
  }
  const std::vector<std::size_t>& sizes() const { return sizes_; }
  bool armed() const { return armed_; }

 private:
  std::vector<std::string> pages_;
  std::vector<std::size_t> sizes_;
  bool armed_ = false;
};

int errnum_of(const Result<DiscoveryLog>& log) {
  if (log) return 0;
  EXPECT_EQ(log.error().reason, Reason::bad_discovery_log);
  return log.error().errnum;
}

TEST(DiscoveryLog, HasTheEntriesOfThePage) {
  Pages pages({page(
      7, {page_entry("disk-array", "192.168.2.40"), page_entry("other", "192.168.2.41", "4421")})});
  const auto log = pages.read();
  ASSERT_TRUE(log) << log.error().message;
  EXPECT_EQ(log->generation, 7U);
  ASSERT_THAT(log->entries, SizeIs(2));
  EXPECT_TRUE(log->entries[0].is(DiscoverySubtype::subsystem));
  EXPECT_EQ(log->entries[0].nqn->str(), "disk-array");
  EXPECT_EQ(log->entries[0].address->uri(), "tcp://192.168.2.40:4420");
  EXPECT_EQ(log->entries[1].address->uri(), "tcp://192.168.2.41:4421");
}

TEST(DiscoveryLog, OfNothingIsEmpty) {
  EXPECT_THAT(Pages({page(1, {})}).read()->entries, SizeIs(0));
}

TEST(DiscoveryLog, IsReadInSmallPieces) {
  Pages pages({page(1, std::vector<std::string>(100, page_entry("x", "10.0.0.1")))});
  EXPECT_THAT(pages.read()->entries, SizeIs(100));
  EXPECT_THAT(pages.sizes(), Each(Le(4096U)));
}

TEST(DiscoveryLog, LetsTheControllerTellOfTheNextChange) {
  Pages pages({page(1, {page_entry("x", "10.0.0.1")})});
  ASSERT_TRUE(pages.read());
  EXPECT_TRUE(pages.armed());
}

TEST(DiscoveryLog, ThatChangesMeanwhileIsReadAnew) {
  const auto before = page(1, {page_entry("before", "10.0.0.1")});
  const auto after = page(2, {page_entry("after", "10.0.0.1"), page_entry("two", "10.0.0.1")});
  EXPECT_THAT(Pages({before, after}).read()->entries, SizeIs(2));
  EXPECT_THAT(Pages({after, before}).read()->entries, SizeIs(1));
}

TEST(DiscoveryLog, ThatNeverStandsStillIsGivenUp) {
  std::vector<std::string> pages;
  for (unsigned i = 0; i < 20; ++i) pages.push_back(page(i, {}));
  EXPECT_EQ(errnum_of(Pages(pages).read()), EAGAIN);
}

TEST(DiscoveryLog, OfAbsurdlyManyEntriesIsRefusedBeforeMemoryIsTaken) {
  for (const std::uint64_t count : {std::uint64_t{4097}, std::uint64_t{1} << 54, ~std::uint64_t{0}})
    EXPECT_EQ(errnum_of(Pages({page_header(1, count)}).read()), EFBIG);
}

TEST(DiscoveryLog, ThatIsCutOffIsRefused) {
  EXPECT_EQ(errnum_of(Pages({""}).read()), EPROTO);
  EXPECT_EQ(errnum_of(Pages({std::string(17, '\0')}).read()), EPROTO);
  EXPECT_EQ(errnum_of(Pages({page_header(1, 2) + page_entry("x", "10.0.0.1")}).read()), EPROTO);
}

TEST(DiscoveryLog, OfAnotherFormatIsRefused) {
  EXPECT_EQ(errnum_of(Pages({page_header(1, 0, 1)}).read()), EPROTO);
}

TEST(DiscoveryLog, ThatCannotBeReadSaysWhy) {
  const auto log = read_discovery_log([](std::uint64_t, std::size_t, bool) -> Result<std::string> {
    return refuse(EIO, Reason::kernel_refused, "the wire is cut");
  });
  ASSERT_FALSE(log);
  EXPECT_THAT(log.error().message, HasSubstr("the wire is cut"));
}

TEST(DiscoveryEntry, TakesFieldsWithoutAnEnd) {
  const auto entry = parse_discovery_entry(
      page_entry(std::string(300, 'n'), std::string(300, 'a'), std::string(300, '4')));
  EXPECT_THAT(entry.subnqn, SizeIs(256));
  EXPECT_THAT(entry.traddr, SizeIs(256));
  EXPECT_THAT(entry.trsvcid, SizeIs(32));
  EXPECT_FALSE(entry.nqn);
  EXPECT_FALSE(entry.address);
}

TEST(DiscoveryEntry, IsPaddedWithBlanksOrNuls) {
  const auto entry = parse_discovery_entry(page_entry("x   ", "10.0.0.1      ", "4420    "));
  EXPECT_EQ(entry.nqn->str(), "x");
  EXPECT_EQ(entry.address->uri(), "tcp://10.0.0.1:4420");
}

TEST(DiscoveryEntry, OfAnotherTransportHasNoAddress) {
  for (const int trtype : {0, 2, 254, 255}) {
    auto bytes = page_entry("x", "10.0.0.1");
    put_number(bytes, 0, 1, static_cast<unsigned>(trtype));
    const auto entry = parse_discovery_entry(bytes);
    EXPECT_FALSE(entry.address) << trtype;
    EXPECT_EQ(entry.traddr, "10.0.0.1");
  }
}

TEST(DiscoveryEntry, OfAFamilyThatIsNotThatOfItsAddressHasNone) {
  auto bytes = page_entry("x", "10.0.0.1");
  put_number(bytes, 1, 1, 2);
  EXPECT_FALSE(parse_discovery_entry(bytes).address);
}

TEST(DiscoveryEntry, NamesNothingThatCannotBeConnectedTo) {
  for (const char* nqn : {"", "a,traddr=10.6.6.6", "a\nb", "\x1b[2J", "../x", "a/b",
                          "nqn.2014-08.org.nvmexpress.discovery"})
    EXPECT_FALSE(parse_discovery_entry(page_entry(nqn, "10.0.0.1")).nqn) << nqn;
  for (const char* traddr : {"", "0.0.0.0", "10.0.0.1,nqn=x", "localhost", "10.0.0.1\n"})
    EXPECT_FALSE(parse_discovery_entry(page_entry("x", traddr)).address) << traddr;
  for (const char* trsvcid : {"", "0", "none", "65536", "-1", "4420,x"})
    EXPECT_FALSE(parse_discovery_entry(page_entry("x", "10.0.0.1", trsvcid)).address) << trsvcid;
}

TEST(DiscoveryEntry, TakesAnyBytes) {
  for (int value = 0; value < 256; ++value) {
    const std::string bytes(discovery_entry_size, static_cast<char>(value));
    const auto entry = parse_discovery_entry(bytes);
    EXPECT_FALSE(entry.address);
    for (std::size_t size = 0; size < bytes.size(); size += 97)
      parse_discovery_entry(std::string_view(bytes).substr(0, size));
  }
}

}  // namespace
}  // namespace nvmeofs
