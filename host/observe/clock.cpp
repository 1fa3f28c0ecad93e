// The Date text, written by hand: strftime depends on the locale and costs more.
#include "observe/clock.hpp"

#include <cstring>

namespace evloom::observe {

void HttpDate::render(std::int64_t seconds) {
  static constexpr char kDays[] = "SunMonTueWedThuFriSat";
  static constexpr char kMonths[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const time_t when = static_cast<time_t>(seconds);
  tm t{};
  ::gmtime_r(&when, &t);

  char* out = text_.data();
  const auto two = [](char* to, int value) {
    to[0] = static_cast<char>('0' + value / 10 % 10);
    to[1] = static_cast<char>('0' + value % 10);
  };
  const int year = t.tm_year + 1900;
  std::memcpy(out, "Ddd, 00 Mmm 0000 00:00:00 GMT", kSize);
  std::memcpy(out, &kDays[t.tm_wday * 3], 3);
  two(out + 5, t.tm_mday);
  std::memcpy(out + 8, &kMonths[t.tm_mon * 3], 3);
  two(out + 12, year / 100);
  two(out + 14, year % 100);
  two(out + 17, t.tm_hour);
  two(out + 20, t.tm_min);
  two(out + 23, t.tm_sec);
  second_ = seconds;
}

}  // namespace evloom::observe
