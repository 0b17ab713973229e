// The program: reads the command line, runs the command, and turns what goes wrong into a message and an exit code.
#include <csignal>
#include <memory>

#include "cli/command_line/command_line.hpp"
#include "cli/output/report.hpp"
#include "cli/terminal/terminal.hpp"

namespace pgqrs::cli {
namespace {

Exit run(int count, const char* const* arguments) {
    std::unique_ptr<Context> context;
    try {
        CommandLine line = read_command_line(count, arguments);
        if (!line.text.empty()) {
            Output("stdout").write(line.text);
            return Exit::ok;
        }
        context = std::make_unique<Context>(std::move(line.globals));
        line.action(*context);
        context->output().finish();
        return Exit::ok;
    } catch (const std::exception& error) {
        return report(error, context.get());
    }
}

}  // namespace
}  // namespace pgqrs::cli

int main(int count, char** arguments) {
    pgqrs::cli::fill_standard_descriptors();
    // Writing to a pipe nobody reads then is an error that can be told from others.
    std::signal(SIGPIPE, SIG_IGN);
    return static_cast<int>(pgqrs::cli::run(count, arguments));
}
