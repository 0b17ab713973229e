// The stderr of a command: it goes on to ours as it comes, and its last lines are kept.
#pragma once

#include <string>

struct pollfd;

namespace pgqrs::cli {

class ErrorOutput {
public:
    ErrorOutput();  // raises Failure
    // What the command has left running goes on writing to our stderr.
    ~ErrorOutput();
    ErrorOutput(const ErrorOutput&) = delete;
    ErrorOutput& operator=(const ErrorOutput&) = delete;

    // The end for the command. We close it once that has started.
    int for_command() const noexcept { return write_; }
    void command_started() noexcept;

    // What to wait for before pass_on(): something to read, or room to write it. A command that writes faster than our
    // stderr is read has to wait, and not we.
    pollfd awaited() const noexcept;
    void pass_on();
    // What there is when the command has ended.
    void finish();

    // A bounded number of bytes and lines, without the line break at the end.
    std::string last_lines() const;

private:
    bool pass_on_once();

    int read_ = -1;
    int write_ = -1;
    std::string last_;
};

}  // namespace pgqrs::cli
