// All commands with what they take, as the command line declares them: completions and the manual page are made of it.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace pgqrs::cli {

struct OptionInfo {
    std::vector<std::string> names;  // with their hyphens, short ones first
    std::string type;                // "FILE", "a|b|c"...; empty for a flag
    std::string about;
    bool required = false;
};

struct ArgumentInfo {
    std::string name;
    std::string about;
    bool required = false;
    bool many = false;
};

struct CommandInfo {
    std::string path;  // "queue create"; empty: the program, whose options are the global ones
    std::string name;
    std::string about;
    std::vector<OptionInfo> options = {};
    std::vector<ArgumentInfo> arguments = {};
    std::vector<CommandInfo> commands = {};
};

// Without what the help does not show.
CommandInfo command_tree();

// The command and all below it, in the order of the help.
void for_each_command(const CommandInfo& command,
                      const std::function<void(const CommandInfo&)>& visit);

// What the option takes, if it is one of some words; else nothing.
std::vector<std::string> words_of(const OptionInfo& option);

}  // namespace pgqrs::cli
