// pgqrs completion: prints a script that completes pgqrs's command line in a shell.
#include "cli/help/completion.hpp"

#include <memory>

#include "cli/commands/commands.hpp"
#include "cli/failure.hpp"

namespace pgqrs::cli {
namespace {

std::string script_for(const std::string& shell) {
    if (shell == "bash") {
        return bash_completion(command_tree());
    }
    if (shell == "zsh") {
        return zsh_completion(command_tree());
    }
    if (shell == "fish") {
        return fish_completion(command_tree());
    }
    throw UsageError("shell must be one of: bash, zsh, fish");
}

}  // namespace

void add_completion(Command& root) {
    auto shell = std::make_shared<std::string>();
    Command command = root.add("completion", "Print a script that completes commands in a shell");
    command.text("shell", *shell, "bash, zsh or fish");
    command.runs([shell](Context& context) { context.output().write(script_for(*shell)); });
}

}  // namespace pgqrs::cli
