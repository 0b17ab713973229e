// Sending the lines of a file: one thread reads and checks a batch while the other sends the one before; see
// message_file.hpp.
#include "pgqrs/cli/message_file.hpp"

#include <future>

#include "pgqrs/cli/batch_sender.hpp"
#include "pgqrs/cli/failure.hpp"
#include "pgqrs/cli/progress.hpp"
#include "pgqrs/cli/rejects.hpp"

namespace pgqrs::cli {
namespace {

constexpr int kBatchSize = 1000;

// The same connection as for other commands, but Ctrl-C does not cancel what runs on it: a batch comes to its end.
Connection connect(Context& context, int batch_size) {
    Config config = context.config();
    config.default_batch_size = batch_size;
    Connection connection(config);
    connection.trace_with([&context](const std::string& sql) { context.log().trace(sql); });
    return connection;
}

SourceOptions source_options(const FileOptions& options, const Config& config) {
    return {options.envelope, options.skip_bad, options.batch_size.value_or(kBatchSize),
            config.validation.max_payload_bytes, options.from_line.value_or(1)};
}

class FileSending {
public:
    FileSending(Context& context, const std::string& queue, const EnqueueOptions& common,
                const FileOptions& options)
        : context_(context),
          options_(options),
          source_options_(source_options(options, context.config())),
          reader_(*options.file, MessageSource::longest_line(source_options_), context.stop()),
          source_(reader_, source_options_),
          rejects_(context, *options.file == "-" ? "stdin" : *options.file, options.rejects),
          connection_(connect(context, source_options_.batch_size)),
          sender_(connection_, queue, common, [this](const BadLine& line) { on_bad(line); }),
          progress_("sent", !context.globals().quiet) {
        sender_.start_after(source_options_.from_line - 1);
    }

    void run();
    std::int64_t sent() const noexcept { return sender_.sent(); }
    std::int64_t rejected() const noexcept { return rejects_.count(); }

private:
    void settle(const Batch& batch);
    void on_bad(const BadLine& line, bool complete = true);
    [[noreturn]] void stop_here() const;

    Context& context_;
    const FileOptions& options_;
    const SourceOptions source_options_;
    LineReader reader_;
    MessageSource source_;
    Rejects rejects_;
    Connection connection_;
    BatchSender sender_;
    Progress progress_;
};

void FileSending::run() {
    Batch batch = source_.next();
    for (;;) {
        std::future<Batch> ahead;
        if (batch.ending == Batch::Ending::more) {
            ahead = std::async(std::launch::async, [this] { return source_.next(); });
        }
        try {
            settle(batch);
        } catch (...) {
            reader_.give_up();  // the future waits for it
            throw;
        }
        if (ahead.valid()) {
            batch = ahead.get();
        } else if (batch.ending == Batch::Ending::too_long) {
            batch = source_.next();
        } else {
            return;
        }
    }
}

void FileSending::settle(const Batch& batch) {
    sender_.send(batch);
    for (const auto& line : batch.bad) {
        on_bad(line, batch.ending != Batch::Ending::too_long || &line != &batch.bad.back());
    }
    if (batch.ending == Batch::Ending::too_long) {
        reader_.rest([this](std::string_view piece) { rejects_.more(piece); });
        rejects_.more("\n");
    }
    if (batch.ending == Batch::Ending::stopped ||
        (context_.stop().requested() && batch.ending != Batch::Ending::end)) {
        stop_here();
    }
    progress_.update(sender_.sent(), batch.bytes, reader_.size());
}

void FileSending::on_bad(const BadLine& line, bool complete) {
    progress_.clear();
    if (!options_.skip_bad) {
        throw Failure(Exit::rejected,
                      rejects_.text_of(line) + "; " + std::to_string(sender_.sent()) +
                          " messages before it are sent",
                      "Mend the line and go on with --from-line " + std::to_string(line.number) +
                          ", or pass over such lines with --skip-bad.");
    }
    rejects_.add(line, complete);
}

void FileSending::stop_here() const {
    throw Failure(Exit::interrupted,
                  "interrupted; " + (sender_.sent() + rejects_.count() == 0
                                         ? "nothing is sent"
                                         : sent_up_to(sender_.committed())),
                  how_to_go_on(sender_.committed() + 1));
}

}  // namespace

void add_file_options(Command& command, FileOptions& options) {
    command.option("--file", options.file,
                   "Send the JSON texts in this file, one a line; - is stdin");
    command.flag("--envelope", options.envelope,
                 "Lines are objects as \"message export\" writes them");
    command.flag("--skip-bad", options.skip_bad, "Pass over bad lines instead of stopping there");
    command.option("--rejects", options.rejects, "Append bad lines to this file");
    command.number("--batch-size", options.batch_size, 1, 100'000,
                   "Messages in one transaction [1000]");
    command.id_option("--from-line", options.from_line, "Begin with this line [1]");
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
               const FileOptions& options) {
    const auto started = std::chrono::steady_clock::now();
    context.watch_signals();
    std::int64_t sent = 0;
    std::int64_t rejected = 0;
    {
        FileSending sending(context, queue, common, options);
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
