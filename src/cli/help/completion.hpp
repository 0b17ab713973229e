// Scripts that complete pgqrs's command line in shells.
#pragma once

#include <string>
#include <string_view>

#include "cli/command_line/command_tree.hpp"

namespace pgqrs::cli {

std::string bash_completion(const CommandInfo& program);
std::string zsh_completion(const CommandInfo& program);
std::string fish_completion(const CommandInfo& program);

// Functions for bash and zsh that know the commands; completion_tables.cpp describes them.
std::string completion_tables(const CommandInfo& program);

// 'text' for a shell.
std::string shell_quoted(std::string_view text);

}  // namespace pgqrs::cli
