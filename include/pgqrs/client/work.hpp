// A worker: takes messages from a queue, gives each to a handler, and finishes it.
//
//   Stop stop;
//   StopOnSignals signals(stop);
//   work(config, "mails", [](Job& job) { send(job.message().as<Mail>()); }, {.concurrency = 4}, stop);
//
// What becomes of a message:
//
//   delivered --> handler runs --returns-----------------> archived (unless the job's functions ended it)
//                    |  ^   \----throws------------------> failed with pgqrs.fail: delivered again after the queue's
//                    |  |                                  back-off, or dead when its attempts are used up, or at once
//                    |  |                                  after a PermanentFailure
//                    |  |lease extended every third of it
//                    +--+--------lease lost--------------> job.lease_lost() is true; nothing is finished
//
// A message that is archived comes with the next one in the answer: pgqrs.next, one round trip and one commit for each
// message. After a stop it is archived alone.
//
// Threads: one for each handler, with a connection of its own, and one that extends the leases of all, with another. So
// concurrency + 1 connections are used, opened by and belonging to work().
// work() may run in several threads of a program at the same time. A Dispatcher is not changed while a work() runs with it.
//
// ABI: Job gets functions at its end, WorkEvent, WorkOptions and WorkSummary get members, and Dispatcher changes inside,
// with minor versions.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/failure.hpp"
#include "pgqrs/client/message.hpp"
#include "pgqrs/client/stop.hpp"

namespace pgqrs {

// A message while its handler runs. Used by the handler's thread only.
class Job {
public:
    virtual ~Job() = default;
    virtual const Message& message() const = 0;
    // The lease was lost, or could not be extended in time: somebody else may have the message. A long handler asks from
    // time to time and gives up.
    virtual bool lease_lost() const = 0;
    // The worker is to stop: a long handler may release the message and return.
    virtual bool stopping() const = 0;
    // The connection of this thread, for the handler's own SQL.
    virtual Connection& connection() = 0;

    // Runs `effects` and the archive in one transaction: exactly once. Raises LeaseLost, with nothing done, when another
    // consumer has the message. What `effects` raises rolls back, too.
    virtual void finish(const std::function<void(Connection&)>& effects) = 0;
    // Instead of archiving after the handler: each raises LeaseLost when another consumer has the message. Not in a
    // transaction (25001): that is what finish() is for.
    virtual void archive() = 0;
    virtual void remove() = 0;
    virtual void release(Duration delay = {}) = 0;
    // As throwing, with options; answers what became of the message.
    virtual Failed fail(const std::string& error, const FailOptions& options = {}) = 0;
};

// Called by all threads, at the same time.
using Handler = std::function<void(Job&)>;

// What happened, for logs and statistics. Told by the worker's threads, one at a time; what the callback raises is ignored.
struct WorkEvent {
    enum class Kind {
        started,   // a handler begins
        archived,  // finished with success
        removed,
        released,         // the handler gave it back
        failed,           // the handler threw (error says what): `result` says what became of it
        lease_lost,       // another consumer has it, or the finish came too late
        connection_lost,  // reconnecting after `delay` (error says why)
        connection_back,
    };
    Kind kind = {};
    const Message* message = nullptr;  // null for the last two
    std::string error = {};
    Duration delay{};                                // until it is tried again
    FailureResult result = FailureResult::retrying;  // of a message that failed
};

// 2^(read_ct - 1) s, at most 10 minutes, and up to a quarter more by chance: for handlers that release.
Duration default_retry_delay(const Message& message);

struct WorkOptions {
    int concurrency = 1;
    std::optional<Duration> lock_time =
        {};  // length of the lease; without, the configuration's or the queue's
    bool extend_leases = true;
    // After how long a message whose handler threw is delivered again, if it is. Without, the queue's back-off says so. With
    // a role that may not call pgqrs.fail such a message is released, and counts no failure: after this delay, without
    // after default_retry_delay.
    std::function<Duration(const Message&)> retry_delay = {};
    // Returns when there is nothing to deliver, instead of waiting.
    bool stop_when_empty = false;
    // Returns after this many messages; 0: no limit.
    std::int64_t max_messages = 0;
    // Registers a worker of this name for each thread, deleted at the end; messages say who has them. A thread whose worker
    // is suspended takes nothing until it is resumed, and one whose worker is stopped ends; work() returns after the last.
    // Its lease is that of the messages, at least a minute.
    std::string worker_name = {};
    std::function<void(const WorkEvent&)> on_event = {};
};

struct WorkSummary {
    std::int64_t archived = 0;
    std::int64_t removed = 0;
    std::int64_t released = 0;
    std::int64_t failed = 0;  // also those that are dead now
    std::int64_t lease_lost = 0;
    std::int64_t dead = 0;
};

// Runs until stopped (running handlers come to their end first), empty or max_messages. A lost connection is opened again
// with growing pauses, up to 30 s, for ever once the first one was there; other errors that can get better, such as a
// cancelled statement or a full disk, are waited out alike. Raises what cannot get better by itself: the queue is dropped
// (PQ002), no rights, a wrong password at the start. What handlers raise never leaves it.
WorkSummary work(const Config& config, const std::string& queue, const Handler& handler,
                 const WorkOptions& options, Stop& stop);
WorkSummary work(const Config& config, const std::string& queue, const Handler& handler,
                 const WorkOptions& options = {});

// Chooses a handler by the header "type".
//
//   Dispatcher dispatcher;
//   dispatcher.on<Mail>("mail", [](const Mail& mail, Job& job) { ... });
//   work(config, "jobs", dispatcher);
class Dispatcher {
public:
    template <typename T, typename Function>
    Dispatcher& on(std::string type, Function function) {
        return on_message(std::move(type), [function = std::move(function)](Job& job) {
            function(job.message().as<T>(), job);
        });
    }
    Dispatcher& on_message(std::string type, Handler handler);
    // For messages of no or an unknown type; without, they fail like a handler that throws.
    Dispatcher& otherwise(Handler handler);

    void operator()(Job& job) const;

private:
    std::map<std::string, Handler> handlers_;
    Handler otherwise_;
};

}  // namespace pgqrs
