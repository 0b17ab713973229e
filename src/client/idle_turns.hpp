// Threads with nothing to do: one of them waits in the server, the others for it, so that an idle worker keeps one of the
// server's connections busy, however many threads it has.
//
//   whoever finds the queue empty:   somebody waits already --> sleep until called
//                                    nobody waits           --> wait in the server; then call one of the sleepers
//   whoever gets a message:          call one of the sleepers, as there may be another message
//
// So as long as any thread is idle, one of them waits in the server or is about to look.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace pgqrs {

class IdleTurns {
public:
    // True: it is the caller's turn to wait in the server, then to call finished(). False: it slept, at most for `patience`,
    // and should look again.
    bool take(std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        if (!taken_) {
            taken_ = true;
            return !ended_;
        }
        ++sleepers_;
        called_.wait_for(lock, patience, [&] { return ended_ || calls_ > 0; });
        --sleepers_;
        calls_ = calls_ > 0 ? calls_ - 1 : 0;
        return false;
    }
    void finished() {
        const std::lock_guard lock(mutex_);
        taken_ = false;
        call_one();
    }
    void got_message() {
        const std::lock_guard lock(mutex_);
        call_one();
    }
    // Nobody sleeps any more.
    void end() {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        called_.notify_all();
    }

private:
    void call_one() {
        if (calls_ < sleepers_) {
            ++calls_;
            called_.notify_one();
        }
    }

    std::mutex mutex_;
    std::condition_variable called_;
    bool taken_ = false;
    bool ended_ = false;
    int sleepers_ = 0;
    int calls_ = 0;  // sleepers that were called and have not woken up yet
};

}  // namespace pgqrs
