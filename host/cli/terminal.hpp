// Terminal: text from outside for whoever reads it there, and arguments for the shell that runs there. Pure;
// any thread.
#pragma once

#include <string>
#include <string_view>

namespace evloom::cli {

// The lines of a text, with whatever a terminal would take for a command escaped as in the log.
std::string plain_lines(std::string_view text);

// One argument as a POSIX shell takes it: as it is, or in single quotes.
std::string shell_word(std::string_view argument);

}  // namespace evloom::cli
