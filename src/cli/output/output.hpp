// Where results go: stdout or a file.
#pragma once

#include <string>
#include <string_view>

#include "pgqrs/client/stop.hpp"

namespace pgqrs::cli {

// A file gets its content all at once: it is written beside it under another name, which takes its place at finish();
// without finish() the file stays as it was. What is not a regular file (a pipe, /dev/...) is written to directly.
class Output {
public:
    // "stdout" or "-", or a path. Raises Failure at once when no file can be made there.
    explicit Output(std::string target);
    ~Output();
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    // Raises Failure when it cannot be written, ReaderGone when stdout is a pipe nobody reads, and Stopped when it would have
    // to wait for a reader and the stop is requested.
    void write(std::string_view text);
    // All is written. Called by main at the end of a command, or earlier by commands for which it matters that their
    // output has arrived. Nothing may be written after it.
    void finish();

    // Lives longer; null: nothing stops it.
    void stop_with(const Stop* stop) noexcept { stop_ = stop; }

    // Descriptor of stdout, for terminal questions; -1 when the output goes to a file.
    int descriptor() const noexcept;

private:
    void open();
    void await_reader(int descriptor) const;
    [[noreturn]] void fail(int error) const;

    std::string target_;  // "stdout", or the path with links resolved
    std::string temporary_;
    int file_ = -1;
    const Stop* stop_ = nullptr;
    bool may_wait_ = false;  // for a reader: it is no regular file
    bool opened_ = false;
    bool finished_ = false;
};

}  // namespace pgqrs::cli
