// Sending the lines of an NDJSON file: the part of `message send` that --file is for.
#pragma once

#include <optional>
#include <string>

#include "cli/command_line/command.hpp"
#include "cli/context.hpp"

namespace pgqrs {
struct EnqueueOptions;
struct JobOptions;
}  // namespace pgqrs

namespace pgqrs::cli {

struct FileOptions {
    std::optional<std::string> file;
    bool envelope = false;
    bool skip_bad = false;
    std::optional<std::string> rejects;
    std::optional<int> batch_size;
    std::optional<std::int64_t> from_line;
};

void add_file_options(Command& command, FileOptions& options);

// Raises UsageError for options that do not go together.
void check_file_options(const FileOptions& options);

// What messages do not say themselves, `common` and `job` say for all.
void send_file(Context& context, const std::string& queue, const EnqueueOptions& common,
               const JobOptions& job, const FileOptions& options);

}  // namespace pgqrs::cli
