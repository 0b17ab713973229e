// Sends the messages of an NDJSON file: one thread reads and checks a batch while the other sends the one before.
#pragma once

#include <cstdint>
#include <string>

#include "cli/sending/batch_sender.hpp"
#include "cli/context.hpp"
#include "cli/sending/line_reader.hpp"
#include "cli/sending/message_file.hpp"
#include "cli/sending/message_source.hpp"
#include "cli/output/progress.hpp"
#include "cli/sending/rejects.hpp"

namespace pgqrs::cli {

class FileSending {
public:
    FileSending(Context& context, const std::string& queue, const EnqueueOptions& common,
                const JobOptions& job, const FileOptions& options);

    // Raises Failure for the first bad line, unless those are passed over, and for what ends the work; it says where to go
    // on.
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
    Connection connection_;  // which Ctrl-C leaves alone: a batch comes to its end
    BatchSender sender_;
    Progress progress_;
};

}  // namespace pgqrs::cli
