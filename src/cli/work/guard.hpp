// What ends running commands when the worker itself is killed: a process of its own that holds the other end of a pipe. The
// system closes that pipe however the worker dies, and the guard kills the groups that are left. (A parent-death signal would
// reach the shell alone, not what it has started.)
#pragma once

#include <sys/types.h>

namespace pgqrs::cli {

class Guard {
public:
    // Forks, so it belongs before the first thread. Raises Failure.
    Guard();
    ~Guard();  // the guard ends, without touching anything
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

    // The calling process leads a group that has to go with the worker. Between fork and exec of the child itself, so that
    // none is missed: the pipe closes only after every child has said so. Calls nothing but write().
    bool enter() const noexcept;
    // The group has ended, or may stay.
    void leave(pid_t group) const noexcept;

private:
    int pipe_ = -1;
    pid_t process_ = -1;
};

}  // namespace pgqrs::cli
