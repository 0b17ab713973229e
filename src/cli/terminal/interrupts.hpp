// SIGINT, SIGTERM, SIGHUP and SIGQUIT for a command that lets what it has begun come to its end: the first one requests the stop,
// the second one the abort, further ones are counted.
#pragma once

#include "pgqrs/client/stop.hpp"

namespace pgqrs::cli {

// One at a time in a process, and not together with StopOnSignals. A signal that is ignored (nohup) stays so.
class Interrupts {
public:
    Interrupts(Stop& stop, Stop& abort);
    ~Interrupts();
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

    static int count() noexcept;
};

}  // namespace pgqrs::cli
