// The part of `message send` that --file is for.
#include "cli/sending/message_file.hpp"

#include <chrono>

#include "cli/failure.hpp"
#include "cli/sending/file_sending.hpp"

namespace pgqrs::cli {

void add_file_options(Command& command, FileOptions& options) {
    command.file("--file", options.file,
                 "Send the JSON texts in this file, one a line; - is stdin");
    command.flag("--envelope", options.envelope,
                 "Lines are objects as \"message export\" writes them");
    command.flag("--skip-bad", options.skip_bad, "Pass over bad lines instead of stopping there");
    command.file("--rejects", options.rejects, "Append bad lines to this file");
    command.number("--batch-size", options.batch_size, 1, 100'000,
                   "Messages in one transaction [1000]");
    command.count("--from-line", options.from_line, "Begin with this line [1]");
}

void check_file_options(const FileOptions& options) {
    if (!options.file && (options.envelope || options.skip_bad || options.rejects ||
                          options.batch_size || options.from_line)) {
        throw UsageError(
            "--envelope, --skip-bad, --rejects, --batch-size and --from-line need --file");
    }
    if (options.rejects && !options.skip_bad) {
        throw UsageError("--rejects needs --skip-bad");
    }
}

void send_file(Context& context, const std::string& queue, const EnqueueOptions& common,
               const JobOptions& job, const FileOptions& options) {
    const auto started = std::chrono::steady_clock::now();
    context.watch_signals();
    std::int64_t sent = 0;
    std::int64_t rejected = 0;
    {
        FileSending sending(context, queue, common, job, options);
        sending.run();
        sent = sending.sent();
        rejected = sending.rejected();
    }
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - started);
    const Value seconds = seconds_value(took);
    context.show_done(record_of({{"queue", text_value(queue)},
                                 {"sent", number_value(sent)},
                                 {"rejected", number_value(rejected)},
                                 {"seconds", seconds}}),
                      std::to_string(sent) + (sent == 1 ? " message" : " messages") +
                          " sent to queue \"" + queue + "\", " + std::to_string(rejected) +
                          " rejected, in " + seconds.text + " s",
                      std::to_string(sent));
}

}  // namespace pgqrs::cli
