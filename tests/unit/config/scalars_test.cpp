// Texts of typed scalars, and suggestions.
#include "config/scalars.hpp"

#include <gtest/gtest.h>

#include "config/diagnostics.hpp"
#include "config/suggest.hpp"

namespace evloom::config {
namespace {

TEST(Scalars, Integers) {
  EXPECT_EQ(*parse_integer("0"), 0);
  EXPECT_EQ(*parse_integer("-12"), -12);
  EXPECT_EQ(*parse_integer("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(*parse_integer("-9223372036854775808"), INT64_MIN);
  for (const std::string bad :
       {"", "-", "+1", "01", "1_000", "0x1", "1e3", "1.0", " 1", "1 ", "9223372036854775808", "--1"}) {
    EXPECT_FALSE(parse_integer(bad).ok()) << bad;
  }
}

TEST(Scalars, Numbers) {
  EXPECT_EQ(*parse_number("0.5"), 0.5);
  EXPECT_EQ(*parse_number("-1e3"), -1000);
  for (const std::string bad : {"", "-", "nan", "inf", ".inf", "1e999", "1.5x", "+1", "-inf", "-nan"}) {
    EXPECT_FALSE(parse_number(bad).ok()) << bad;
  }
}

TEST(Scalars, Durations) {
  EXPECT_EQ(*parse_duration("250ms"), 250'000'000);
  EXPECT_EQ(*parse_duration("5us"), 5'000);
  EXPECT_EQ(*parse_duration("10s"), 10'000'000'000);
  EXPECT_EQ(*parse_duration("5m"), 300'000'000'000);
  EXPECT_EQ(*parse_duration("1h"), 3'600'000'000'000);
  EXPECT_EQ(*parse_duration("1d"), 86'400'000'000'000);
  for (const std::string bad : {"", "s", "10", "10 s", "-1s", "1.5s", "10S", "1h30m", "99999999999999999999s",
                                "106752d", "+1s", "1sec"}) {
    EXPECT_FALSE(parse_duration(bad).ok()) << bad;
  }
  for (const std::string text : {"250ms", "10s", "5m", "1h", "2d", "1500ms", "7us", "0s", "90s"}) {
    EXPECT_EQ(format_duration(*parse_duration(text)), text);
  }
}

TEST(Scalars, Sizes) {
  EXPECT_EQ(*parse_size("4096"), 4096);
  EXPECT_EQ(*parse_size("64KiB"), 65536);
  EXPECT_EQ(*parse_size("1MiB"), 1 << 20);
  EXPECT_EQ(*parse_size("8GiB"), std::int64_t{8} << 30);
  for (const std::string bad : {"", "KiB", "64KB", "64k", "1.5MiB", "-1", "64 KiB", "8589934592GiB", "kib"}) {
    EXPECT_FALSE(parse_size(bad).ok()) << bad;
  }
  EXPECT_EQ(format_size(16384), "16KiB");
  EXPECT_EQ(format_size(4000), "4000");
  EXPECT_EQ(format_size(0), "0");
}

TEST(Scalars, Modes) {
  for (const std::string good : {"660", "0660", "0o660"}) EXPECT_EQ(*parse_mode(good), 0660) << good;
  for (const std::string bad : {"", "0888", "7777", "0x1", "00660", "-1", "0o"})
    EXPECT_FALSE(parse_mode(bad).ok()) << bad;
  EXPECT_EQ(format_mode(0660), "0660");
}

TEST(Scalars, PercentagesAndFactors) {
  EXPECT_EQ(*parse_percent("1%"), 1);
  EXPECT_EQ(*parse_percent("0.5%"), 0.5);
  EXPECT_EQ(*parse_percent("100%"), 100);
  EXPECT_EQ(*parse_factor("2x"), 2);
  EXPECT_EQ(*parse_factor("1.5x"), 1.5);
  for (const std::string bad :
       {"", "%", "x", "-1", "+1", ".5", "5.", "1e2", "1 ", "1.2.3", "inf", "1%", "0x1"}) {
    EXPECT_FALSE(parse_percent(bad + "%").ok()) << bad;
    EXPECT_FALSE(parse_factor(bad + "x").ok()) << bad;
  }
  EXPECT_EQ(parse_percent("5").error().message, "a percentage ends in \"%\": \"5%\"");
  EXPECT_EQ(parse_factor("1.5").error().message, "a factor ends in \"x\": \"1.5x\"");
  EXPECT_EQ(parse_factor("2%").error().message, "");
  EXPECT_EQ(format_percent(0.5), "0.5%");
  EXPECT_EQ(format_factor(2), "2x");
}

TEST(Scalars, Addresses) {
  EXPECT_EQ(parse_address("127.0.0.1:9090")->to_string(), "127.0.0.1:9090");
  EXPECT_EQ(parse_address("0.0.0.0:0")->port, 0);
  EXPECT_EQ(parse_address("[::1]:65535")->to_string(), "[::1]:65535");
  EXPECT_EQ(parse_address("[::ffff:1.2.3.4]:1")->host, "::ffff:1.2.3.4");
  const std::pair<std::string, std::string> rows[] = {
      {"*:80", "for all addresses of this machine write \"0.0.0.0:80\" (IPv4) or \"[::]:80\" (IPv6)"},
      {":80", "for all addresses of this machine write \"0.0.0.0:80\" (IPv4) or \"[::]:80\" (IPv6)"},
      {"localhost:80", "names are not looked up: write \"127.0.0.1:80\" or \"[::1]:80\""},
      {"example.org:80", "names are not looked up: write the IP address"},
      {"9090", "the host is missing: write \"127.0.0.1:9090\""},
      {"127.0.0.1", "the port is missing: write \"127.0.0.1:9090\""},
      {"[::1]", "the port is missing: write \"[::1]:9090\""},
      {"::1:80", "an IPv6 address needs brackets: \"[::1]:9090\""},
      {"[::1:80", "the bracket of the IPv6 address is not closed"},
      {"[127.0.0.1]:80", "this is no IPv6 address; a literal one is needed, such as \"[::1]:9090\""},
      {"[fe80::1%eth0]:80", "this is no IPv6 address; a literal one is needed, such as \"[::1]:9090\""},
      {"256.0.0.1:80",
       "this is no IPv4 address; four numbers from 0 to 255 are needed, such as \"127.0.0.1:9090\""},
      {"127.1:80",
       "this is no IPv4 address; four numbers from 0 to 255 are needed, such as \"127.0.0.1:9090\""},
      {"127.0.0.1:", "the port must be a number from 0 to 65535"},
      {"127.0.0.1:65536", "the port must be a number from 0 to 65535"},
      {"127.0.0.1:-1", "the port must be a number from 0 to 65535"},
      {"127.0.0.1:0x50", "the port must be a number from 0 to 65535"},
      {"", "the port is missing: write \"127.0.0.1:9090\""},
  };
  for (const auto& [text, message] : rows) {
    const Result<Address> address = parse_address(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_EQ(address.error().message, message) << text;
  }
}

TEST(Scalars, Names) {
  for (const std::string good : {"a", "stats", "Stats-2", "a.b_c"}) EXPECT_FALSE(name_fault(good)) << good;
  for (const std::string bad : {"", "1a", "-a", ".a", "a b", "a/b", "é", "a\n"})
    EXPECT_TRUE(name_fault(bad)) << bad;
  EXPECT_FALSE(name_fault(std::string(64, 'a')));
  EXPECT_TRUE(name_fault(std::string(65, 'a')));
}

TEST(Suggest, FindsTheNearestWord) {
  EXPECT_EQ(edit_distance("port", "port"), 0U);
  EXPECT_EQ(edit_distance("prot", "port"), 1U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(closest("prot", {"host", "port", "path"}), "port");
  EXPECT_EQ(closest("GET", {"get"}), "get");
  EXPECT_EQ(closest("x", {"port", "y"}), "");
  EXPECT_EQ(closest("", {"port", ""}), "");
  EXPECT_EQ(closest(std::string(10'000, 'a'), {std::string(10'000, 'b')}), "");
  EXPECT_EQ(did_you_mean("prot", {"port"}), "did you mean \"port\"?");
  EXPECT_EQ(did_you_mean("zzz", {"port"}, "else"), "else");
}

TEST(Diagnostics, QuoteHostileTexts) {
  EXPECT_EQ(in_quotes("a\"b\\"), "\"a\\\"b\\\\\"");
  EXPECT_EQ(in_quotes("\x1b[31m\n"), "\"\\x1b[31m\\x0a\"");
  EXPECT_EQ(in_quotes("\xff"), "\"\\xff\"");
  EXPECT_EQ(in_quotes(std::string(100, 'a')), "\"" + std::string(60, 'a') + "...\"");
}

}  // namespace
}  // namespace evloom::config
