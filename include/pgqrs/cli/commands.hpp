// The commands, one a file, each added to its group; commands.cpp puts them together.
#pragma once

#include "pgqrs/cli/command.hpp"

namespace pgqrs::cli {

void add_commands(Command& root);

void add_install(Command& root);
void add_uninstall(Command& root);
void add_verify(Command& root);

void add_queue_create(Command& queue);

}  // namespace pgqrs::cli
