// IMF-fixdate.
#include "http/date.hpp"

#include <algorithm>
#include <cstring>
#include <ctime>

namespace evloom::http {

namespace {

constexpr int64_t kLastSecond = 253402300799;  // of the year 9999

char* put_text(char* to, const char* names, int index) {
  std::memcpy(to, names + 3 * index, 3);
  return to + 3;
}

char* put_number(char* to, int number, int digits) {
  for (int i = digits - 1; i >= 0; --i, number /= 10) to[i] = static_cast<char>('0' + number % 10);
  return to + digits;
}

}  // namespace

void DateText::set(int64_t unix_seconds) {
  const std::time_t seconds = std::clamp<int64_t>(unix_seconds, 0, kLastSecond);
  std::tm time{};
  ::gmtime_r(&seconds, &time);
  char* to = bytes_.data();
  to = put_text(to, "SunMonTueWedThuFriSat", time.tm_wday);
  *to++ = ',';
  *to++ = ' ';
  to = put_number(to, time.tm_mday, 2);
  *to++ = ' ';
  to = put_text(to, "JanFebMarAprMayJunJulAugSepOctNovDec", time.tm_mon);
  *to++ = ' ';
  to = put_number(to, time.tm_year + 1900, 4);
  *to++ = ' ';
  to = put_number(to, time.tm_hour, 2);
  *to++ = ':';
  to = put_number(to, time.tm_min, 2);
  *to++ = ':';
  to = put_number(to, time.tm_sec, 2);
  std::memcpy(to, " GMT", 4);
}

}  // namespace evloom::http
