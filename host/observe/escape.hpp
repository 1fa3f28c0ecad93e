// Escapes: how text from outside is made harmless in a log line, and cut without breaking a character.
// Pure functions, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace evloom::observe {

// Bytes of the well-formed UTF-8 character at the start of `text`; 0 when there is none (RFC 3629: no
// overlong form, no surrogate, nothing above U+10FFFF).
std::size_t utf8_length(std::string_view text);

// Where an escaped text stands, which says what else would break the line apart.
enum class TextPlace { kMessage, kWord, kQuoted };

// Appends `text` for a line of text: control characters (C0, DEL, C1, the line separators U+2028 and U+2029),
// bytes that are not UTF-8 and the backslash become \n, \r, \t, \\ or \xNN; in a word also spaces and quotes,
// in quotes also the quote.
void append_text(std::string& out, std::string_view text, TextPlace place);

// Appends `text` as the inside of a JSON string; bytes that are not UTF-8 become U+FFFD.
void append_json(std::string& out, std::string_view text);

// A text of `size` bytes was to go to buffer[0, capacity) and was cut there where it is longer: puts "…" at
// the end then, after a whole character. Gives the size to use. capacity >= 4.
std::size_t mark_cut(char* buffer, std::size_t capacity, std::size_t size);

// Copies `text` to buffer[0, capacity), cut as above.
std::size_t copy_cut(char* buffer, std::size_t capacity, std::string_view text);

}  // namespace evloom::observe
