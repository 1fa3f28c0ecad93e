// The program. Everything is in host/cli and below it.
#include "cli/commands.hpp"

int main(int argc, char** argv) { return evloom::cli::run_command_line(argc, argv); }
