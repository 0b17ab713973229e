// Sending the lines of a file.
#include "cli/sending/file_sending.hpp"

#include <future>

#include "cli/failure.hpp"

namespace pgqrs::cli {
namespace {

constexpr int kBatchSize = 1000;

Config with_batch_size(Config config, int batch_size) {
    config.default_batch_size = batch_size;
    return config;
}

SourceOptions source_options(const FileOptions& options, const JobOptions& job,
                             const Config& config) {
    return {options.envelope,
            options.skip_bad,
            options.batch_size.value_or(kBatchSize),
            config.validation.max_payload_bytes,
            options.from_line.value_or(1),
            job};
}

}  // namespace

FileSending::FileSending(Context& context, const std::string& queue, const EnqueueOptions& common,
                         const JobOptions& job, const FileOptions& options)
    : context_(context),
      options_(options),
      source_options_(source_options(options, job, context.config())),
      reader_(*options.file, MessageSource::longest_line(source_options_), context.stop()),
      source_(reader_, source_options_),
      rejects_(context, *options.file == "-" ? "stdin" : *options.file, options.rejects),
      connection_(context.connect(with_batch_size(context.config(), source_options_.batch_size))),
      sender_(connection_, queue, common, [this](const BadLine& line) { on_bad(line); }),
      progress_("sent", !context.globals().quiet) {
    sender_.start_after(source_options_.from_line - 1);
}

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

}  // namespace pgqrs::cli
