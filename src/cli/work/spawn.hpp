// Starting a shell from a program with threads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "cli/work/guard.hpp"

namespace pgqrs::cli {

// As Child's constructor; the id of the process, which leads a group of its own and has entered the guard.
pid_t spawn_shell(const std::string& command, std::string_view input, int error_output,
                  const std::vector<std::string>& environment, const Guard& guard);

}  // namespace pgqrs::cli
