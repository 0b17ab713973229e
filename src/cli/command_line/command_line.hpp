// The whole command line: global options, commands, help, and what is wrong with one.
#pragma once

#include <string>

#include "cli/command_line/command.hpp"
#include "cli/context.hpp"
#include "cli/failure.hpp"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace pgqrs::cli {

// What is to be done: an action, or a text (help, version) to be printed.
struct CommandLine {
    Globals globals;
    Action action;
    std::string text;
};

// Raises UsageError.
CommandLine read_command_line(int count, const char* const* arguments);

// Declares all options and commands on an empty app; what the user gives goes to the other two, which must live as long.
void declare(CLI::App& app, Globals& globals, Action& chosen);

// CLI11's error in our words, which never repeat what could be a password.
UsageError usage_error(const CLI::App& app, const CLI::ParseError& error);

}  // namespace pgqrs::cli
